"""How much every column moved the output of a model of trees: exact Shapley values, as LightGBM gives them.

LightGBM's own (TreeSHAP; Lundberg et al., 2020) walk every path of every tree with a table of subset weights, which
takes longer than all else about a small package. The weight of a subset of ``k`` out of ``n`` columns is the integral
of ``t**k * (1 - t)**(n - k)`` over 0 to 1, so that a leaf's part in a column's value is the integral of a product with
one factor for each other column on its path. Gauss-Legendre quadrature integrates polynomials exactly, at half as many
points as a path has columns: at each of them products go down and sums come up all trees at once, level by level (after
Yu et al., "Linear TreeShap", 2022). The values are LightGBM's but for the rounding of the last digits.
"""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.models.trees import NONE, Edges, Floats, Nodes, Numbers


class _Level(NamedTuple):
    """Lanes of edges at one depth: those of left edges, then as many of right edges from the same nodes."""

    lanes: slice
    half: int
    """How many of them are of left edges."""
    inner: Numbers
    """Those that lead to nodes that split again, counted from the first; in the order of the next level."""


class Shapley:
    """Trees of a model, ready to be asked what moved their output. Keeps 40 bytes for every lane.

    A lane is one point of quadrature at one edge. All trees have as many points as they need.

    Parameters
    ----------
    text : str
        LightGBM's text model.
    columns : int
        How many columns it takes.

    Raises
    ------
    BundleError
        The trees are of a kind that darnel does not make.
    """

    def __init__(self, text: str, columns: int) -> None:
        self._columns = columns
        self._nodes = nodes = Nodes.of(text)
        self._edges = edges = Edges.of(nodes)
        most = np.zeros(len(nodes.roots), np.int64)
        np.maximum.at(most, edges.tree, edges.columns)
        self._points = points = ((most + 1) // 2)[edges.tree]
        ends = np.cumsum(points)
        starts = ends - points
        edge = np.repeat(np.arange(len(points)), points)
        point = np.arange(len(edge)) - starts[edge]

        rules = [_rule(n) for n in range(1, int(points.max(initial=0)) + 1)]
        place = (points * (points - 1) // 2)[edge] + point
        self._t = np.concatenate([at for at, _ in rules] or [np.zeros(0)])[place]
        weight = np.concatenate([heavy for _, heavy in rules] or [np.zeros(0)])[place]

        self._share = edges.share[edge]
        self._value = np.where(edges.leaf < 0, 1.0, nodes.leaf_value[edges.leaf])[edge]
        self._feature = nodes.feature[edges.node][edge]
        same = edges.same[edge]
        self._again = np.flatnonzero(same != NONE)
        self._before = starts[same[self._again]] + point[self._again]
        self._levels: list[_Level] = []
        for level in edges.levels:
            lanes = slice(int(starts[level.start]), int(ends[level.stop - 1]))
            inner = np.flatnonzero(edges.leaf[edge[lanes]] == NONE)
            self._levels.append(_Level(lanes, (lanes.stop - lanes.start) // 2, inner))
        self._scratch = np.empty(len(edge))  # a megabyte, which the system would be asked for each time
        self._lock = Lock()
        self._weight = weight[: self._levels[0].half] if edges.levels else weight

    def values(self, row: NDArray[np.float32]) -> Floats:
        """What each column added to the output for a row (columns,): float64 (columns,)."""
        # A column that a path splits by multiplies the product by t * taken + (1 - t) * share, and what it gains is the
        # product with taken - share in place of that. Where a path splits by a column again, the lower edge takes the
        # place of the upper one.
        taken = self._edges.taken(self._nodes.left(row))
        gains = (taken - self._edges.share).repeat(self._points)
        with self._lock:
            factors = np.multiply(gains, self._t, out=self._scratch)
            factors += self._share
            gains /= factors
            gains[self._again] -= gains[self._before]
            factors[self._again] /= factors[self._before]
            gains *= self._summed(factors)
        moved: Floats = np.bincount(self._feature, gains, self._columns).astype(np.float64, copy=False)  # ints if empty
        return moved

    def _summed(self, factors: Floats) -> Floats:
        """Turn factors of edges into sums over the leaves below, of a path's product times the leaf's value."""
        above = self._weight
        for lanes, half, inner in self._levels:
            here = factors[lanes]
            here[:half] *= above
            here[half:] *= above
            above = here[inner]
        factors *= self._value
        below = np.zeros(0)
        for lanes, half, inner in reversed(self._levels):
            here = factors[lanes]
            here[inner] = below
            below = here[:half] + here[half:]
        return factors


def _rule(points: int) -> tuple[Floats, Floats]:
    """Where Gauss-Legendre quadrature over 0 to 1 looks, and with which weights (Golub and Welsch, 1969)."""
    k = np.arange(1, points)
    beside = k / np.sqrt(4.0 * k * k - 1)
    at, vectors = np.linalg.eigh(np.diag(beside, 1) + np.diag(beside, -1))
    return (1 + at) / 2, vectors[0] ** 2
