"""Injected releases and placebos under the splits of the evaluation protocol."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.benchmarks.placebo import collapse
from darnel.training.benchmarks.rows import joined, legal
from darnel.training.benchmarks.score import localisation, recall
from darnel.training.config import Config
from darnel.training.protocols import Say, splits_of
from darnel.training.splits import Split
from darnel.training.table import FeatureTable
from darnel.training.variants import JOINT, VariantModels

Scores = NDArray[np.float64]


def benchmark(
    table: FeatureTable,
    injected: FeatureTable,
    config: Config,
    say: Say,
    protocols: tuple[str, ...] = ("campaign", "temporal"),
    *,
    augment: bool = False,
    placebo: FeatureTable | None = None,
) -> dict[str, Any]:
    """Fit on the training sides of a protocol, score the injected releases that are legal on the test sides.

    Thresholds come from benign packages that the model did not know: the other folds' for ``campaign``, the
    out-of-fold scores of the training packages for ``temporal``; one for each ecosystem. Rates that an ecosystem has
    too few benign packages for are left out.

    Parameters
    ----------
    augment : bool
        Also train on the injected releases that are legal on the training side.
    placebo : FeatureTable, optional
        From :func:`darnel.training.benchmarks.placebo.placebo_table`; scored by the model that scores its original.

    Returns
    -------
    dict
        JSON-able; by protocol: ``recall`` and ``clean_hosts`` (false alarms on the paired originals) by ecosystem and
        FPR, ``localisation``, and ``placebo``.
    """
    return {protocol: _run(protocol, table, injected, config, say, augment, placebo) for protocol in protocols}


def _run(
    protocol: str,
    table: FeatureTable,
    injected: FeatureTable,
    config: Config,
    say: Say,
    augment: bool,
    placebo: FeatureTable | None,
) -> dict[str, Any]:
    splits = splits_of(protocol, table, config)
    plain, scores = np.full(len(table), np.nan), np.full(len(injected), np.nan)
    odds = np.full(len(injected.links), np.nan)
    fake = np.full(len(placebo), np.nan) if placebo is not None else np.zeros(0)
    for number, split in enumerate(splits, 1):
        rows = legal(injected, table.packages, split)
        train = table.subset(split.train)
        if augment:
            train = joined(train, injected.subset(rows.train))
        say(f"injection, {protocol}: model {number}, {len(train)} to fit, {len(rows.test)} injected to score")
        models = VariantModels(config).fit(train)
        plain[split.test] = models.scores(table.subset(split.test))
        if protocol == "temporal":
            plain[split.train] = models.fold_scores_[: len(split.train)]
        scores[rows.test] = models.scores(injected.subset(rows.test))
        _rank(models, injected, rows.test, odds)
        if placebo is not None:
            mine = _originals_in(placebo, table, split)
            fake[mine] = models.scores(placebo.subset(mine))
    judges = splits[0].train if protocol == "temporal" else np.flatnonzero(~np.isnan(plain))
    known = np.flatnonzero(~np.isnan(scores))
    result: dict[str, Any] = {"injected": len(known), "augmented": augment, "ecosystems": {}}
    for ecosystem in sorted(set(table.text("ecosystem").tolist())):
        benign = judges[(table.labels[judges] == 0) & (table.text("ecosystem")[judges] == ecosystem)]
        here = known[injected.text("ecosystem")[known] == ecosystem]
        entry: dict[str, Any] = {"thresholds": {}, "recall": {}, "clean_hosts": {}, "placebo": {}}
        for rate in metrics.RATES:
            if rate < metrics.smallest_quotable(len(benign)) or not len(here):
                continue
            limit = metrics.threshold_at(plain[benign], rate)
            key = f"{rate:g}"
            entry["thresholds"][key] = limit
            entry["recall"][key] = recall(injected.subset(here), scores[here] >= limit)
            entry["clean_hosts"][key] = _clean_hosts(table, injected, here, plain, limit)
            if placebo is not None:
                entry["placebo"][key] = _placebo(placebo, table, fake, plain, ecosystem, limit)
        if len(here):
            entry["localisation"] = localisation(injected.subset(here), odds[np.isin(injected.owners, here)])
        result["ecosystems"][ecosystem] = entry
    return result


def _rank(models: VariantModels, injected: FeatureTable, rows: NDArray[np.int64], odds: Scores) -> None:
    for name, model in models.models_.items():
        mine = rows if name == JOINT else rows[injected.text("ecosystem")[rows] == name]
        if len(mine):
            odds[np.isin(injected.owners, mine)] = model.link_odds(injected.subset(mine))


def _originals_in(placebo: FeatureTable, table: FeatureTable, split: Split) -> NDArray[np.int64]:
    there = set(table.packages["id"].iloc[split.test].tolist())
    return np.flatnonzero([original in there for original in placebo.packages["original"].tolist()])


def _clean_hosts(
    table: FeatureTable, injected: FeatureTable, rows: NDArray[np.int64], plain: Scores, limit: float
) -> dict[str, Any]:
    row_of = {identity: row for row, identity in enumerate(table.packages["id"].tolist())}
    hosts = sorted({row_of[host] for host in injected.packages["host_id"].iloc[rows].tolist()})
    alarms = int((plain[hosts] >= limit).sum())
    return {
        "hosts": len(hosts),
        "false_alarms": alarms,
        "fpr": alarms / len(hosts),
        "fpr_interval": list(metrics.rate_interval(alarms, len(hosts))),
    }


def _placebo(
    placebo: FeatureTable, table: FeatureTable, fake: Scores, plain: Scores, ecosystem: str, limit: float
) -> dict[str, Any]:
    row_of = {identity: row for row, identity in enumerate(table.packages["id"].tolist())}
    mine = np.flatnonzero(~np.isnan(fake) & (placebo.text("ecosystem") == ecosystem))
    originals = np.array([row_of[i] for i in placebo.packages["original"].iloc[mine].tolist()], dtype=np.int64)
    return collapse(plain[originals], fake[mine], limit)
