"""Samples whose class must stay what it is from one model to the next, as a file lists them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from darnel.errors import CorpusError
from darnel.features.package import Ecosystem, MemoryPackage
from darnel.models.bundle import Bundle
from darnel.training.gate import Check
from darnel.training.table import FeatureTable

GOLDEN = Path(__file__).resolve().parent / "golden.toml"
CLEAN, FLAGGED = "clean", "flagged"
POINT = "balanced"
"""Operating point from which a sample counts as flagged; without it in the bundle, its strictest."""


class GoldenSet(NamedTuple):
    """What a file lists."""

    packages: list[tuple[MemoryPackage, str]]
    """Hand-written packages, with ``clean`` or ``flagged``."""
    rows: list[tuple[str, str]]
    """Ids of packages in the feature table, with ``clean`` or ``flagged``."""


def load_golden(path: Path | None = None) -> GoldenSet:
    """Read a golden set; without ``path`` the one that ships with darnel.

    Raises
    ------
    CorpusError
        The file cannot be read, is no TOML, or an entry is not what it has to be.
    """
    path = path or GOLDEN
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return GoldenSet(
            [(_package(entry), _class(entry)) for entry in data.get("package", [])],
            [(str(entry["id"]), _class(entry)) for entry in data.get("row", [])],
        )
    except OSError:
        raise CorpusError(f"{path}: cannot be read; pass a golden set with --golden") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        detail = " ".join(str(error).split())[:100]
        raise CorpusError(f"{path}: not a golden set ({detail}); see training/golden.toml") from None


def check_golden(bundle: Bundle, table: FeatureTable, golden: GoldenSet) -> Check:
    """Judge every sample with ``bundle``: packages from their files, rows as the table has them.

    A row that is not in the table has failed: a set that shrinks unnoticed guards nothing.
    """
    wrong = []
    for package, expected in golden.packages:
        if _judge_package(bundle, package) != expected:
            wrong.append(f"{package.name} not {expected}")
    places = {identity: place for place, identity in enumerate(table.packages["id"].tolist())}
    for identity, expected in golden.rows:
        if identity not in places:
            wrong.append(f"{identity} not in the table")
        elif _judge_row(bundle, table, places[identity]) != expected:
            wrong.append(f"{identity} not {expected}")
    total = len(golden.packages) + len(golden.rows)
    measured = f"{len(wrong)} of {total} changed" + (f": {'; '.join(wrong)}" if wrong else "")
    return Check("golden samples", not wrong and total > 0, measured, "no sample changes its class")


def _judge_package(bundle: Bundle, package: MemoryPackage) -> str:
    from darnel.features.extract import extract
    from darnel.features.vectorise import vectorise_files, vectorise_package

    raw = extract(package)
    ecosystem = str(package.ecosystem)
    return _point(bundle, ecosystem, bundle.judge(vectorise_package(raw), vectorise_files(raw), ecosystem).raw)


def _judge_row(bundle: Bundle, table: FeatureTable, place: int) -> str:
    if not bool(table.packages["readable"].iloc[place]):
        return "unreadable"
    one = table.subset(np.array([place]))
    ecosystem = str(one.text("ecosystem")[0])
    return _point(bundle, ecosystem, bundle.judge(one.package_rows[0], one.file_rows[one.links], ecosystem).raw)


def _point(bundle: Bundle, ecosystem: str, raw: float) -> str:
    points = {point.name: point.threshold for point in bundle.operating_points(ecosystem)}
    return FLAGGED if raw >= points.get(POINT, next(iter(points.values()), 1.0)) else CLEAN


def _class(entry: dict[str, Any]) -> str:
    if entry["expect"] not in (CLEAN, FLAGGED):
        raise ValueError(f"expect = {entry['expect']!r}")
    return str(entry["expect"])


def _package(entry: dict[str, Any]) -> MemoryPackage:
    files = {str(path): text.lstrip("\n").encode() for path, text in entry["files"].items()}
    ecosystem = Ecosystem(entry["ecosystem"])
    return MemoryPackage(files, ecosystem, name=str(entry["name"]), version="", source="<golden>")
