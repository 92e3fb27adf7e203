"""Rebuild the shipped lists of popular names from a table of names that the caller has.

``python -m darnel.training.popular pypi names.tsv --name name --rank rank --date 2026-11`` (a smaller rank is more
popular) or ``... npm names.tsv --name name --count downloads --date 2026-11`` (a larger count is more popular).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import darnel.features.names.popular as popular
from darnel.errors import CorpusError


def ordered_names(
    rows: Iterable[dict[str, str]], name: str, order: str, descending: bool, normalise: bool, size: int
) -> list[str]:
    """Names by popularity, normalised, without doubles, placeholders of removed malware and other odd rows.

    Parameters
    ----------
    rows : iterable of dict
        The table.
    name, order : str
        Columns that hold the name and its popularity; rows without a numeric popularity are skipped.
    descending : bool
        Whether larger means more popular.
    normalise : bool
        Fold the name by PEP 503 (PyPI) instead of lower-casing it (npm).
    size : int
        How many names to keep.

    Returns
    -------
    list of str
        Most popular first.
    """
    ranked: list[tuple[float, str]] = []
    for row in rows:
        label, text = row.get(name) or "", row.get(order) or ""
        # npm replaces the content of removed malware by a placeholder with such a version; the name stays listed.
        if not text.strip().isdecimal() or "security" in (row.get("version") or ""):
            continue
        folded = popular.normalise("pypi" if normalise else "npm", label)
        if folded and folded.isascii() and "\n" not in folded:
            ranked.append((-float(text) if descending else float(text), folded))
    return list(dict.fromkeys(label for _, label in sorted(ranked)))[:size]


def write(ecosystem: str, names: Sequence[str], date: str, folder: Path = popular.FOLDER) -> Path:
    """Write ``<ecosystem>.txt.gz`` (reproducible: no time stamp) and its entry in ``popular.json``."""
    target = folder / f"{ecosystem}.txt.gz"
    target.write_bytes(gzip.compress("\n".join(names).encode("ascii"), compresslevel=9, mtime=0))
    sidecar = folder / "popular.json"
    facts = json.loads(sidecar.read_text()) if sidecar.exists() else {}
    facts[ecosystem] = {"date": date, "names": len(names)}
    sidecar.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n")
    return target


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("ecosystem", choices=("pypi", "npm"))
    parser.add_argument("table", type=Path, help="tab-separated, with a header line")
    parser.add_argument("--name", default="name", help="column of the names")
    parser.add_argument("--rank", help="column in which a smaller number is more popular")
    parser.add_argument("--count", help="column in which a larger number is more popular")
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--date", required=True, help="date of the table, shipped beside the list")
    options = parser.parse_args(argv)
    if bool(options.rank) == bool(options.count):
        parser.error("give one of --rank and --count")
    with options.table.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        order = options.rank or options.count
        if not {options.name, order} <= set(rows.fieldnames or ()):
            raise CorpusError(
                f"{options.table}: no column {options.name!r} or {order!r}; name them with --name, --rank"
            )
        names = ordered_names(rows, options.name, order, bool(options.count), options.ecosystem == "pypi", options.size)
    print(write(options.ecosystem, names, options.date))


if __name__ == "__main__":
    main()
