"""The splits of the evaluation protocol. None but ``random`` lets near-duplicate code or a package name cross a side.

Every function takes a frame with one row for each package and the columns ``label``, ``ecosystem``, ``name``,
``campaign``, ``family`` and ``date`` (:attr:`darnel.training.table.FeatureTable.packages` is one); results are numpy
arrays aligned with its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.errors import CorpusError
from darnel.training.campaigns import Components

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("label", "ecosystem", "name", "campaign", "family", "date")
TEMPORAL_CUT = "2025-01-01"
PER_CAMPAIGN = 5
"""Most test samples of one campaign in ``temporal`` and ``rolling``."""
TEST_SHARE = 0.3


class Split(NamedTuple):
    """Row numbers, ascending, int64."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]


def _column(table: pd.DataFrame, name: str) -> list[str]:
    if name not in table.columns:
        raise CorpusError(f"split: the table has no column {name!r}; it needs {', '.join(COLUMNS)}")
    return [str(value) for value in table[name].tolist()]


def groups(table: pd.DataFrame) -> NDArray[np.int64]:
    """Group number of every package: what must stay on one side, int64 (n,).

    Packages belong together that share a campaign (of either label: a near-copy of a benign package goes with it), a
    name within an ecosystem, or, if both are benign, a family within an ecosystem.
    """
    ecosystems, names = _column(table, "ecosystem"), _column(table, "name")
    families, labels = _column(table, "family"), _labels(table)
    components = Components(len(table))
    components.union_equal(_column(table, "campaign"))
    components.union_equal([f"{e} {n}" if n else "" for e, n in zip(ecosystems, names, strict=True)])
    components.union_equal(
        [f"{e} {f}" if f and not bad else "" for e, f, bad in zip(ecosystems, families, labels, strict=True)]
    )
    return components.roots()


def _labels(table: pd.DataFrame) -> NDArray[np.int64]:
    if "label" not in table.columns:
        raise CorpusError("split: the table has no column 'label'; build it with `darnel corpus build`")
    return table["label"].to_numpy(dtype=np.int64)


def campaign_folds(table: pd.DataFrame, n: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """Fold 0…n-1 of every package, int64 (rows,): no :func:`groups` group is in two folds.

    Groups are dealt greedily, largest first, each to the fold that has least of its kind (label and ecosystem). A
    malicious package counts by its campaign's share, as in training, so that a campaign of thousands does not count
    as thousands.
    """
    if n < 2:
        raise CorpusError(f"split: {n} folds; ask for at least 2")
    roots, labels = groups(table), _labels(table)
    ecosystems, all_campaigns = _column(table, "ecosystem"), _column(table, "campaign")
    kinds = {kind: i for i, kind in enumerate(sorted(set(zip(labels.tolist(), ecosystems, strict=True))))}
    sizes = dict.fromkeys(all_campaigns, 0)
    for campaign in all_campaigns:
        sizes[campaign] += 1
    loads: dict[int, NDArray[np.float64]] = {}
    for row, root in enumerate(roots.tolist()):
        load = loads.setdefault(root, np.zeros(len(kinds)))
        weight = 1 / sizes[all_campaigns[row]] if labels[row] and all_campaigns[row] else 1.0
        load[kinds[int(labels[row]), ecosystems[row]]] += weight
    total = np.sum(list(loads.values()), axis=0) if loads else np.ones(len(kinds))
    order = np.random.default_rng(seed).permutation(np.array(sorted(loads), dtype=np.int64)).tolist()
    order.sort(key=lambda root: -float((loads[root] / total).max()))
    filled = np.zeros((n, len(kinds)))
    fold_of: dict[int, int] = {}
    for root in order:
        after = (filled + loads[root]) / total
        present = loads[root] > 0
        fold = min(range(n), key=lambda i: (float(after[i][present].max()), float(after[i].sum()), i))
        fold_of[root] = fold
        filled[fold] += loads[root]
    return np.array([fold_of[root] for root in roots.tolist()], dtype=np.int64)


def random_folds(table: pd.DataFrame, n: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """Fold of every package, stratified by label and ecosystem and otherwise random: shows how far clones inflate."""
    labels, ecosystems = _labels(table), _column(table, "ecosystem")
    folds = np.zeros(len(table), dtype=np.int64)
    draw = np.random.default_rng(seed)
    kinds = list(zip(labels.tolist(), ecosystems, strict=True))
    for kind in sorted(set(kinds)):
        rows = draw.permutation(np.array([i for i, k in enumerate(kinds) if k == kind]))
        folds[rows] = np.arange(len(rows)) % n
    return folds


def temporal(table: pd.DataFrame, cut: str = TEMPORAL_CUT, seed: int = 0) -> Split:
    """The headline split.

    Malicious PyPI: added before ``cut`` → train; from ``cut`` on → test, without the campaigns and names seen in
    training and at most :data:`PER_CAMPAIGN` packages a campaign. Malicious npm has no dates: 30 % of its campaigns,
    drawn with ``seed`` in whole groups of near-duplicates and equal names, are the test. Benign: groups by name and
    family that hold 30 % of the packages of each ecosystem are the test; of these, whatever shares a campaign with a
    benign training package is removed. Packages that are on neither side are in neither array.

    A malicious copy of a benign package that is in training stays in the test: what training knows of that code speaks
    against finding it, as it does in the field.
    """
    labels, dates, ecosystems = _labels(table), _column(table, "date"), _column(table, "ecosystem")
    dated = np.array([bool(date) for date in dates]) & (labels == 1)
    before = np.array([date < cut for date in dates])
    roots = groups(table)
    side = _by_groups(table, roots, seed)
    train = np.where(dated, before, ~side)
    test = np.where(dated, ~before, side)
    return _without_leaks(table, train, test, seed, ecosystems)


def rolling(table: pd.DataFrame, seed: int = 0, least: int = 0) -> Iterator[tuple[tuple[str, str], Split]]:
    """For every month with malicious packages but the first: train up to the month before, test in it.

    Undated malicious packages are left out; the benign sides are those of :func:`temporal` with the same ``seed``.

    Parameters
    ----------
    table : DataFrame
    seed : int
    least : int
        Months are run together until the test has so many campaigns that were not seen before.

    Yields
    ------
    (str, str)
        First and last month of the test, ``YYYY-MM``.
    Split
    """
    labels, dates = _labels(table), _column(table, "date")
    dated = np.array([bool(date) for date in dates]) & (labels == 1)
    months = np.array([date[:7] for date in dates])
    side = _by_groups(table, groups(table), seed)
    benign = labels == 0
    ecosystems, all_campaigns = _column(table, "ecosystem"), np.array(_column(table, "campaign"))
    first = ""
    for month in (known := sorted(set(months[dated].tolist())))[1:]:
        first = first or month
        train = (dated & (months < first)) | (benign & ~side)
        test = (dated & (months >= first) & (months <= month)) | (benign & side)
        split = _without_leaks(table, train, test, seed, ecosystems)
        if len(np.unique(all_campaigns[split.test][labels[split.test] == 1])) >= least or month == known[-1]:
            yield (first, month), split
            first = ""


def _by_groups(table: pd.DataFrame, roots: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """True for about 30 % of each label and ecosystem, whole groups only; a malicious campaign counts as one."""
    labels, ecosystems = _labels(table), _column(table, "ecosystem")
    weights = campaign_weights(table).tolist()
    kinds = list(zip(labels.tolist(), ecosystems, strict=True))
    members: dict[int, list[int]] = {}
    for row, root in enumerate(roots.tolist()):
        members.setdefault(root, []).append(row)
    wanted = dict.fromkeys(kinds, 0.0)
    for kind, weight in zip(kinds, weights, strict=True):
        wanted[kind] += TEST_SHARE * weight
    taken = dict.fromkeys(kinds, 0.0)
    side = np.zeros(len(table), dtype=bool)
    for root in np.random.default_rng(seed).permutation(np.array(sorted(members), dtype=np.int64)).tolist():
        loads = dict.fromkeys((kinds[row] for row in members[root]), 0.0)
        for row in members[root]:
            loads[kinds[row]] += weights[row]
        if all(taken[kind] + load <= wanted[kind] + 1 for kind, load in loads.items()):
            side[members[root]] = True
            for kind, load in loads.items():
                taken[kind] += load
    return side


def _without_leaks(
    table: pd.DataFrame, train: NDArray[np.bool_], test: NDArray[np.bool_], seed: int, ecosystems: Sequence[str]
) -> Split:
    """Remove from the test what training has seen (campaign of the same label, name), then cap campaigns."""
    names, labels = _column(table, "name"), _labels(table)
    keys = [f"{e} {n}" if n else "" for e, n in zip(ecosystems, names, strict=True)]
    all_campaigns = [f"{c} {int(bad)}" if c else "" for c, bad in zip(_column(table, "campaign"), labels, strict=True)]
    seen_campaigns = {all_campaigns[row] for row in np.flatnonzero(train)} - {""}
    seen_names = {keys[row] for row in np.flatnonzero(train)} - {""}
    count: dict[str, int] = {}
    kept = []
    for row in np.random.default_rng(seed).permutation(np.flatnonzero(test)).tolist():
        campaign = all_campaigns[row]
        if campaign in seen_campaigns or keys[row] in seen_names:
            continue
        if labels[row] and campaign:
            count[campaign] = count.get(campaign, 0) + 1
            if count[campaign] > PER_CAMPAIGN:
                continue
        kept.append(row)
    return Split(np.flatnonzero(train).astype(np.int64), np.array(sorted(kept), dtype=np.int64))


def campaign_weights(table: pd.DataFrame) -> NDArray[np.float64]:
    """Weight of every package so that each malicious campaign weighs 1 within an ecosystem; benign packages weigh 1."""
    labels, all_campaigns, ecosystems = _labels(table), _column(table, "campaign"), _column(table, "ecosystem")
    keys = list(zip(ecosystems, all_campaigns, labels.tolist(), strict=True))
    sizes: dict[tuple[str, str, int], int] = {}
    for key in keys:
        sizes[key] = sizes.get(key, 0) + 1
    return np.array([1 / sizes[key] if key[2] and key[1] else 1.0 for key in keys])
