"""Counts in the data card: take them from the table, and (``python -m tests.data_card``) write them anew.

What is counted is a sentence of the card with a number in place of each ``#``; the sentence itself stands there only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

DATA = Path(__file__).parent.parent / "data"
CARD = DATA / "README.md"
SUMMARY = DATA / "summary.json"
SMALL = 12
"""Files of what the card calls a small release."""

_ROW = re.compile(r"^\| ((?:npm|pypi)-[^|]+) \| ([^|]+) \|", re.MULTILINE)


def table() -> pd.DataFrame:
    """Of each package what the card speaks of."""
    strata = ["size_bytes", "file_count", "has_setup_py", "has_manifest"]
    oddities = ["anomaly.bad-crc", "anomaly.several-top-folders", "anomaly.duplicate"]
    labels = ["source", "ecosystem", "label", "campaign", "ping", "probe"]
    return pd.read_parquet(DATA / "packages.parquet", columns=[*labels, *strata, *oddities])


def refreshed(text: str) -> str:
    """The card with every count written anew.

    Raises
    ------
    ValueError
        A sentence, or a source, is not there exactly once.
    """
    summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
    for sentence, numbers in _sentences(summary, table()):
        text = _filled(text, sentence, numbers)
    return _sources(text, summary["by_source"])


def names_of(cell: str) -> list[str]:
    """``pypi-hue, -oca`` in full: ``pypi-hue`` and ``pypi-oca``."""
    names = cell.split(", ")
    ecosystem = names[0].partition("-")[0]
    return [ecosystem + name if name.startswith("-") else name for name in names]


def _sources(text: str, counts: Mapping[str, int]) -> str:
    named = [name for match in _ROW.finditer(text) for name in names_of(match[1])]
    if sorted(named) != sorted(counts):
        raise ValueError(
            f"sources of the card and the table differ: {set(named) ^ set(counts) or 'one is there twice'}"
        )

    def row(match: re.Match[str]) -> str:
        return f"| {match[1]} | {' + '.join(f'{counts[name]:,}' for name in names_of(match[1]))} |"

    return _ROW.sub(row, text)


def _filled(text: str, sentence: str, numbers: tuple[object, ...]) -> str:
    """Put numbers in the places of a sentence, wherever its lines break."""
    words = r"\s+".join(map(re.escape, sentence.split())).replace(r"\#", r"(\d[\d,.]*\d|\d)")
    found = list(re.finditer(words, text))
    if len(found) != 1:
        raise ValueError(f"{len(found)} times in the card: {sentence}")
    for place in range(len(numbers), 0, -1):
        start, end = found[0].span(place)
        text = text[:start] + _written(numbers[place - 1]) + text[end:]
    return text


def _written(number: object) -> str:
    return f"{number:.1f}" if isinstance(number, float) else f"{number:,}"


def _sentences(summary: Mapping[str, Any], packages: pd.DataFrame) -> Iterator[tuple[str, tuple[object, ...]]]:
    counted = packages[~packages["probe"]]
    bad = packages[packages["label"] == 1]
    of = {(eco, label): group for (eco, label), group in counted.groupby(["ecosystem", "label"])}
    pypi, npm = summary["campaigns"]["pypi"], summary["campaigns"]["npm"]
    silent = bad[~bad["ping"] & (bad["ecosystem"] == "npm")]["campaign"].nunique()
    mixed = [_mixed(packages[packages["ecosystem"] == eco]) for eco in ("pypi", "npm")]
    sizes = tuple(len(of[key]) for key in (("pypi", 1), ("pypi", 0), ("npm", 1), ("npm", 0)))
    yield (
        "In the table: # malicious and # benign PyPI releases, # malicious and # benign npm releases, and # probes",
        (*sizes, int(packages["probe"].sum())),
    )
    yield "malicious npm packages; # only call home", (int(bad["ping"].sum()),)
    yield (
        "The # malicious PyPI archives are **# campaigns**; the largest is # % of them, the ten largest # %.",
        (sizes[0], pypi["count"], 100 * pypi["largest_share"], 100 * pypi["top_ten_share"]),
    )
    yield (
        "The # malicious npm packages are # campaigns (# without those that only call home). # PyPI and # npm "
        "campaigns also hold a benign package",
        (sizes[2], npm["count"], silent, *mixed),
    )
    months = summary["malicious_by_month"]
    yield (
        f"by month in which they were added: {'; '.join(f'{month} #' for month in months)}.",
        tuple(months.values()),
    )
    yield (
        "# % of the malicious PyPI releases have at most 12 files and # % a setup.py; of the benign ones # % and # %. "
        "Median size # kB against # kB.",
        (
            *(_percent(of["pypi", 1], column) for column in ("small", "has_setup_py")),
            *(_percent(of["pypi", 0], column) for column in ("small", "has_setup_py")),
            *(round(of["pypi", label]["size_bytes"].median() / 1000) for label in (1, 0)),
        ),
    )
    spider = bad[bad["source"] == "npm-spiderscan"]
    yield "# packages of npm-spiderscan have no `package.json`", (int((~spider["has_manifest"]).sum()),)
    yield (
        "# % of the malicious npm releases have a manifest, all but # of the benign ones.",
        (_percent(of["npm", 1], "has_manifest"), int((~of["npm", 0]["has_manifest"]).sum())),
    )
    dropped = summary["dropped"]
    yield (
        "# archives of 4 MiB and more are absent from the snapshot used, one is empty, # are identical to another",
        (dropped["pypi-malregistry absent"], dropped["pypi-malregistry same-content"]),
    )
    odd = {name: packages[packages[f"anomaly.{name}"] > 0]["source"].value_counts() for name in _ODD}
    yield (
        "all # packages with a wrong checksum are of `npm-cherry`, # of # with several top folders and # of # with a "
        "member twice of `npm-spiderscan`",
        (
            int(odd["bad-crc"]["npm-cherry"]),
            *(int(n) for name in _ODD[1:] for n in (odd[name]["npm-spiderscan"], odd[name].sum())),
        ),
    )
    for folder in ("injected", "restyled", "obfuscated"):
        rows = pd.read_parquet(DATA / folder / "packages.parquet", columns=["id"])
        yield f"`{folder}` (#)", (len(rows),)


_ODD = ("bad-crc", "several-top-folders", "duplicate")


def _mixed(packages: pd.DataFrame) -> int:
    """Campaigns that also hold a benign package."""
    by_label = [set(packages[packages["label"] == label]["campaign"]) for label in (0, 1)]
    return len(by_label[0] & by_label[1])


def _percent(packages: pd.DataFrame, column: str) -> int:
    values = packages["file_count"] <= SMALL if column == "small" else packages[column]
    return round(100 * values.mean())


if __name__ == "__main__":
    CARD.write_text(refreshed(CARD.read_text(encoding="utf-8")), encoding="utf-8")
