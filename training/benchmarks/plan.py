"""Which payload goes into which host how: a fixed plan, drawn with a seed.

Payloads only meet hosts of the same *block*: the same fold of the ``campaign`` protocol and the same side of
``temporal``. So every injected release is usable in both protocols, on one side or the other, and joining them to a
feature table links campaigns to hosts only within blocks, which are on one side anyway.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.training.benchmarks import splice_npm, splice_python
from darnel.training.benchmarks.hosts import FEWEST, HOST_BYTES, MOST
from darnel.training.benchmarks.payloads import Payload
from darnel.training.benchmarks.splice import Splice
from darnel.training.config import Config
from darnel.training.splits import campaign_folds, temporal

if TYPE_CHECKING:
    import pandas as pd

SPLICES: dict[str, tuple[Splice, ...]] = {"pypi": splice_python.SPLICES, "npm": splice_npm.SPLICES}
SHARES = {"pypi": 0.65, "npm": 0.35}
"""Of the limit, by ecosystem."""
PER_PAYLOAD, PER_HOST, PER_FAMILY = 5, 6, 3
ORDINARY_FILES = 300
LARGE_SHARE = 0.1
"""Share of hosts with more files than that."""


class Pair(NamedTuple):
    """One injected release to make."""

    payload: int
    """Number in the list of payloads."""
    host: str
    """Id of the host's sample."""
    splice: str
    block: str


def blocks(packages: pd.DataFrame, config: Config) -> NDArray[np.str_]:
    """Block of every package, ``fold-side``; str (n,). A whole campaign has the side that its first-seen member has."""
    folds = campaign_folds(packages, config.outer, config.seed)
    split = temporal(packages, config.temporal, config.seed)
    sides = np.full(len(packages), "none", dtype="U5")
    sides[split.test] = "test"
    sides[split.train] = "train"
    labels, campaigns = packages["label"].to_numpy(), packages["campaign"].astype(str).to_numpy(dtype=np.str_)
    best: dict[str, str] = {}
    for campaign, side in zip(campaigns[labels == 1].tolist(), sides[labels == 1].tolist(), strict=True):
        best[campaign] = max(best.get(campaign, "none"), side, key=("none", "test", "train").index)
    joint = [
        best[campaign] if label and campaign else side
        for campaign, side, label in zip(campaigns.tolist(), sides.tolist(), labels.tolist(), strict=True)
    ]
    return np.array([f"{fold}-{side}" for fold, side in zip(folds.tolist(), joint, strict=True)])


def hosts(packages: pd.DataFrame, seed: int) -> NDArray[np.int64]:
    """Rows that may be hosts, in the order in which they are drawn: most of ordinary size, few of a family."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.arange(len(packages)))
    files, size = packages["file_count"].to_numpy(), packages["size_bytes"].to_numpy()
    fit = (
        (packages["label"].to_numpy() == 0)
        & packages["readable"].to_numpy(dtype=bool)
        & ~packages["probe"].to_numpy(dtype=bool)
        & (files >= FEWEST)
        & (files <= MOST)
        & (size <= HOST_BYTES)
    )
    families, names = packages["family"].astype(str).tolist(), packages["name"].astype(str).tolist()
    used: Counter[str] = Counter()
    chosen = []
    for row in order[fit[order]].tolist():
        if files[row] > ORDINARY_FILES and rng.random() > LARGE_SHARE:
            continue
        if used[names[row]] or used[f"family {families[row]}"] >= PER_FAMILY:
            continue
        used[names[row]] += 1
        used[f"family {families[row]}"] += 1
        chosen.append(row)
    return np.array(chosen, dtype=np.int64)


def pair_up(packages: pd.DataFrame, payloads: Sequence[Payload], config: Config, limit: int, seed: int) -> list[Pair]:
    """The plan.

    Parameters
    ----------
    packages : DataFrame
        Of a feature table with strata columns.
    payloads : sequence of Payload
        One a campaign; campaigns as in ``packages``.
    config : Config
        Folds, dates and seed of the protocols.
    limit : int
        Most injected releases; :data:`SHARES` of it by ecosystem.
    seed : int

    Returns
    -------
    list of Pair
        Sorted by host.
    """
    rng = random.Random(seed)
    which = blocks(packages, config).tolist()
    ids, names = packages["id"].tolist(), packages["name"].astype(str).tolist()
    ecosystems = packages["ecosystem"].tolist()
    row_of = {identity: row for row, identity in enumerate(ids)}
    free: dict[tuple[str, str], list[int]] = {}
    for row in hosts(packages, seed).tolist():
        free.setdefault((ecosystems[row], which[row]), []).append(row)
    plan: list[Pair] = []
    for ecosystem, share in SHARES.items():
        ways: dict[str, list[str]] = {}
        for splice in SPLICES[ecosystem]:
            for language in sorted(splice.languages):
                ways.setdefault(language, []).append(splice.name)
        turns = {language: cycle(names_of) for language, names_of in ways.items()}
        todo = [i for i, payload in enumerate(payloads) if payload.ecosystem == ecosystem and payload.language in ways]
        rng.shuffle(todo)
        wanted, made = int(share * limit), 0
        queues = {key: _dealt(rows) for key, rows in free.items() if key[0] == ecosystem}
        for _ in range(PER_PAYLOAD):
            for number in todo:
                payload = payloads[number]
                row = row_of[payload.id]
                queue = queues.get((ecosystem, which[row]))
                if made >= wanted or not queue:
                    continue
                host = queue.pop()
                if names[host] == names[row]:
                    continue
                plan.append(Pair(number, ids[host], next(turns[payload.language]), which[row]))
                made += 1
    return sorted(plan, key=lambda pair: (pair.host, pair.payload, pair.splice))


def _dealt(rows: list[int]) -> list[int]:
    """Every row PER_HOST times among its neighbours, so that few hosts are read for few pairs; taken from the end."""
    window = 40
    dealt: list[int] = []
    for start in range(0, len(rows), window):
        dealt += rows[start : start + window] * PER_HOST
    return dealt[::-1]
