"""Run the evaluation protocol and boil it down to one JSON-able result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.baselines import scorers
from darnel.training.calibrate import fit_calibration
from darnel.training.config import Config
from darnel.training.errors_found import errors_of
from darnel.training.inflation import ON_RANDOM
from darnel.training.protocols import Say, Scored, run_baseline, run_model
from darnel.training.shortcut_audit import shortcut_audit
from darnel.training.table import FeatureTable
from darnel.training.weights import campaigns

Scores = NDArray[np.float64]

BEHAVIOURS: Mapping[str, tuple[str, ...]] = {
    "steals secrets": ("chain.secret_send.", "chain.secret_fetch.", "chain.environment_send."),
    "reports identity": ("chain.identity_send.",),
    "downloads and runs": (
        "chain.fetch_code.",
        "chain.fetch_spawn.",
        "chain.fetch_write_spawn.",
        "chain.fetch_mark_spawn.",
    ),
    "runs decoded code": ("chain.decode_code.", "chain.decode_spawn.", "chain.decode_load."),
    "persists": ("cat.persist.",),
    "destroys": ("cat.destroy.",),
    "spreads": ("cat.spread.",),
}
"""Behaviour class → prefixes of file columns; a package belongs to every class of which a file shows a column."""


def populations(table: FeatureTable) -> dict[str, NDArray[np.bool_]]:
    """Sets of packages that are reported apart: each ecosystem, and npm without packages that only call home.

    Probes belong to none: they are no packages, or were chosen for what they do.
    """
    ecosystem = table.text("ecosystem")
    ping = table.packages["ping"].to_numpy(dtype=bool)
    whole = ~table.packages["probe"].to_numpy(dtype=bool)
    result = {name: (ecosystem == name) & whole for name in sorted(set(ecosystem.tolist()))}
    if (ping & (table.labels == 1)).any():
        result |= {f"{name} without pings": mask & ~ping for name, mask in result.items() if (mask & ping).any()}
    return result


def evaluate(
    table: FeatureTable,
    config: Config,
    say: Say,
    protocols: tuple[str, ...] = ("random", "campaign", "temporal"),
    *,
    baselines: Collection[str] = ("campaign", "temporal"),
    derived: FeatureTable | None = None,
) -> tuple[dict[str, Any], dict[str, Scored]]:
    """Run protocols, the shortcut audit on honest ones, and beside those of ``baselines`` the baselines.

    The model also trains on ``derived``, variants of the training packages; the baselines do not.

    Returns
    -------
    result : dict
        JSON-able; ``protocols`` holds for each one and each population what :func:`darnel.training.metrics.summary`
        returns, for the model and for every baseline, and what is said by stratum and behaviour.
    scored : dict of str to Scored
        The scores behind it, by ``protocol`` and ``protocol/baseline``.
    """
    scored: dict[str, Scored] = {}
    result: dict[str, Any] = {"data": describe(table), "config": plain_config(config), "protocols": {}}
    for protocol in protocols:
        run = scored[protocol] = run_model(protocol, table, config, say, derived)
        entry: dict[str, Any] = {"model": judge(table, config, run)}
        if protocol in baselines:
            entry["baselines"] = {}
            for name, other in _baselines(protocol, table, config, say).items():
                scored[f"{protocol}/{name}"] = other
                entry["baselines"][name] = _plain(table, config, other)
        if protocol != "random":
            if f"{protocol}/shortcut" not in scored:
                scored[f"{protocol}/shortcut"] = run_baseline(protocol, table, config, scorers(config)["shortcut"])
            sets, other = populations(table.subset(run.rows)), scored[f"{protocol}/shortcut"]
            entry["shortcut_audit"] = shortcut_audit(table, config, run.rows, run.scores, other.scores, sets)
            entry["errors"] = errors_of(table, run, entry["model"])
        result["protocols"][protocol] = entry
    return result, scored


def judge(table: FeatureTable, config: Config, run: Scored) -> dict[str, Any]:
    """Metrics of the model by population: overall, by stratum of benign packages, by behaviour, and calibration."""
    part = table.subset(run.rows)
    labels, groups = part.labels, campaigns(part)
    result: dict[str, Any] = {}
    for name, mask in populations(part).items():
        fixed = None
        if len(run.train_rows):
            earlier = table.subset(run.train_rows)
            benign = run.train_scores[
                (earlier.labels == 0) & populations(earlier).get(name, np.zeros(len(earlier), bool))
            ]
            rates = [rate for rate in metrics.RATES if rate >= metrics.smallest_quotable(len(benign))]
            fixed = {rate: metrics.threshold_at(benign, rate) for rate in rates}
        entry = metrics.summary(run.scores[mask], labels[mask], groups[mask], config.base_rate, fixed)
        for points in (entry.get("own_threshold", {}), entry.get("fold_threshold", {})):
            for point in points.values():
                point["fpr_families"] = _family_rate(part, run.scores, mask, point["threshold"])
        if "own_threshold" in entry:
            _calibration(entry, table, config, run, mask, name)
            points = entry.get("fold_threshold") or entry["own_threshold"]
            if points:
                threshold = next(iter(points.values()))["threshold"]
                probes = part.packages["probe"].to_numpy(dtype=bool) & (part.text("ecosystem") == name)
                entry["strata"] = _by_stratum(part, run.scores, mask | probes, threshold)
                entry["behaviours"] = _by_behaviour(part, run.scores, groups, mask, threshold)
        result[name] = entry
    return result


def describe(table: FeatureTable) -> dict[str, Any]:
    """Counts of what is in a table."""
    groups = campaigns(table)
    result: dict[str, Any] = {
        "packages": len(table),
        "distinct_files": len(table.file_rows),
        "links": len(table.links),
        "schema": table.schema_version,
        "unreadable": int((~table.packages["readable"].to_numpy(dtype=bool)).sum()),
    }
    for name, mask in populations(table).items():
        bad = mask & (table.labels == 1)
        result[name] = {
            "malicious": int(bad.sum()),
            "campaigns": len(np.unique(groups[bad])),
            "benign": int((mask & ~bad).sum()),
        }
    return result


def plain_config(config: Config) -> dict[str, Any]:
    """The configuration, JSON-able."""
    return {key: dict(value) if isinstance(value, Mapping) else value for key, value in asdict(config).items()}


def _baselines(protocol: str, table: FeatureTable, config: Config, say: Say) -> dict[str, Scored]:
    """Scores of the baselines of a protocol, fitted side by side."""
    from joblib import Parallel, delayed

    chosen = {name: s for name, s in scorers(config).items() if protocol != "random" or name in ON_RANDOM}
    say(f"{protocol}: baselines {', '.join(chosen)}")
    runs = Parallel(n_jobs=config.jobs, prefer="threads")(
        delayed(run_baseline)(protocol, table, config, scorer) for scorer in chosen.values()
    )
    return dict(zip(chosen, runs, strict=True))


def _plain(table: FeatureTable, config: Config, run: Scored) -> dict[str, Any]:
    part = table.subset(run.rows)
    groups = campaigns(part)
    return {
        name: metrics.summary(run.scores[mask], part.labels[mask], groups[mask], config.base_rate)
        for name, mask in populations(part).items()
    }


def _calibration(
    entry: dict[str, Any], table: FeatureTable, config: Config, run: Scored, mask: NDArray[np.bool_], name: str
) -> None:
    """Calibration error: of ``temporal`` with the map of the training folds, else cross-fitted over two halves."""
    part = table.subset(run.rows)
    scores, labels, groups = run.scores[mask], part.labels[mask], campaigns(part)[mask]
    probabilities = {rate: np.zeros(len(scores)) for rate in (config.base_rate, 0.5)}
    if len(run.train_rows):
        earlier = table.subset(run.train_rows)
        fit = populations(earlier).get(name, np.zeros(len(earlier), dtype=bool))
        if len(np.unique(earlier.labels[fit])) < 2:
            return
        fitted = fit_calibration(run.train_scores[fit], earlier.labels[fit], campaigns(earlier)[fit])
        for rate, values in probabilities.items():
            values[:] = fitted.probability(scores, rate)
    else:
        # Halves by campaign and project: the hash of the group decides.
        half = np.array([sum(group.encode()) % 2 for group in groups.tolist()])
        for side in (0, 1):
            fit = half != side
            if len(np.unique(labels[fit])) < 2:
                return
            fitted = fit_calibration(scores[fit], labels[fit], groups[fit])
            for rate, values in probabilities.items():
                values[half == side] = fitted.probability(scores[half == side], rate)
    for rate, key in ((config.base_rate, "calibration_error"), (0.5, "calibration_error_equal_classes")):
        entry[key] = metrics.calibration_error(probabilities[rate], labels, groups, rate)


def _family_rate(part: FeatureTable, scores: Scores, mask: NDArray[np.bool_], threshold: float) -> float | None:
    benign = mask & (part.labels == 0)
    families = np.where(part.text("family") != "", part.text("family"), part.text("name"))[benign]
    return metrics.grouped_rate(scores[benign] >= threshold, families)


def _by_stratum(
    part: FeatureTable, scores: Scores, mask: NDArray[np.bool_], threshold: float
) -> dict[str, dict[str, Any]]:
    """FPR of benign packages by stratum at one threshold."""
    benign = mask & (part.labels == 0)
    frame = part.packages
    probes = frame["probe"].to_numpy(dtype=bool)
    strata: dict[str, NDArray[np.bool_]] = {
        f"form {kind}": part.text("form") == kind for kind in set(part.text("form"))
    }
    for name in frame.columns:
        if frame[name].dtype == bool and name not in ("ping", "readable", "probe"):
            values = frame[name].to_numpy(dtype=bool)
            strata |= {name: values, f"not {name}": ~values}
    if "file_count" in frame.columns:
        few = frame["file_count"].to_numpy() <= 12
        strata |= {"at most 12 files": few, "more than 12 files": ~few}
        strata["form sdist, at most 12 files"] = few & (part.text("form") == "sdist")
    strata = {name: chosen & ~probes for name, chosen in strata.items()}
    sources = part.text("source")
    strata |= {f"not counted above: {source}": probes & (sources == source) for source in set(sources[probes].tolist())}
    result = {}
    for name in sorted(strata):
        chosen = benign & strata[name]
        total, alarms = int(chosen.sum()), int((scores[chosen] >= threshold).sum())
        if total:
            low, high = metrics.rate_interval(alarms, total)
            result[name] = {"benign": total, "false_alarms": alarms, "fpr": alarms / total, "fpr_interval": [low, high]}
    return result


def _by_behaviour(
    part: FeatureTable, scores: Scores, groups: NDArray[np.str_], mask: NDArray[np.bool_], threshold: float
) -> dict[str, dict[str, Any]]:
    """Campaign-weighted recall by behaviour class at one threshold."""
    malicious = mask & (part.labels == 1)
    result: dict[str, dict[str, Any]] = {}
    anything = np.zeros(len(part), dtype=bool)
    classes: dict[str, NDArray[np.bool_]] = {}
    for name, prefixes in BEHAVIOURS.items():
        columns = [i for i, column in enumerate(part.file_columns) if column.startswith(prefixes)]
        shows = np.asarray((part.file_rows[:, columns] > 0).any(axis=1))
        classes[name] = np.bincount(part.owners, weights=shows[part.links], minlength=len(part)) > 0
        anything |= classes[name]
    classes["none of these"] = ~anything
    for name, shown in classes.items():
        chosen = malicious & shown
        if chosen.any():
            caught = scores[chosen] >= threshold
            weights = metrics.by_campaign(groups[chosen])
            result[name] = {
                "packages": int(chosen.sum()),
                "campaigns": len(np.unique(groups[chosen])),
                "recall": float(np.average(caught, weights=weights)),
                "recall_interval": list(metrics.recall_interval(caught, groups[chosen])),
            }
    return result
