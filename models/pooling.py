"""From the scores of a package's files to one vector: how bad the worst files are, how they stand out, what they do.

An average over files drowns five injected lines in a large library. What is pooled here keeps them: the top scores, the
distance of the top from the median file, the worst file per role, and the features of the worst files themselves.
Nothing here counts files as such: the size of a package separates the classes of every corpus and means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darnel.features.roles import Role
from darnel.features.schema import Column
from darnel.models.calibration import log_odds, sigmoid

TOP = 5
"""How many of the highest file scores become columns."""

SEVERAL = 3
"""Over how many of the worst files ``pool.three.*`` takes the maximum."""

LEVELS = (0.5, 0.9, 0.99)
"""File probabilities above which files are counted."""

_LEVEL_ODDS = log_odds(LEVELS)
_FROM_ABOVE = np.array([[0.75], [0.5], [0.25]])
"""Share of the scores above each quartile."""
_ROLE = "file.role."
_SCORES: tuple[Column, ...] = (
    *(
        Column(f"pool.top{k}", f"log-odds of the file ranked {k}, the last one if there are fewer", "real")
        for k in range(1, TOP + 1)
    ),
    Column("pool.median", "median log-odds over the files", "real"),
    Column("pool.gap.second", "log-odds of the worst file minus those of the second", "real"),
    Column("pool.gap.median", "log-odds of the worst file minus the median", "real"),
    Column("pool.gap.spread", "pool.gap.median over half the interquartile range plus one half", "real"),
    Column("pool.any", f"noisy-or over the {TOP} worst files, as log-odds", "real"),
    *(Column(f"pool.over{round(100 * level)}", f"files with a probability above {level}") for level in LEVELS),
    *(
        Column(f"pool.role.{role}", f"highest log-odds among files with role {role}, else the lowest of all", "real")
        for role in Role
    ),
)


@dataclass(frozen=True)
class Pooling:
    """What is pooled.

    Parameters
    ----------
    file_columns : tuple of str
        Names of the file columns, in row order.
    first : tuple of str
        File columns whose value in the worst file becomes ``pool.first.<column>``.
    three : tuple of str
        File columns whose maximum over the three worst files becomes ``pool.three.<column>``.
    """

    file_columns: tuple[str, ...]
    first: tuple[str, ...] = ()
    three: tuple[str, ...] = ()

    @classmethod
    def by_group(cls, file_columns: Sequence[str], first: Sequence[str], three: Sequence[str]) -> Pooling:
        """Select file columns by group, see :func:`of_groups`."""
        return cls(tuple(file_columns), of_groups(file_columns, first), of_groups(file_columns, three))

    @property
    def columns(self) -> tuple[Column, ...]:
        """Pooled columns, in order."""
        return (
            *_SCORES,
            *(Column(f"pool.first.{name}", f"{name} of the worst file", "real") for name in self.first),
            *(
                Column(f"pool.three.{name}", f"maximum of {name} over the {SEVERAL} worst files", "real")
                for name in self.three
            ),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pooled columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where :attr:`first` and :attr:`three` stand among the file columns."""
        index = {name: i for i, name in enumerate(self.file_columns)}
        first, three = (np.array([index[name] for name in names], np.int64) for names in (self.first, self.three))
        return first, three

    @cached_property
    def _roles(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the roles that have a file column, and where those stand."""
        index = {name: i for i, name in enumerate(self.file_columns)}
        known = [(number, index[name]) for number, role in enumerate(Role) if (name := f"{_ROLE}{role}") in index]
        numbers, columns = np.array(known, np.int64).reshape(-1, 2).T
        return numbers, columns

    def pool(
        self,
        odds: NDArray[np.float64],
        offsets: NDArray[np.int64],
        file_rows: NDArray[np.float32],
        links: NDArray[np.integer],
    ) -> NDArray[np.float32]:
        """Pool many packages at once.

        Parameters
        ----------
        odds : float64 (m,)
            Log-odds of every file of every package, package after package.
        offsets : int64 (n + 1,)
            Package ``i`` owns ``odds[offsets[i]:offsets[i + 1]]``.
        file_rows : float32 (f, C)
            Features of the distinct files.
        links : int (m,)
            Row in ``file_rows`` of every entry of ``odds``.

        Returns
        -------
        float32 (n, len(columns))
            NaN throughout for packages without files, but for counts, which are 0.
        """
        n, scores = len(offsets) - 1, len(_SCORES)
        out = np.full((n, scores + len(self.first) + len(self.three)), np.nan, np.float32)
        counts = np.diff(offsets)
        out[counts == 0, TOP + 5 : TOP + 5 + len(LEVELS)] = 0.0
        some = np.flatnonzero(counts)
        if not len(some):
            return out
        owners = np.repeat(np.arange(n), counts)
        order = np.lexsort((-odds, owners))
        ranked, held = odds[order], links[order]
        start, size = offsets[:-1][some], counts[some]
        top = ranked[start[:, None] + np.minimum(np.arange(TOP), size[:, None] - 1)]
        real = np.arange(TOP) < size[:, None]
        lower, median, upper = _quartiles(ranked, start, size)
        gap = top[:, 0] - median
        nobody = np.where(real, np.log1p(-np.minimum(sigmoid(top), 1 - 1e-9)), 0.0).sum(axis=1)
        blocks = [top, median, top[:, 0] - top[:, min(1, TOP - 1)], gap]
        blocks += [gap / ((upper - lower) / 2 + 0.5), log_odds(-np.expm1(nobody))]
        blocks.append(np.add.reduceat(ranked[:, None] > _LEVEL_ODDS, start, axis=0, dtype=np.float64))
        lowest = ranked[start + size - 1]
        blocks += [self._role_maxima(ranked, held, file_rows, start, lowest)]
        out[some, :scores] = np.column_stack(blocks)
        first, three = self._places
        out[some, scores : scores + len(first)] = file_rows[held[start]][:, first]
        worst = np.stack([file_rows[held[start + np.minimum(k, size - 1)]][:, three] for k in range(SEVERAL)])
        out[some, scores + len(first) :] = worst.max(axis=0)
        return out

    def _role_maxima(
        self,
        ranked: NDArray[np.float64],
        held: NDArray[np.integer],
        file_rows: NDArray[np.float32],
        start: NDArray[np.int64],
        lowest: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Highest log-odds of files with each role, ``lowest`` if there are none; (n, roles)."""
        result = np.repeat(lowest[:, None], len(Role), axis=1)
        roles, columns = self._roles
        plays = file_rows[held[:, None], columns] > 0
        best = np.maximum.reduceat(np.where(plays, ranked[:, None], -np.inf), start, axis=0)
        result[:, roles] = np.where(np.isfinite(best), best, lowest[:, None])
        return result


def of_groups(columns: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """Columns of some groups (``chain``), or whose names start with a prefix that ends in ``.`` or ``_``."""
    prefixes = tuple(group if group.endswith((".", "_")) else f"{group}." for group in groups)
    return tuple(name for name in columns if name.startswith(prefixes)) if prefixes else ()


def _quartiles(ranked: NDArray[np.float64], start: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.float64]:
    """Linear quartiles per package of scores ranked downwards: lower, median and upper, (3, n)."""
    place = _FROM_ABOVE * (size - 1)
    below = np.floor(place).astype(np.int64)
    share = place - below
    result: NDArray[np.float64] = (
        ranked[start + below] * (1 - share) + ranked[start + np.minimum(below + 1, size - 1)] * share
    )
    return result
