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

_NOTHING = 1e-290
"""Instead of the value of a leaf that is 0: factors are divided by."""


class _Level(NamedTuple):
    """Lanes of the nodes at one depth."""

    lanes: slice
    inner: Numbers
    """Lanes of edges, numbered through both sides, that lead to nodes that split again; in the order of the next
    level."""


class Shapley:
    """Trees of a model, ready to be asked what moved their output. Keeps 90 bytes for every lane.

    A lane is one point of quadrature at one node that splits; it has two sides, of the left edge and of the right one.
    All trees have as many points as they need.

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
        left, right = np.flatnonzero(~edges.right), np.flatnonzero(edges.right)  # both in the order of their nodes
        self._sides = np.concatenate([left, right])
        most = np.zeros(len(nodes.roots), np.int64)
        np.maximum.at(most, edges.tree, edges.columns)
        points = ((most + 1) // 2)[edges.tree[left]]
        ends = np.cumsum(points)
        starts = ends - points
        node = np.repeat(np.arange(len(points)), points)
        point = np.arange(len(node)) - starts[node]

        rules = [_rule(n) for n in range(1, int(points.max(initial=0)) + 1)]
        place = (points * (points - 1) // 2)[node] + point
        self._t = np.concatenate([at for at, _ in rules] or [np.zeros(0)])[place]
        weight = np.concatenate([heavy for _, heavy in rules] or [np.zeros(0)])[place]

        value = np.where(edges.leaf < 0, 1.0, nodes.leaf_value[edges.leaf])
        value = np.where(value == 0, _NOTHING, value)
        self._share, self._value = edges.share[self._sides], value[self._sides]
        self._least = (self._share * self._value).reshape(2, -1)[:, node]
        self._feature = nodes.feature[edges.node[left]][node]
        first = np.empty(len(edges.node), np.int64)
        first[left], first[right] = starts, starts + len(node)
        length = np.empty_like(first)
        length[left] = length[right] = points
        again = np.flatnonzero(edges.same != NONE)
        self._again = _lanes(first[again], length[again])
        self._before = _lanes(first[edges.same[again]], length[again])
        self._levels: list[_Level] = []
        for level in edges.levels:
            lanes = slice(int(starts[level.start // 2]), int(ends[level.stop // 2 - 1]))
            inner = level.start + np.flatnonzero(edges.leaf[level] == NONE)
            self._levels.append(_Level(lanes, _lanes(first[inner], length[inner])))
        self._edge = np.stack([node, node + len(points)])
        self._scratch = np.empty((2, 2, len(node)))  # megabytes, which the system would be asked for each time
        self._lock = Lock()
        self._weight = weight[self._levels[0].lanes] if edges.levels else weight

    def values(self, row: NDArray[np.float32]) -> Floats:
        """What each column added to the output for a row (columns,): float64 (columns,)."""
        # A column that a path splits by multiplies the product by t * taken + (1 - t) * share, and what it gains is the
        # product with taken - share in place of that. Where a path splits by a column again, the lower edge takes the
        # place of the upper one. The value of a leaf multiplies its edge's factor, and what it gains too.
        taken = self._edges.taken(self._nodes.left(row)).take(self._sides)
        gained = (taken - self._share) * self._value
        with self._lock:
            gains, factors = self._scratch
            gained.take(self._edge, out=gains, mode="clip")  # "raise" would take a copy
            flat = gains.ravel()
            np.multiply(gains, self._t, out=factors)
            factors += self._least
            gains /= factors
            flat[self._again] -= flat[self._before]
            of_edges = factors.ravel()
            of_edges[self._again] /= of_edges[self._before]
            gains *= self._summed(factors)
            gains[0] += gains[1]
            moved = np.bincount(self._feature, gains[0], self._columns)
        return moved.astype(np.float64, copy=False)  # ints if empty

    def _summed(self, factors: Floats) -> Floats:
        """Turn factors of edges into sums over the leaves below, of a path's product times the leaf's value."""
        of_edges = factors.ravel()
        above = self._weight
        for lanes, inner in self._levels:
            left, right = factors[0, lanes], factors[1, lanes]
            left *= above
            right *= above
            above = of_edges.take(inner, mode="clip")
        below = np.zeros(0)
        for lanes, inner in reversed(self._levels):
            of_edges[inner] = below
            below = factors[0, lanes] + factors[1, lanes]
        return factors


def _lanes(first: Numbers, length: Numbers) -> Numbers:
    """Numbers of lanes that lie in runs, run after run."""
    ends = np.cumsum(length)
    return np.arange(int(length.sum())) + (first - ends + length).repeat(length)


def _rule(points: int) -> tuple[Floats, Floats]:
    """Where Gauss-Legendre quadrature over 0 to 1 looks, and with which weights (Golub and Welsch, 1969)."""
    k = np.arange(1, points)
    beside = k / np.sqrt(4.0 * k * k - 1)
    at, vectors = np.linalg.eigh(np.diag(beside, 1) + np.diag(beside, -1))
    return (1 + at) / 2, vectors[0] ** 2
