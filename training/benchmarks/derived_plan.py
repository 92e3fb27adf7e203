"""Which packages are obfuscated how, and which lose their payload: a fixed plan, drawn with a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darnel.training.benchmarks.hosts import HOST_BYTES
from darnel.training.benchmarks.obfuscate.catalogue import TRANSFORMS
from darnel.training.benchmarks.obfuscate.package import LANGUAGES
from darnel.training.benchmarks.placebo import WAYS
from darnel.training.config import Config
from darnel.training.splits import temporal

if TYPE_CHECKING:
    import pandas as pd

SHARES: Mapping[tuple[int, str], float] = {(1, "pypi"): 0.25, (1, "npm"): 0.15, (0, "pypi"): 0.35, (0, "npm"): 0.25}
"""Of the limit, by label and ecosystem. More benign ones: what a model gets wrong is mostly these."""
MOST_FILES = 400
"""Of a benign origin: larger ones cost more to read than they tell."""
SIDES = ("both", "train", "test")


class Wanted(NamedTuple):
    """One derived package to make."""

    origin: str
    """Id of its sample."""
    way: str
    """Name of a transform, or one of :data:`darnel.training.benchmarks.placebo.WAYS`."""


def origins(
    packages: pd.DataFrame, config: Config, side: str = "both", at_hand: frozenset[str] | None = None
) -> dict[tuple[int, str], list[str]]:
    """Ids of packages that something may be derived from, in the order in which they are drawn.

    By label and ecosystem; one of every malicious campaign, one version of every benign name. Of several the one that
    is on a side of ``temporal`` is taken, else the draw decides.

    Parameters
    ----------
    packages : DataFrame
        Of a feature table with strata columns.
    config : Config
        Date of the protocol, seed.
    side : str
        Of ``temporal``: ``train``, ``test`` or ``both``, which also holds what is on neither.
    at_hand : frozenset of str, optional
        Ids of the samples that can be read; default: all.
    """
    split = temporal(packages, config.temporal, config.seed)
    place = np.full(len(packages), "none", dtype="U5")
    place[split.train], place[split.test] = "train", "test"
    order = np.random.default_rng(config.seed).permutation(len(packages))
    order = order[np.argsort(place[order] == "none", kind="stable")]
    labels = packages["label"].to_numpy()
    fit = (
        packages["readable"].to_numpy(dtype=bool)
        & ~packages["probe"].to_numpy(dtype=bool)
        & (packages["size_bytes"].to_numpy() <= HOST_BYTES)
        & ((labels == 1) | (packages["file_count"].to_numpy() <= MOST_FILES))
    )
    if at_hand is not None:
        fit &= packages["id"].isin(list(at_hand)).to_numpy()
    if side != "both":
        fit &= place == side
    ids, ecosystems = packages["id"].tolist(), packages["ecosystem"].tolist()
    what = np.where(labels == 1, packages["campaign"].astype(str), packages["name"].astype(str)).tolist()
    chosen: dict[tuple[int, str], list[str]] = {}
    seen: set[tuple[int, str, str]] = set()
    for row in order[fit[order]].tolist():
        key = (int(labels[row]), ecosystems[row], what[row])
        if what[row] and key in seen:
            continue
        seen.add(key)
        chosen.setdefault(key[:2], []).append(ids[row])
    return chosen


def obfuscation_plan(
    packages: pd.DataFrame, config: Config, limit: int, side: str = "both", at_hand: frozenset[str] | None = None
) -> list[Wanted]:
    """At most ``limit`` obfuscated packages, every transform about equally often; sorted by origin.

    Origins are gone through again and again, each time with another transform, until the limit is reached.
    """
    plan: list[Wanted] = []
    for (label, ecosystem), ids in origins(packages, config, side, at_hand).items():
        share = int(limit * SHARES.get((label, ecosystem), 0.0))
        ways = [transform.name for transform in TRANSFORMS[LANGUAGES[ecosystem]]] if share else []
        plan += islice(_dealt(ids, ways), share)
    return sorted(plan)


def _dealt(ids: Sequence[str], ways: Sequence[str]) -> Iterator[Wanted]:
    """All pairs, so that the first so many hold every way about equally often and every id too."""
    # One further from where the ways would meet the same ids again.
    period = len(ways) // gcd(len(ways), len(ids)) if ways else 1
    for turn in range(len(ways)):
        for number, identity in enumerate(ids):
            yield Wanted(identity, ways[(turn * len(ids) + number + turn // period) % len(ways)])


def placebo_plan(
    packages: pd.DataFrame, config: Config, limit: int, side: str = "both", at_hand: frozenset[str] | None = None
) -> list[Wanted]:
    """Every way of deleting the payload, of at most ``limit / 2`` malicious packages; sorted by origin."""
    found = origins(packages, config, side, at_hand)
    ids: Sequence[str] = [i for (label, _), some in sorted(found.items()) if label for i in some]
    draw = np.random.default_rng(config.seed).permutation(len(ids))[: limit // len(WAYS)]
    return sorted(Wanted(ids[number], way) for number in draw.tolist() for way in WAYS)
