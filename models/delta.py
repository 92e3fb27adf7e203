"""What is new since the previous release, as one vector: the columns ``delta.*`` of the package model.

A compromised release differs from its predecessor by a few lines. So only files whose content is not in the previous
release are looked at; each of the worst of them is compared with its counterpart, the file that it most resembles among
those that vanished. A file that was rewritten keeps its behaviours; a payload brings new ones.

Nothing here counts files: how much changes from one release to the next says how a project works, not whether it is an
attack. Without a previous release every column is NaN, "does not apply".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.features.schema import Column

TOP = 3
"""How many of the largest scores and rises become columns."""
COMPARED = 10
"""Changed files, the worst ones, for which a counterpart is looked for."""
CANDIDATES = 500
"""Vanished files, the worst ones, among which it is looked for."""
ALIKE = 0.6
"""Least similarity of a counterpart, 0 to 1; below it the file counts as new."""
FLOOR = -12.0
"""Log-odds that stand for "no such file"."""

_SCORES: tuple[Column, ...] = (
    *(
        Column(f"delta.top{k}", f"log-odds of the changed file ranked {k}, {FLOOR:g} if none", "real")
        for k in (1, 2, 3)
    ),
    *(
        Column(
            f"delta.rise{k}", f"rise ranked {k} of a changed file's log-odds over its counterpart's, 0 if none", "real"
        )
        for k in (1, 2, 3)
    ),
    Column("delta.old", "highest log-odds in the previous release", "real"),
    Column("delta.over_old", "log-odds of the worst changed file minus delta.old", "real"),
    Column("delta.similarity", "similarity of the file that rose most to its counterpart, 0 if it has none", "real"),
    Column("delta.new_file", "1 if the file that rose most has no counterpart", "bool"),
)


class Release(NamedTuple):
    """One release as the models see it."""

    package_row: NDArray[np.float32]
    """(P,)"""
    file_rows: NDArray[np.float32]
    """(F, C)"""
    odds: NDArray[np.float64]
    """Log-odds of every file, (F,)."""
    keys: Sequence[str]
    """What identifies the content of every file, length F."""


@dataclass(frozen=True)
class Delta:
    """What is compared.

    Parameters
    ----------
    package_columns, file_columns : tuple of str
        Names, in row order.
    first : tuple of str
        File columns whose rise in the file that rose most becomes ``delta.first.<column>``.
    whole : tuple of str
        File columns whose maximum over the changed files, over that of the previous release, becomes
        ``delta.whole.<column>``.
    package : tuple of str
        Package columns whose change becomes ``delta.package.<column>``.
    """

    package_columns: tuple[str, ...]
    file_columns: tuple[str, ...]
    first: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    package: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order."""
        return (
            *_SCORES,
            *(
                Column(f"delta.first.{name}", f"rise of {name} in the file that rose most", "real")
                for name in self.first
            ),
            *(
                Column(f"delta.whole.{name}", f"{name}: highest in changed files over the previous release's", "real")
                for name in self.whole
            ),
            *(Column(f"delta.package.{name}", f"change of {name}", "real") for name in self.package),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def missing(self, count: int) -> NDArray[np.float32]:
        """Rows for packages without a previous release, float32 (count, len(columns)): NaN."""
        width = len(_SCORES) + len(self.first) + len(self.whole) + len(self.package)
        return np.full((count, width), np.nan, np.float32)

    def compare(self, new: Release, old: Release) -> NDArray[np.float32]:
        """The row for one release, float32 (len(columns),)."""
        worst, counterparts, similarity = compared(new, old)
        before = np.where(counterparts >= 0, old.odds[counterparts] if len(old.odds) else FLOOR, FLOOR)
        rises = np.maximum(new.odds[worst], FLOOR) - np.maximum(before, FLOOR)
        order = np.argsort(-rises, kind="stable")
        highest = max(FLOOR, float(old.odds.max(initial=FLOOR)))
        scores = np.full(len(_SCORES), FLOOR)
        scores[TOP : 2 * TOP] = 0.0
        scores[: min(TOP, len(worst))] = new.odds[worst[:TOP]]
        scores[TOP : TOP + min(TOP, len(worst))] = rises[order[:TOP]]
        most = int(order[0]) if len(order) else -1
        lone = most >= 0 and counterparts[most] < 0
        scores[2 * TOP :] = highest, scores[0] - highest, similarity[most] if most >= 0 and not lone else 0.0, lone
        first, whole = self._index(self.file_columns, self.first), self._index(self.file_columns, self.whole)
        rise = np.zeros(len(first))
        if most >= 0:
            rise = _plain(new.file_rows[worst[most], first])
            if not lone:
                rise = np.maximum(rise - _plain(old.file_rows[counterparts[most], first]), 0.0)
        above = np.zeros(len(whole))
        if len(worst):
            known = _plain(old.file_rows[:, whole]).max(axis=0, initial=0.0)
            above = np.maximum(_plain(new.file_rows[np.ix_(worst, whole)]).max(axis=0) - known, 0.0)
        package = self._index(self.package_columns, self.package)
        change = _plain(new.package_row[package]) - _plain(old.package_row[package])
        return np.concatenate([scores, rise, above, change]).astype(np.float32)

    @staticmethod
    def _index(names: tuple[str, ...], chosen: tuple[str, ...]) -> NDArray[np.int64]:
        place = {name: i for i, name in enumerate(names)}
        return np.array([place[name] for name in chosen], dtype=np.int64)


def changed(new: Release, old: Release) -> NDArray[np.int64]:
    """Numbers of the files of ``new`` whose content ``old`` does not hold, worst first."""
    known = frozenset(old.keys)
    fresh = np.array([i for i, key in enumerate(new.keys) if key not in known], dtype=np.int64)
    return fresh[np.argsort(-new.odds[fresh], kind="stable")]


def compared(new: Release, old: Release) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The worst changed files and what they were before.

    Returns
    -------
    worst : int64 (k,)
        At most :data:`COMPARED` numbers of files of ``new``, worst first.
    counterparts : int64 (k,)
        Number of a file of ``old``, -1 if none is alike.
    similarity : float64 (k,)
        One minus the Bray-Curtis distance of the logarithms of the rows, 0 to 1.
    """
    worst = changed(new, old)[:COMPARED]
    gone = changed(old, new)[:CANDIDATES]
    counterparts, similarity = np.full(len(worst), -1), np.zeros(len(worst))
    if len(worst) and len(gone):
        before = np.log1p(np.abs(_plain(old.file_rows[gone])))
        sums = before.sum(axis=1)
        for place, number in enumerate(worst.tolist()):
            row = np.log1p(np.abs(_plain(new.file_rows[number])))
            alike = 1 - np.abs(before - row).sum(axis=1) / np.maximum(sums + row.sum(), 1e-9)
            best = int(np.argmax(alike))
            similarity[place] = alike[best]
            if alike[best] >= ALIKE:
                counterparts[place] = gone[best]
    return worst, counterparts, similarity


def _plain(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.nan_to_num(rows.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
