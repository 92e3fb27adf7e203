"""Leave one incident out: does the model see a compromise that it knows nothing of.

``training/incidents.csv`` lists releases of the corpus that were trusted projects when somebody put malicious code
into them, with the source of that claim. Everything of the incident, its near-copies and the other releases of the
project are left out of training.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.errors import CorpusError
from darnel.training import metrics
from darnel.training.config import Config
from darnel.training.extra_protocols import fitted
from darnel.training.protocols import Say
from darnel.training.splits import Split, groups
from darnel.training.table import FeatureTable

INCIDENTS = Path(__file__).resolve().parent / "incidents.csv"


class Incident(NamedTuple):
    """One compromised project."""

    incident: str
    ecosystem: str
    name: str
    versions: frozenset[str]
    kind: str
    """``hijacked`` (somebody else's release), ``sabotaged`` (the maintainer's own) or ``dependency`` (the payload came
    as a new dependency of the trusted project)."""
    source: str


def load_incidents(path: Path = INCIDENTS) -> list[Incident]:
    """Read the list.

    Raises
    ------
    CorpusError
        A column is missing.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames is None or not set(Incident._fields) <= set(rows.fieldnames):
            raise CorpusError(f"{path}: needs the columns {', '.join(Incident._fields)}; correct it")
        return [
            Incident(
                row["incident"],
                row["ecosystem"],
                row["name"],
                frozenset(row["versions"].split()),
                row["kind"],
                row["source"],
            )
            for row in rows
        ]


def run(
    table: FeatureTable,
    config: Config,
    say: Say,
    derived: FeatureTable | None = None,
    listed: Iterable[Incident] | None = None,
) -> dict[str, Any]:
    """Fit one model an incident, on its ecosystem without it, and score its releases.

    Returns
    -------
    dict
        ``incidents``: one entry an incident; its ``releases`` have their score, the share of benign packages
        (out-of-fold) that score as high, and the operating points reached. ``absent``: listed, not in the table.
    """
    ecosystems = table.text("ecosystem")
    roots = groups(table.packages)
    names, versions, bad = table.text("name"), table.text("version"), table.labels == 1
    by_incident: dict[str, list[Incident]] = {}
    for entry in load_incidents() if listed is None else listed:
        by_incident.setdefault(entry.incident, []).append(entry)
    found, absent = [], []
    for title, entries in by_incident.items():
        rows = np.flatnonzero(np.any([_match(e, ecosystems, names, versions) & bad for e in entries], axis=0))
        if not len(rows):
            absent.append(title)
            continue
        ecosystem = entries[0].ecosystem
        own, out = ecosystems == ecosystem, np.isin(roots, roots[rows])
        sides = Split(np.flatnonzero(own & ~out), np.flatnonzero(own & out))
        train = table.subset(sides.train)
        say(f"incident: {title}, {len(train)} packages of {ecosystem} to fit")
        models = fitted(config, table, sides, derived)
        benign = (train.labels == 0) & ~train.packages["probe"].to_numpy(dtype=bool)
        judges = models.fold_scores_[benign]
        scores = models.scores(table.subset(rows))
        found.append(
            {
                "incident": title,
                "ecosystem": ecosystem,
                "kind": entries[0].kind,
                "left_out": len(sides.test),
                "benign": len(judges),
                "releases": [
                    _release(table, int(row), float(score), judges, config)
                    for row, score in zip(rows, scores, strict=True)
                ],
            }
        )
    return {"incidents": found, "absent": absent}


def lines(result: Mapping[str, Any]) -> list[str]:
    """One row a release."""
    caught = [all(release["reached"] for release in entry["releases"]) for entry in result["incidents"]]
    text = [
        f"{len(caught)} compromised projects of the corpus are documented (`training/incidents.csv`); few, so each is "
        "listed. Model: trained on the ecosystem without the incident, its near-copies and the project's other "
        f"releases. {sum(caught)} of {len(caught)} reach an operating point with all their releases.",
        "",
        "| incident | kind | release | files | score | benign packages with such a score | reached |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for entry in result["incidents"]:
        for release in entry["releases"]:
            cells = (
                entry["incident"],
                entry["kind"],
                f"{release['name']} {release['version']}",
                str(release["files"]),
                f"{release['score']:.3f}",
                f"{100 * release['share_of_benign']:.2f} % of {entry['benign']}",
                release["reached"] or "**missed**",
            )
            text.append(f"| {' | '.join(cells)} |")
    if result["absent"]:
        text += ["", f"Listed, but not in this table: {', '.join(result['absent'])}."]
    return text


def _release(
    table: FeatureTable, row: int, score: float, judges: NDArray[np.float64], config: Config
) -> dict[str, Any]:
    reached = ""
    for point, wanted in config.operating_points.items():
        rate = max(wanted, metrics.smallest_quotable(len(judges)))
        if score >= metrics.threshold_at(judges, rate):
            reached = point
            break
    identity = table.packages.iloc[row]
    return {
        **{key: str(identity[key]) for key in ("id", "name", "version", "date")},
        "files": int(table.offsets[row + 1] - table.offsets[row]),
        "score": score,
        "share_of_benign": float((judges >= score).mean()),
        "reached": reached,
    }


def _match(
    entry: Incident, ecosystems: NDArray[np.str_], names: NDArray[np.str_], versions: NDArray[np.str_]
) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = (
        (ecosystems == entry.ecosystem) & (names == entry.name) & np.isin(versions, sorted(entry.versions))
    )
    return result
