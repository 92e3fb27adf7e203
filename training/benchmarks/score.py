"""How well a model sees a compromised release, and whether it points at the right file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.benchmarks.rows import joined, legal
from darnel.training.config import Config
from darnel.training.protocols import Say, splits_of
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels

Scores = NDArray[np.float64]

SHARES = (0.0, 0.001, 0.01, 0.05, 0.2, 1.0)
"""Edges of payload shares of a release's bytes."""
FILES = (0, 12, 50, 300, 1_000_000)
"""Edges of file counts."""


def shares_of(caught: NDArray[np.bool_], campaigns: NDArray[np.str_]) -> dict[str, Any]:
    """Recall with each campaign weighing 1, its bootstrap interval, and by package."""
    if not len(caught):
        return {"packages": 0}
    return {
        "packages": len(caught),
        "campaigns": len(np.unique(campaigns)),
        "recall": float(np.average(caught, weights=metrics.by_campaign(campaigns))),
        "recall_interval": list(metrics.recall_interval(caught, campaigns)),
        "recall_packages": float(caught.mean()),
    }


def strata(injected: FeatureTable) -> dict[str, NDArray[np.bool_]]:
    """What is reported apart: ecosystem, splice, style, payload share, file count, payloads that only call home."""
    frame = injected.packages
    result = {"all": np.ones(len(frame), dtype=bool)}
    for column in ("ecosystem", "splice", "style"):
        values = injected.text(column)
        for value in sorted(set(values.tolist())):
            if column == "splice":
                for ecosystem in sorted(set(injected.text("ecosystem")[values == value].tolist())):
                    mask = (values == value) & (injected.text("ecosystem") == ecosystem)
                    result[f"{ecosystem} {value}"] = mask
            else:
                result[f"{column} {value}" if column == "style" else value] = values == value
    ping = frame["ping"].to_numpy(dtype=bool)
    result["not a ping"] = ~ping
    for column, edges, unit in (("payload_share", SHARES, "of the bytes"), ("file_count", FILES, "files")):
        numbers = frame[column].to_numpy(dtype=np.float64)
        for low, high in pairwise(edges):
            result[f"{low:g} to {high:g} {unit}"] = (numbers > low) & (numbers <= high)
    return {name: mask for name, mask in result.items() if mask.any()}


def recall(injected: FeatureTable, caught: NDArray[np.bool_]) -> dict[str, Any]:
    """Recall by stratum; ``caught`` bool (n,)."""
    campaigns = injected.text("campaign")
    return {name: shares_of(caught[mask], campaigns[mask]) for name, mask in strata(injected).items()}


def ranks(injected: FeatureTable, odds: Scores) -> NDArray[np.int64]:
    """Place of the best-ranked changed file among the files of its release, 1 the highest; ties count against it.

    Parameters
    ----------
    injected : FeatureTable
    odds : float64 (m,)
        Of every link, as :meth:`darnel.training.two_stage.TwoStageClassifier.link_odds` gives them.

    Returns
    -------
    int64 (n,)
        0 where no row of a changed file is in the table (a data file that no analyser reads).
    """
    frame = injected.packages
    hashes = injected.file_hashes[injected.links]
    result = np.zeros(len(frame), dtype=np.int64)
    for i, (first, others) in enumerate(zip(frame["truth_file"], frame["truth_others"], strict=True)):
        here = slice(int(injected.offsets[i]), int(injected.offsets[i + 1]))
        true = np.isin(hashes[here], [first, *str(others).split()])
        if true.any():
            result[i] = 1 + int((odds[here][~true] >= odds[here][true].max()).sum())
    return result


def localisation(injected: FeatureTable, odds: Scores) -> dict[str, Any]:
    """Share of releases whose changed file is ranked first, among the first three and five, by ecosystem and splice."""
    places, campaigns = ranks(injected, odds), injected.text("campaign")
    result: dict[str, Any] = {}
    for name, mask in strata(injected).items():
        result[name] = {
            f"top {most}": shares_of(((places > 0) & (places <= most))[mask], campaigns[mask]) for most in (1, 3, 5)
        }
    return result


def benchmark(
    table: FeatureTable,
    injected: FeatureTable,
    config: Config,
    say: Say,
    protocols: tuple[str, ...] = ("campaign", "temporal"),
    *,
    augment: bool = False,
) -> dict[str, Any]:
    """Fit on the training sides of a protocol, score the injected releases that are legal on the test sides.

    Thresholds come from benign packages that the model did not know: the other folds' for ``campaign``, the
    out-of-fold scores of the training packages for ``temporal``; one for each ecosystem.

    Parameters
    ----------
    augment : bool
        Also train on the injected releases that are legal on the training side.

    Returns
    -------
    dict
        JSON-able; by protocol: ``recall`` by FPR and stratum, ``clean_hosts`` (false alarms on the paired originals)
        and ``localisation``.
    """
    return {protocol: _run(protocol, table, injected, config, say, augment) for protocol in protocols}


def _run(
    protocol: str, table: FeatureTable, injected: FeatureTable, config: Config, say: Say, augment: bool
) -> dict[str, Any]:
    plain = np.full(len(table), np.nan)
    scores, odds = np.full(len(injected), np.nan), np.full(len(injected.links), np.nan)
    owners = injected.owners
    for number, split in enumerate(splits_of(protocol, table, config), 1):
        rows = legal(injected, table.packages, split)
        train = table.subset(split.train)
        if augment:
            train = joined(train, injected.subset(rows.train))
        say(f"injection, {protocol}: model {number}, {len(train)} to fit, {len(rows.test)} injected to score")
        models = VariantModels(config).fit(train)
        plain[split.test] = models.scores(table.subset(split.test))
        if protocol == "temporal":
            plain[split.train] = models.fold_scores_[: len(split.train)]
        if not len(rows.test):
            continue
        part = injected.subset(rows.test)
        scores[rows.test] = models.scores(part)
        for name, model in models.models_.items():
            mine = part if name == "all" else part.subset(part.text("ecosystem") == name)
            chosen = rows.test if name == "all" else rows.test[part.text("ecosystem") == name]
            odds[np.isin(owners, chosen)] = model.link_odds(mine)
    known = np.flatnonzero(~np.isnan(scores))
    part = injected.subset(known)
    own_odds = odds[np.isin(owners, known)]
    judges = splits_of(protocol, table, config)[0].train if protocol == "temporal" else np.flatnonzero(~np.isnan(plain))
    thresholds = _thresholds(table.subset(judges), plain[judges])
    result: dict[str, Any] = {"injected": len(known), "augmented": augment, "recall": {}, "clean_hosts": {}}
    row_of = {identity: row for row, identity in enumerate(table.packages["id"].tolist())}
    hosts = np.array(sorted({row_of[host] for host in part.packages["host_id"]}), dtype=np.int64)
    for rate, by_ecosystem in thresholds.items():
        limits = np.array([by_ecosystem.get(name, np.inf) for name in part.text("ecosystem").tolist()])
        entry = recall(part, scores[known] >= limits)
        result["recall"][f"{rate:g}"] = {"thresholds": dict(by_ecosystem), **entry}
        host_limits = np.array([by_ecosystem.get(n, np.inf) for n in table.text("ecosystem")[hosts].tolist()])
        alarms = int((plain[hosts] >= host_limits).sum())
        result["clean_hosts"][f"{rate:g}"] = {
            "hosts": len(hosts),
            "false_alarms": alarms,
            "fpr_interval": list(metrics.rate_interval(alarms, len(hosts))),
        }
    result["localisation"] = localisation(part, own_odds)
    return result


def _thresholds(table: FeatureTable, scores: Scores) -> Mapping[float, dict[str, float]]:
    ecosystems, benign = table.text("ecosystem"), table.labels == 0
    result: dict[float, dict[str, float]] = {}
    for rate in metrics.RATES:
        result[rate] = {}
        for name in sorted(set(ecosystems.tolist())):
            mine = scores[benign & (ecosystems == name)]
            if rate >= metrics.smallest_quotable(len(mine)):
                result[rate][name] = metrics.threshold_at(mine, rate)
    return {rate: found for rate, found in result.items() if found}
