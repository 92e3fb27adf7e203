"""Nearest neighbours by code similarity: what is found by recognising clones, and by nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from darnel.training.sketch import COMPACT_NOTHING
from darnel.training.table import FeatureTable

CHANCE = 1 / 256
"""Share of places in which compact sketches of unrelated code agree."""
_BLOCK = 1 << 25
"""Bytes compared at once."""


def clone_scores(train: FeatureTable, test: FeatureTable) -> NDArray[np.float64]:
    """Similarity to the nearest malicious training package minus that to the nearest benign one.

    Similarity is the estimated Jaccard similarity of masked code shingles (MinHash sketches), so that renamed variants
    count; in tables without sketches it is that of the sets of file hashes.

    Returns
    -------
    float64 (n,)
        0 to 1; one half where nothing is shared with any training package.
    """
    scores = np.full(len(test), 0.5)
    for label, sign in ((1, 0.5), (0, -0.5)):
        known = train.subset(train.labels == label)
        if known.sketches is not None and test.sketches is not None:
            scores += sign * nearest_sketch(known.sketches, test.sketches)
        else:
            scores += sign * _nearest_files(known, test)
    return scores


def nearest_sketch(known: NDArray[np.uint8], asked: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Highest estimated Jaccard similarity of every sketch of ``asked`` (n, 128) to one of ``known`` (k, 128).

    Returns
    -------
    float64 (n,)
        0 to 1; 0 for packages without code.
    """
    known, rows, back = _distinct(known), *np.unique(asked, axis=0, return_inverse=True)
    agree = np.zeros(len(rows))
    if len(known) and len(rows):
        step = max(1, _BLOCK // known.size)
        for start in range(0, len(rows), step):
            same = rows[start : start + step, None, :] == known[None, :, :]
            agree[start : start + step] = np.count_nonzero(same, axis=2).max(axis=1) / known.shape[1]
    agree[(rows == COMPACT_NOTHING).all(axis=1)] = 0.0
    similarity: NDArray[np.float64] = np.clip((agree - CHANCE) / (1 - CHANCE), 0.0, 1.0)[back.ravel()]
    return similarity


def _distinct(sketches: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows = np.unique(sketches, axis=0)
    some: NDArray[np.uint8] = rows[~(rows == COMPACT_NOTHING).all(axis=1)]
    return some


def _nearest_files(known: FeatureTable, test: FeatureTable) -> NDArray[np.float64]:
    mine, sizes = _incidence(test)
    theirs, known_sizes = _incidence(known)
    result = np.zeros(len(test))
    for start in range(0, len(test), 1000):
        common = (mine[start : start + 1000] @ theirs.T).tocoo()
        union = sizes[start + common.row] + known_sizes[common.col] - common.data
        np.maximum.at(result, start + common.row, common.data / union)
    return result


def _incidence(table: FeatureTable) -> tuple[csr_matrix, NDArray[np.float64]]:
    """Packages × files with 1 where held, and how many distinct files each package has."""
    data = np.ones(len(table.links), np.float32)
    matrix = csr_matrix((data, (table.owners, table.links)), shape=(len(table), len(table.file_rows)))
    matrix.data[:] = 1.0
    return matrix, np.asarray(matrix.sum(axis=1)).ravel()
