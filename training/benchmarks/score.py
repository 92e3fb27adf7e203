"""How well a model sees a compromised release, and whether it points at the right file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.config import Config
from darnel.training.derived import joined, legal
from darnel.training.pairs import previous_rows
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
    derived: FeatureTable | None = None,
) -> dict[str, Any]:
    """Fit on the training sides of a protocol, score the injected releases that are legal on the test sides.

    Thresholds come from benign packages that the model did not know: the other folds' for ``campaign``, the
    out-of-fold scores of the training packages for ``temporal``; one for each ecosystem.

    Parameters
    ----------
    table, injected : FeatureTable
        Over one array of file rows.
    derived : FeatureTable, optional
        Variants to train on as well, as far as they are legal on the training side.

    Returns
    -------
    dict
        JSON-able; by protocol: ``recall`` by FPR and stratum, of the artefact alone and ``with_previous`` release,
        ``compared_when_doubtful`` (with the previous release only where the score alone reaches the triage point),
        ``clean_hosts`` (false alarms on the paired originals), ``clean_updates`` (on benign releases scored with their
        previous one) and ``localisation``.
    """
    return {protocol: _run(protocol, table, injected, config, say, derived) for protocol in protocols}


def _run(
    protocol: str,
    table: FeatureTable,
    injected: FeatureTable,
    config: Config,
    say: Say,
    derived: FeatureTable | None,
) -> dict[str, Any]:
    plain, updates = np.full(len(table), np.nan), np.full(len(table), np.nan)
    scores, odds = np.full(len(injected), np.nan), np.full(len(injected.links), np.nan)
    paired = np.full(len(injected), np.nan)
    owners = injected.owners
    for number, split in enumerate(splits_of(protocol, table, config), 1):
        rows = legal(injected, table.packages, split)
        more = derived.subset(legal(derived, table.packages, split).train) if derived is not None else None
        count = len(split.train) + (len(more) if more is not None else 0)
        say(f"injection, {protocol}: model {number}, {count} to fit, {len(rows.test)} injected to score")
        models = VariantModels(config).fit(table.subset(split.train), more)
        test = table.subset(split.test)
        plain[split.test] = models.scores(test)
        if protocol == "temporal":
            plain[split.train] = models.fold_scores_
        whole = joined(test, injected.subset(rows.test))
        before = previous_rows(whole.packages)
        with_previous = np.where(before >= 0, models.scores(whole, before), np.nan)
        updates[split.test] = with_previous[: len(test)]
        if not len(rows.test):
            continue
        part = injected.subset(rows.test)
        scores[rows.test] = models.scores(part)
        paired[rows.test] = with_previous[len(test) :]
        for name, model in models.models_.items():
            mine = part if name == "all" else part.subset(part.text("ecosystem") == name)
            chosen = rows.test if name == "all" else rows.test[part.text("ecosystem") == name]
            odds[np.isin(owners, chosen)] = model.link_odds(mine)
    known = np.flatnonzero(~np.isnan(scores))
    part = injected.subset(known)
    own_odds = odds[np.isin(owners, known)]
    judges = splits_of(protocol, table, config)[0].train if protocol == "temporal" else np.flatnonzero(~np.isnan(plain))
    thresholds = thresholds_of(table.subset(judges), plain[judges])
    triage = thresholds_of(table.subset(judges), plain[judges], (config.operating_points["triage"],))
    doubtful = next(iter(triage.values()), {})
    result: dict[str, Any] = {
        "injected": len(known),
        "augmented": derived is not None,
        "recall": {},
        "with_previous": {},
        "compared_when_doubtful": {},
        "clean_hosts": {},
        "clean_updates": {},
    }
    row_of = {identity: row for row, identity in enumerate(table.packages["id"].tolist())}
    hosts = np.array(sorted({row_of[host] for host in part.packages["host_id"]}), dtype=np.int64)
    updated = np.flatnonzero(~np.isnan(updates) & (table.labels == 0))
    for rate, by_ecosystem in thresholds.items():

        def limits(names: NDArray[np.str_], found: Mapping[str, float] = by_ecosystem) -> Scores:
            return np.array([found.get(name, np.inf) for name in names.tolist()])

        own = limits(part.text("ecosystem"))
        key = f"{rate:g}"
        result["recall"][key] = {"thresholds": dict(by_ecosystem), **recall(part, scores[known] >= own)}
        both = ~np.isnan(paired[known])
        alone, compared = scores[known][both], paired[known][both]
        result["with_previous"][key] = recall(part.subset(both), compared >= own[both])
        told = when_doubtful(alone, compared, limits(part.text("ecosystem")[both], doubtful))
        result["compared_when_doubtful"][key] = recall(part.subset(both), told >= own[both])
        for name, rows_of, values in (("clean_hosts", hosts, plain), ("clean_updates", updated, updates)):
            ecosystems = table.text("ecosystem")[rows_of]
            flagged = values[rows_of] >= limits(ecosystems)
            result[name][key] = {
                kind: _alarms(flagged[chosen])
                for kind, chosen in (
                    ("all", np.ones(len(rows_of), dtype=bool)),
                    *((kind, ecosystems == kind) for kind in sorted(set(ecosystems.tolist()))),
                )
            }
    result["localisation"] = localisation(part, own_odds)
    return result


def when_doubtful(alone: Scores, compared: Scores, triage: Scores) -> Scores:
    """Scores of an audit that compares with the previous release only what reaches the triage point alone."""
    return np.where(alone >= triage, compared, alone)


def _alarms(flagged: NDArray[np.bool_]) -> dict[str, Any]:
    count, total = int(flagged.sum()), len(flagged)
    return {"releases": total, "false_alarms": count, "fpr_interval": list(metrics.rate_interval(count, total))}


def thresholds_of(
    table: FeatureTable, scores: Scores, rates: Sequence[float] = metrics.RATES
) -> Mapping[float, dict[str, float]]:
    """FPR → ecosystem → threshold on the scores of benign packages, probes apart, as far as their number can tell."""
    ecosystems = table.text("ecosystem")
    benign = (table.labels == 0) & ~table.packages["probe"].to_numpy(dtype=bool)
    result: dict[float, dict[str, float]] = {}
    for rate in rates:
        result[rate] = {}
        for name in sorted(set(ecosystems.tolist())):
            mine = scores[benign & (ecosystems == name)]
            if rate >= metrics.smallest_quotable(len(mine)):
                result[rate][name] = metrics.threshold_at(mine, rate)
    return {rate: found for rate, found in result.items() if found}
