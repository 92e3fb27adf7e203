"""The trees of a LightGBM text model as arrays: their nodes, and their edges level by level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darnel.errors import BundleError

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_CATEGORICAL, _DEFAULT_LEFT, _MISSING_ZERO, _MISSING_NAN = 1, 2, 4, 8
"""Bits of LightGBM's ``decision_type``."""
_NAMES = (
    *("num_leaves", "split_feature", "decision_type", "threshold", "left_child", "right_child"),
    *("internal_count", "leaf_count", "leaf_value"),
)
_HARDLY = 1e-9
"""Instead of no training rows: shares of them are divided by."""
NONE = -1
"""Instead of the number of an edge or a leaf: there is none."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes that split, numbered one tree after the other; leaves are numbered likewise."""

    feature: Numbers
    """Column by which a node splits; (n,)."""
    threshold: Floats
    """Values up to it go left; (n,)."""
    nan_left: Flags
    """Whether NaN goes left; (n,)."""
    children: Numbers
    """Left and right child: a node, or ``~leaf``; (2, n)."""
    count: Floats
    """Training rows, above 0, of nodes and, from the end, of leaves, so that children are indices; (n + l,)."""
    leaf_value: Floats
    """Output of leaves; (l,)."""
    roots: Numbers
    """First node of each tree that has one; (trees,)."""

    @classmethod
    def of(cls, text: str) -> Nodes:
        """Read LightGBM's text model.

        Raises
        ------
        BundleError
            A split is by category, or takes zero for missing.
        """
        said = _lines(text)
        kind = _integers(said["decision_type"])
        if np.any(kind & (_CATEGORICAL | _MISSING_ZERO)):
            raise BundleError("the model splits by category or takes zero for missing; train it with darnel")
        threshold = _reals(said["threshold"])
        leaves = _integers(said["num_leaves"])
        splits = leaves - 1
        first_node, first_leaf = np.cumsum(splits) - splits, np.cumsum(leaves) - leaves
        children = np.stack([_integers(said["left_child"]), _integers(said["right_child"])])
        children += np.where(children < 0, -first_leaf.repeat(splits), first_node.repeat(splits))
        counts = np.concatenate([_integers(said["internal_count"]), _integers(said["leaf_count"])[::-1]])
        return cls(
            feature=_integers(said["split_feature"]),
            threshold=threshold,
            nan_left=np.where(kind & _MISSING_NAN, (kind & _DEFAULT_LEFT) > 0, threshold >= 0),
            children=children,
            count=np.maximum(counts, _HARDLY),
            leaf_value=_reals(said["leaf_value"]),
            roots=first_node[splits > 0],
        )

    def left(self, row: NDArray[np.float32]) -> Flags:
        """Which nodes a row (columns,) would leave to the left; (n,)."""
        given = row.astype(np.float64).take(self.feature)
        left: Flags = given <= self.threshold
        left |= np.isnan(given) & self.nan_left
        return left


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges from nodes to their children, level after level: left ones first, right ones in the same order.

    What is not said otherwise is ``(e,)``.
    """

    levels: tuple[slice, ...]
    """Which edges are how deep, from the roots down."""
    tree: Numbers
    """Number among the trees that have a root."""
    node: Numbers
    """From which an edge comes."""
    right: Flags
    leaf: Numbers
    """To which it leads, :data:`NONE` if that is a node."""
    same: Numbers
    """Nearest edge above that splits by the same column, :data:`NONE` if there is none."""
    share: Floats
    """Share of the training rows that went this way wherever the path splits by this column; above 0."""
    columns: Numbers
    """Distinct columns on the path down to here."""
    chains: tuple[tuple[Numbers, Numbers], ...]
    """Edges that have a :attr:`same`, and these; first those with one such edge above them, then those with two…"""

    @classmethod
    def of(cls, nodes: Nodes) -> Edges:
        """Go down all trees at once."""
        node, tree = nodes.roots, np.arange(len(nodes.roots))
        above = np.full(len(node), NONE)
        levels: list[slice] = []
        found = [(node[:0],) * 5]
        total = 0
        while len(node):
            child = nodes.children[:, node].ravel()
            right = np.arange(2).repeat(len(node))
            node, tree, above = np.tile(node, 2), np.tile(tree, 2), np.tile(above, 2)
            found.append((node, tree, above, child, right))
            levels.append(slice(total, total + len(child)))
            inner = np.flatnonzero(child >= 0)
            node, tree, above = child[inner], tree[inner], total + inner
            total += len(child)
        node, tree, parent, child, right = (np.concatenate(part) for part in zip(*found, strict=True))
        same = _same(nodes.feature[node], parent)
        share = nodes.count[child] / nodes.count[node]
        columns = (same == NONE).astype(np.int64)
        again = np.zeros(len(node), np.int64)
        for level in levels[1:]:
            before = same[level]
            repeats = before != NONE
            share[level] *= np.where(repeats, share[before], 1.0)
            again[level] = np.where(repeats, again[before] + 1, 0)
            columns[level] += columns[parent[level]]
        chosen = [np.flatnonzero(again == n) for n in range(1, int(again.max(initial=0)) + 1)]
        return cls(
            levels=tuple(levels),
            tree=tree,
            node=node,
            right=right.astype(np.bool_),
            leaf=np.where(child < 0, ~child, NONE),
            same=same,
            share=share,
            columns=columns,
            chains=tuple((edges, same[edges]) for edges in chosen),
        )

    def taken(self, left: Flags) -> Flags:
        """Which edges a row goes along wherever their path splits by their column, by :meth:`Nodes.left`; (e,)."""
        taken: Flags = left[self.node] != self.right
        for edges, before in self.chains:
            taken[edges] &= taken[before]
        return taken


def _same(feature: Numbers, parent: Numbers) -> Numbers:
    """Nearest edge above with the same column."""
    same = parent.copy()
    while len(other := np.flatnonzero((same != NONE) & (feature[same] != feature))):
        same[other] = parent[same[other]]
    return same


def _lines(text: str) -> dict[str, str]:
    """What stands behind each of the names that are needed, one tree after the other."""
    said: dict[str, list[str]] = {name: [] for name in _NAMES}
    for line in text.splitlines():
        name, _, values = line.partition("=")
        if name in said:
            said[name].append(values)
    return {name: " ".join(values) for name, values in said.items()}


def _integers(line: str) -> Numbers:
    return np.fromstring(line, np.int64, sep=" ")


def _reals(line: str) -> Floats:
    return np.fromstring(line, np.float64, sep=" ")
