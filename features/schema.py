"""Columns: each is declared once, by the module that computes it, and has one place in the vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

FORBIDDEN_IN_NAMES = frozenset(':,"[]{} ')
"""LightGBM's text format cannot hold these in a feature name."""


@dataclass(frozen=True, slots=True)
class Column:
    """One feature.

    Parameters
    ----------
    name : str
        Dotted, ``group.what``; unique over file and package columns.
    doc : str
        One line for the generated reference: meaning, unit, range.
    dtype : {"count", "bool", "real"}
        ``count`` is a non-negative whole number, ``bool`` 0 or 1, ``real`` anything. All are stored as float32; NaN
        means "does not apply".
    """

    name: str
    doc: str
    dtype: Literal["count", "bool", "real"] = "count"

    def __post_init__(self) -> None:
        if FORBIDDEN_IN_NAMES & set(self.name) or "." not in self.name:
            raise ValueError(f"column name {self.name!r}: use dotted names without any of {sorted(FORBIDDEN_IN_NAMES)}")

    @property
    def group(self) -> str:
        """The part of the name before the first dot."""
        return self.name.partition(".")[0]


class Columns:
    """An ordered, duplicate-free list of columns with an index by name."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self.columns = tuple(columns)
        self.names = tuple(column.name for column in self.columns)
        self.index = {name: i for i, name in enumerate(self.names)}
        if len(self.index) != len(self.names):
            seen: set[str] = set()
            double = sorted({name for name in self.names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
            raise ValueError(f"columns declared twice: {', '.join(double)}")

    def __len__(self) -> int:
        return len(self.columns)

    def version(self, *more: str) -> str:
        """First 12 hex digits of the sha256 over the ordered names and dtypes and ``more`` (grammar versions…)."""
        text = "\n".join([*(f"{c.name} {c.dtype}" for c in self.columns), *more])
        return sha256(text.encode()).hexdigest()[:12]
