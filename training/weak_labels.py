"""Which files of a malicious package are malicious? Start from evidence, then believe out-of-fold scores.

A package label for many files is multiple-instance learning. As in MI-SVM (Andrews et al., 2002) the witness of a
positive bag is chosen by the model and the model is fitted again; the scores are out-of-fold, so that a model cannot
confirm what it has memorised. Files that benign packages hold too are never positives, nor are their twins: files of
the same structure, as when a copied library is renamed. What is neither a witness nor benign is left out of training.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.training.config import WeakLabels
from darnel.training.table import FeatureTable
from darnel.training.weights import balanced, package_weights

_TRACES = ("cat.", "chain.", "hid.", "uni.", "bin.")
_ORDINARY = ("cat.read.", "cat.write.", "cat.load.", "cat.encode.", "cat.env.")
_STRUCTURE = ("syntax.", "ident.", "str.")
_TELLING = 20
"""Columns of the structure that must not be 0 before two files count as twins: small files are alike by chance."""


class FileSample(NamedTuple):
    """Distinct files to fit on."""

    files: NDArray[np.int64]
    """Row numbers in ``table.file_rows``, ascending."""
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]


def evidence(table: FeatureTable, groups: tuple[str, ...]) -> NDArray[np.float64]:
    """How much the columns of ``groups`` see in every distinct file: sum of ``log1p``, float64 (f,)."""
    prefixes = tuple(f"{group}." for group in groups)
    columns = [i for i, name in enumerate(table.file_columns) if name.startswith(prefixes)]
    total = np.zeros(len(table.file_rows))
    for column in columns:
        total += np.log1p(np.maximum(np.nan_to_num(table.file_rows[:, column]), 0.0))
    return total


def first_guess(
    table: FeatureTable, packages: NDArray[np.int64], seen: NDArray[np.float64], settings: WeakLabels
) -> NDArray[np.float64]:
    """Weight of every link as a positive before any model: shares of the package's weight by evidence.

    Parameters
    ----------
    table : FeatureTable
    packages : int64
        Numbers of the packages that may be used.
    seen : float64 (f,)
        :func:`evidence` of every file.
    settings : WeakLabels

    Returns
    -------
    float64 (m,)
        0 for files of benign or unused packages and files shared with benign ones.
    """
    allowed = _candidates(table, packages, settings)
    share = np.where(allowed, 0.05 + seen[table.links], 0.0)
    return _spread(table, share, packages)


def witnesses(
    table: FeatureTable, packages: NDArray[np.int64], odds: NDArray[np.float64], settings: WeakLabels
) -> NDArray[np.float64]:
    """Weight of every link as a positive, from out-of-fold log-odds (m,): the worst files of each malicious package."""
    allowed = _candidates(table, packages, settings)
    score = np.where(allowed, odds, -np.inf)
    owners = table.owners
    order = np.lexsort((-score, owners))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - table.offsets[owners[order]]
    best = np.full(len(table), -np.inf)
    np.maximum.at(best, owners, score)
    benign = odds[(table.labels[owners] == 0) & np.isin(owners, packages)]
    floor = np.quantile(benign, settings.floor) if len(benign) else -np.inf
    near = score >= best[owners] - settings.margin
    keep = allowed & (rank < settings.keep) & near & (score >= floor)
    return _spread(table, keep.astype(np.float64), packages)


def sample(
    table: FeatureTable,
    packages: NDArray[np.int64],
    positive: NDArray[np.float64],
    odds: NDArray[np.float64] | None,
    settings: WeakLabels,
    seed: int,
) -> FileSample:
    """Positives, hard negatives and random negatives with balanced weights.

    Parameters
    ----------
    table : FeatureTable
    packages : int64
        Numbers of the packages whose files may be used.
    positive : float64 (m,)
        Weight of every link as a positive.
    odds : float64 (m,) or None
        Scores of the links, which say what is hard; None: all negatives are drawn at random.
    settings : WeakLabels
    seed : int
    """
    used = np.zeros(len(table), dtype=bool)
    used[packages] = True
    owners = table.owners
    mass = np.bincount(table.links, weights=np.where(used[owners], positive, 0.0), minlength=len(table.file_rows))
    positives = np.flatnonzero(mass > 0)
    benign = used[owners] & (table.labels[owners] == 0)
    pool = np.unique(table.links[benign]).astype(np.int64)
    hard = np.zeros(0, np.int64)
    if odds is not None and len(pool):
        highest = np.full(len(table.file_rows), -np.inf)
        np.maximum.at(highest, table.links[benign], odds[benign])
        hard = np.sort(pool[np.argsort(-highest[pool], kind="stable")[: settings.hard_negatives]])
    rest = np.setdiff1d(pool, hard, assume_unique=True)
    wanted = settings.random_negatives + settings.hard_negatives - len(hard)
    drawn = np.sort(np.random.default_rng(seed).choice(rest, min(wanted, len(rest)), replace=False))
    # The drawn ones stand for all that were not, within reason: easy negatives must not drown the hard ones.
    stand_for = min(5.0, len(rest) / max(1, len(drawn)))
    files = np.concatenate([positives, hard, drawn])
    labels = np.repeat([1, 0], [len(positives), len(hard) + len(drawn)])
    weights = np.concatenate([mass[positives], np.ones(len(hard)), np.full(len(drawn), stand_for)])
    if 0 < len(positives) < len(files):
        weights = balanced(weights, labels, settings.positive_share)
    order = np.argsort(files, kind="stable")
    return FileSample(files[order], labels[order], weights[order])


def _candidates(table: FeatureTable, packages: NDArray[np.int64], settings: WeakLabels) -> NDArray[np.bool_]:
    """Links (m,) of malicious ``packages`` that may be positives.

    No benign one of ``packages`` holds the file or a twin of it, and it does more than every build script does: what
    teaches that a bare ``setup.py`` is malicious is a placeholder, or a library that was copied together with its build
    script. A package without such a file has no positive; the package model sees it all the same.
    """
    used = np.zeros(len(table), dtype=bool)
    used[packages] = True
    owners = table.owners
    held = np.zeros(len(table.file_rows), dtype=bool)
    held[table.links[used[owners] & (table.labels[owners] == 0)]] = True
    if settings.twins:
        held |= _twins(table, held)
    more = _shows(table, _TRACES, _ORDINARY)
    result: NDArray[np.bool_] = used[owners] & (table.labels[owners] == 1) & (more & ~held)[table.links]
    return result


def _twins(table: FeatureTable, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Distinct files whose syntax tree, identifiers and strings measure the same as those of a ``held`` one, bool (f,).

    Equal to the last bit in all columns of their structure, of which enough must not be 0: a copy in which a name or a
    comment differs, never a copy with a statement more.
    """
    columns = [i for i, name in enumerate(table.file_columns) if name.startswith(_STRUCTURE)]
    structure = np.nan_to_num(table.file_rows[:, columns]) + np.float32(0)  # no negative zero: bytes are compared
    full = np.flatnonzero((structure != 0).sum(axis=1) >= _TELLING)
    result = np.zeros(len(held), dtype=bool)
    if len(full):
        rows = np.ascontiguousarray(structure[full]).view(np.dtype((np.void, 4 * len(columns)))).ravel()
        _, kind = np.unique(rows, return_inverse=True)
        benign = np.bincount(kind, weights=held[full]) > 0
        result[full] = benign[kind]
    return result


def _shows(table: FeatureTable, prefixes: tuple[str, ...], but: tuple[str, ...] = ("\0",)) -> NDArray[np.bool_]:
    """Distinct files with something in columns of these prefixes, bool (f,); all of them if there is no such column."""
    names = table.file_columns
    columns = [i for i, name in enumerate(names) if name.startswith(prefixes) and not name.startswith(but)]
    if not columns:
        return np.ones(len(table.file_rows), dtype=bool)
    return np.asarray((np.nan_to_num(table.file_rows[:, columns]) > 0).any(axis=1))


def _spread(table: FeatureTable, share: NDArray[np.float64], packages: NDArray[np.int64]) -> NDArray[np.float64]:
    """Turn shares into weights that sum to the package's weight."""
    weight = np.zeros(len(table))
    weight[packages] = package_weights(table.subset(packages))
    total = np.bincount(table.owners, weights=share, minlength=len(table))
    factor = np.divide(weight, total, out=np.zeros(len(table)), where=total > 0)
    result: NDArray[np.float64] = share * factor[table.owners]
    return result
