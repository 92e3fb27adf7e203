"""What stands behind a line of statistics: the columns that counted most in words, with the ordinary benign value."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from darnel.attribution import Reason
from darnel.defang import printable
from darnel.package_reasons import STATISTICS

if TYPE_CHECKING:
    from darnel.features.raw import RawPackage
    from darnel.features.schema import Column
    from darnel.models.variant_forests import Rows

_LOGARITHM = "log1p of "
_SCORES = {"pool.top1": "score of its worst file", "pool.delta": "what changed among the scores of its files"}


def with_particulars(
    found: Sequence[Reason], raw: RawPackage, package_row: Rows, file_rows: Rows, scores: Sequence[float]
) -> list[Reason]:
    """Fill in :attr:`darnel.verdict.Evidence.details` of what names no behaviour.

    Parameters
    ----------
    found : sequence of Reason
        In any order.
    raw : RawPackage
        What was scored.
    package_row : float32 (P,)
    file_rows : float32 (F, C)
    scores : sequence of float
        By file; without a file of its own a reason is about the worst one.
    """
    from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS

    worst = max(range(len(scores)), key=scores.__getitem__) if scores else -1
    result = []
    for reason in found:
        e = reason.evidence
        if e.behaviour == STATISTICS:
            paths = enumerate(file["path"] for file in raw["files"]) if e.file else ()
            number = next((i for i, path in paths if printable(path) == e.file), worst)
            details = []
            for name in e.columns:
                if name in PACKAGE_COLUMNS.index:
                    details.append(_said(name, float(package_row[PACKAGE_COLUMNS.index[name]]), raw["ecosystem"]))
                elif name in FILE_COLUMNS.index and number >= 0:
                    details.append(_said(name, float(file_rows[number][FILE_COLUMNS.index[name]]), raw["ecosystem"]))
                elif name in _SCORES:
                    value = f": {scores[number]:.3f}" if name == "pool.top1" and number >= 0 else ""
                    details.append(f"{_SCORES[name]}{value} ({name})")
            reason = replace(reason, evidence=replace(e, details=tuple(details)))
        result.append(reason)
    return result


def _said(name: str, value: float, ecosystem: str) -> str:
    """``has a licence file: no, benign mostly yes (comp.license)``."""
    from darnel.features.vectorise import FILE_COLUMNS

    column, medians = _columns()[name], ordinary().get(ecosystem)
    words = column.doc.partition(";")[0].rstrip(".").removeprefix(_LOGARITHM).removeprefix("1 if ")
    words = words if words[1:2].isupper() else words[:1].lower() + words[1:]
    where = "in its worst file, " if name in FILE_COLUMNS.index else "of its name, " if column.group == "name" else ""
    median = "mostly" if column.dtype == "bool" else "median"
    benign = f", benign {median} {_value(column, medians.get(name, 0.0))}" if medians else ""
    return f"{where}{words}: {_value(column, value)}{benign} ({name})"


def _value(column: Column, value: float) -> str:
    if math.isnan(value):
        return "none"
    if column.dtype == "bool":
        return "yes" if value else "no"
    if column.doc.startswith(_LOGARITHM):
        value = math.expm1(value)
    return f"{round(value):,}" if abs(value - round(value)) < 0.005 or abs(value) >= 100 else f"{value:.2g}"


@cache
def _columns() -> dict[str, Column]:
    from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS

    return {column.name: column for column in (*FILE_COLUMNS.columns, *PACKAGE_COLUMNS.columns)}


@cache
def ordinary() -> dict[str, dict[str, float]]:
    """Median by ecosystem and column over benign releases and their files, where it is not 0."""
    data: dict[str, dict[str, float]] = json.loads((Path(__file__).parent / "ordinary.json").read_text("utf-8"))
    return data
