"""What obfuscation costs a model on either side, and whether it lets go of packages whose payload is gone.

Every derived package is compared with its own origin, scored by the same model, at thresholds fixed on benign packages
that this model did not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.benchmarks.score import thresholds_of
from darnel.training.config import Config
from darnel.training.derived import legal
from darnel.training.protocols import Say, splits_of
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]

LOSS_TARGET, ALARM_TARGET = 0.15, 3.0
"""Largest relative loss of recall under a single transform, and largest ratio of false-alarm rates."""
FEWEST = 20
"""Originals that have to be caught before a loss is called a loss."""


class Run(NamedTuple):
    """Scores of origins and derived packages by models that knew neither."""

    plain: Scores
    """Of the corpus (n,), NaN where no model scored."""
    derived: Scores
    """Of the derived packages (k,), NaN where they were legal on no test side."""
    origin: NDArray[np.int64]
    """Row of every derived package's origin (k,)."""
    judges: NDArray[np.int64]
    """Rows of the packages from whose scores thresholds come."""


def fit_and_score(
    table: FeatureTable,
    derived: FeatureTable,
    config: Config,
    say: Say,
    protocol: str,
    variants: FeatureTable | None = None,
) -> Run:
    """Fit on the training side of every split of a protocol, score its test side and what was derived from it.

    Parameters
    ----------
    variants : FeatureTable, optional
        Variants of which those legal on the training side are trained on.
    """
    plain, scores = np.full(len(table), np.nan), np.full(len(derived), np.nan)
    splits = splits_of(protocol, table, config)
    for number, split in enumerate(splits, 1):
        rows = legal(derived, table.packages, split)
        more = variants.subset(legal(variants, table.packages, split).train) if variants is not None else None
        count = len(split.train) + (len(more) if more is not None else 0)
        say(f"{protocol}: model {number} of {len(splits)}, {count} to fit, {len(rows.test)} derived to score")
        models = VariantModels(config).fit(table.subset(split.train), more)
        plain[split.test] = models.scores(table.subset(split.test))
        scores[rows.test] = models.scores(derived.subset(rows.test))
        if protocol == "temporal":
            # Training packages are no origins of anything scored, so theirs only serve for thresholds.
            plain[split.train] = models.fold_scores_
    row_of = {identity: row for row, identity in enumerate(table.packages["id"].tolist())}
    origin = np.array([row_of[name] for name in derived.packages["host_id"].tolist()], dtype=np.int64)
    judges = splits[0].train if protocol == "temporal" else np.flatnonzero(~np.isnan(plain))
    return Run(plain, scores, origin, judges)


def obfuscation(
    table: FeatureTable,
    derived: FeatureTable,
    config: Config,
    say: Say,
    protocol: str = "temporal",
    variants: FeatureTable | None = None,
) -> dict[str, Any]:
    """Recall and false alarms under every transform, beside those of the same packages as they were.

    Parameters
    ----------
    variants : FeatureTable, optional
        Variants to train on as well, as far as they are legal on the training side.

    Returns
    -------
    dict
        JSON-able; ``rates`` holds by FPR and ecosystem: ``transforms``, by name (``all``, ``alone`` and ``stacked``
        too) ``malicious`` and ``benign``; and ``worst``, the single transform with the largest relative loss.
    """
    run = fit_and_score(table, derived, config, say, protocol, variants)
    result = _about("obfuscation", protocol, run, variants)
    names = derived.text("transform")
    for rate, ecosystem, threshold, mine in _points(table, derived, run):
        by_name: dict[str, Any] = {}
        for name, chosen in _families(names).items():
            if not (mine & chosen).any():
                continue
            entry: dict[str, Any] = {}
            for label, key in ((1, "malicious"), (0, "benign")):
                rows = np.flatnonzero(mine & chosen & (derived.labels == label))
                before, after = run.plain[run.origin[rows]] >= threshold, run.derived[rows] >= threshold
                if len(rows):
                    entry[key] = _caught(before, after, derived.text("campaign")[rows]) if label else None
                    if not label:
                        entry[key] = _alarms(before, after, _plain_rate(table, run, ecosystem, threshold))
            by_name[name] = entry
        alone = {
            name: entry["malicious"]["loss"]
            for name, entry in by_name.items()
            if name not in _TOGETHER and "+" not in name and "malicious" in entry
            if entry["malicious"]["caught_before"] >= FEWEST
        }
        worst = max(alone, key=lambda name: alone[name]) if alone else ""
        place = result["rates"].setdefault(f"{rate:g}", {})
        place[ecosystem] = {"threshold": threshold, "transforms": by_name}
        if worst:
            place[ecosystem]["worst"] = {"transform": worst, "loss": alone[worst], "met": alone[worst] <= LOSS_TARGET}
    return result


def placebo(
    table: FeatureTable,
    derived: FeatureTable,
    config: Config,
    say: Say,
    protocol: str = "temporal",
    variants: FeatureTable | None = None,
) -> dict[str, Any]:
    """How many malicious packages are called clean once their payload is gone, and what becomes of their scores.

    Returns
    -------
    dict
        JSON-able; ``rates`` by FPR, ecosystem and way: ``packages``, ``campaigns``, ``caught_before``,
        ``turned_clean`` (share of those caught, each campaign weighing 1) with its interval, and
        ``mean_score_before`` and ``mean_score_after`` over all.
    """
    run = fit_and_score(table, derived, config, say, protocol, variants)
    result = _about("placebo", protocol, run, variants)
    ways = derived.text("transform")
    for rate, ecosystem, threshold, mine in _points(table, derived, run):
        place = result["rates"].setdefault(f"{rate:g}", {}).setdefault(ecosystem, {})
        for way in sorted(set(ways[mine].tolist())):
            rows = np.flatnonzero(mine & (ways == way))
            campaigns = derived.text("campaign")[rows]
            before, after = run.plain[run.origin[rows]], run.derived[rows]
            caught = before >= threshold
            clean = (after < threshold)[caught]
            weights = metrics.by_campaign(campaigns)
            place[way] = {
                "packages": len(rows),
                "campaigns": len(np.unique(campaigns)),
                "caught_before": int(caught.sum()),
                "mean_score_before": float(np.average(before, weights=weights)),
                "mean_score_after": float(np.average(after, weights=weights)),
            }
            if len(clean):
                own = campaigns[caught]
                place[way]["turned_clean"] = float(np.average(clean, weights=metrics.by_campaign(own)))
                place[way]["turned_clean_interval"] = list(metrics.recall_interval(clean, own))
    return result


def _about(benchmark: str, protocol: str, run: Run, variants: FeatureTable | None) -> dict[str, Any]:
    kinds = sorted(set(variants.text("variant").tolist())) if variants is not None else []
    derived = int((~np.isnan(run.derived)).sum())
    return {"benchmark": benchmark, "protocol": protocol, "trained_on": kinds, "derived": derived, "rates": {}}


_TOGETHER = ("all", "alone", "stacked")


def _families(names: NDArray[np.str_]) -> dict[str, Flags]:
    stacked = np.char.find(names, "+") >= 0
    masks = {"all": np.ones(len(names), dtype=bool), "alone": ~stacked, "stacked": stacked}
    return masks | {name: names == name for name in sorted(set(names.tolist()), key=lambda n: ("+" in n, n))}


def _points(table: FeatureTable, derived: FeatureTable, run: Run) -> Iterator[tuple[float, str, float, Flags]]:
    """FPR, ecosystem, threshold, and which derived packages of the ecosystem were scored together with their origin."""
    known = ~np.isnan(run.derived) & ~np.isnan(run.plain[run.origin])
    found: Mapping[float, dict[str, float]] = thresholds_of(table.subset(run.judges), run.plain[run.judges])
    for rate, by_ecosystem in found.items():
        for ecosystem, threshold in by_ecosystem.items():
            mine = known & (derived.text("ecosystem") == ecosystem)
            if mine.any():
                yield rate, ecosystem, threshold, mine


def _plain_rate(table: FeatureTable, run: Run, ecosystem: str, threshold: float) -> float:
    """False-alarm rate over all benign packages on the test sides that something was derived from."""
    benign = (table.labels == 0) & (table.text("ecosystem") == ecosystem) & ~np.isnan(run.plain)
    benign &= ~table.packages["probe"].to_numpy(dtype=bool)
    tested = np.zeros(len(table), dtype=bool)
    tested[run.origin[~np.isnan(run.derived)]] = True
    benign &= tested
    return float((run.plain[benign] >= threshold).mean()) if benign.any() else 0.0


def _caught(before: Flags, after: Flags, campaigns: NDArray[np.str_]) -> dict[str, Any]:
    weights = metrics.by_campaign(campaigns)
    first, second = float(np.average(before, weights=weights)), float(np.average(after, weights=weights))
    return {
        "packages": len(before),
        "campaigns": len(np.unique(campaigns)),
        "caught_before": int(before.sum()),
        "recall_before": first,
        "recall": second,
        "recall_interval": list(metrics.recall_interval(after, campaigns)),
        "loss": 1 - second / first if first else 0.0,
        "loss_interval": list(_loss_interval(before, after, campaigns)),
    }


def _loss_interval(before: Flags, after: Flags, campaigns: NDArray[np.str_], seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the relative loss of recall; whole campaigns are drawn."""
    _, inverse, counts = np.unique(campaigns, return_inverse=True, return_counts=True)
    first, second = (np.bincount(inverse, weights=flags) / counts for flags in (before, after))
    draws = np.random.default_rng(seed).integers(0, len(counts), size=(metrics.RESAMPLES, len(counts)))
    base = first[draws].sum(axis=1)
    losses = 1 - np.divide(second[draws].sum(axis=1), base, out=np.ones(len(base)), where=base > 0)
    low, high = np.quantile(losses, [0.025, 0.975])
    return float(low), float(high)


def _alarms(before: Flags, after: Flags, plain_rate: float) -> dict[str, Any]:
    hits, total = int(after.sum()), len(after)
    return {
        "packages": total,
        "alarms_before": int(before.sum()),
        "alarms": hits,
        "fpr": hits / total,
        "fpr_interval": list(metrics.rate_interval(hits, total)),
        "fpr_of_origins": plain_rate,
        "ratio": hits / total / plain_rate if plain_rate else None,
    }
