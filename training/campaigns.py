"""Campaigns: packages whose code is nearly the same, as connected components of a MinHash similarity graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from darnel.training.sketch import PERMUTATIONS, Sketch

SIMILARITY = 0.8
"""Estimated Jaccard similarity of shingle sets from which two packages are linked."""
BANDS = 32
"""Bands of four rows: a pair at 0.8 is looked at with probability 1 - 7e-8, one at 0.3 with 0.23."""


class Components:
    """Union-find over the numbers 0…n-1; the root of a component is its lowest number."""

    def __init__(self, count: int) -> None:
        self.parent = np.arange(count)

    def find(self, item: int) -> int:
        """Root of ``item``."""
        root = item
        while self.parent[root] != root:
            root = int(self.parent[root])
        while self.parent[item] != root:
            self.parent[item], item = root, int(self.parent[item])
        return root

    def union(self, first: int, second: int) -> None:
        """Make the components of both one."""
        a, b = self.find(first), self.find(second)
        if a != b:
            self.parent[max(a, b)] = min(a, b)

    def union_equal(self, values: Sequence[str]) -> None:
        """Join all items with the same non-empty value."""
        first: dict[str, int] = {}
        for item, value in enumerate(values):
            if value:
                self.union(first.setdefault(value, item), item)

    def roots(self) -> NDArray[np.int64]:
        """Root of every item."""
        return np.array([self.find(item) for item in range(len(self.parent))], dtype=np.int64)


def campaigns(sketches: Sequence[Sketch], contents: Sequence[str], similarity: float = SIMILARITY) -> list[str]:
    """Campaign id of every package, from its code only.

    Parameters
    ----------
    sketches : sequence of Sketch
    contents : sequence of str
        Content hash of every package, for those without code: each distinct content is a campaign of its own.
    similarity : float
        Packages at or above it are linked; campaigns are what links connect.

    Returns
    -------
    list of str
        12 hex digits: the lowest body hash in the campaign, or the start of the content hash.
    """
    components = Components(len(sketches))
    components.union_equal([sketch.body for sketch in sketches])
    groups: dict[bytes, int] = {}
    rows = []
    for item, sketch in enumerate(sketches):
        if not sketch.body:
            continue
        key = sketch.signature.tobytes()
        first = groups.setdefault(key, item)
        if first == item:
            rows.append(item)
        else:
            components.union(first, item)
    if rows:
        signatures = np.stack([sketches[item].signature for item in rows])
        for a, b in similar_pairs(signatures, similarity):
            components.union(rows[a], rows[b])
    components.union_equal([content if not s.body else "" for s, content in zip(sketches, contents, strict=True)])
    roots = components.roots()
    names: dict[int, str] = {}
    for item, root in enumerate(roots.tolist()):
        own = sketches[item].body or contents[item]
        names[root] = min(names.get(root, own), own)
    return [names[root][:12] for root in roots.tolist()]


def similar_pairs(signatures: NDArray[np.uint32], similarity: float = SIMILARITY) -> Iterator[tuple[int, int]]:
    """Pairs of rows that agree in at least ``similarity`` of the 128 places, found through banded hashing (LSH).

    Parameters
    ----------
    signatures : uint32 (n, 128)
    """
    needed = int(np.ceil(similarity * PERMUTATIONS))
    width = PERMUTATIONS // BANDS
    for band in range(BANDS):
        keys = np.ascontiguousarray(signatures[:, band * width : (band + 1) * width]).view(f"V{4 * width}").ravel()
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        for bucket in np.split(order, cuts):
            if len(bucket) > 1:
                yield from _verified(signatures, np.sort(bucket), needed)


def _verified(signatures: NDArray[np.uint32], bucket: NDArray[np.int64], needed: int) -> Iterator[tuple[int, int]]:
    inside = signatures[bucket]
    for place in range(len(bucket) - 1):
        agree = (inside[place + 1 :] == inside[place]).sum(axis=1)
        for other in np.flatnonzero(agree >= needed).tolist():
            yield int(bucket[place]), int(bucket[place + 1 + other])
