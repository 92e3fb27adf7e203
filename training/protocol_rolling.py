"""Drift: train up to a month, test on what was collected afterwards; with a model that stays and one that is retrained.

Every model is tested on every later period, always on the campaigns that no training before that period held: the
curves differ by the age of the model alone. Only PyPI samples have dates, and these are of collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from darnel.errors import CorpusError
from darnel.training import metrics
from darnel.training.config import Config
from darnel.training.extra_protocols import fitted, fold_thresholds, without_probes
from darnel.training.protocols import Say
from darnel.training.splits import rolling
from darnel.training.table import FeatureTable
from darnel.training.weights import campaigns

ECOSYSTEM = "pypi"
LEAST = 20
"""Unseen campaigns that a period has at least; months are run together until it has."""


def run(table: FeatureTable, config: Config, say: Say, derived: FeatureTable | None = None) -> dict[str, Any]:
    """Fit one model a period, score all later periods with each.

    Returns
    -------
    dict
        ``periods`` (what is tested), ``models`` (by the month that training ended before; their points by period), and
        by FPR the ``frozen`` curve (of the first model) and the ``retrained`` one.
    """
    own = table.subset(np.flatnonzero(table.text("ecosystem") == ECOSYSTEM))
    steps = list(rolling(own.packages, config.seed, LEAST))
    if not steps:
        raise CorpusError("rolling: the table has no malicious PyPI packages of two months; it needs dates")
    groups = campaigns(own)
    names = ["" if first == last else f" to {last}" for (first, last), _ in steps]
    names = [first + rest for ((first, _), _), rest in zip(steps, names, strict=True)]
    periods = []
    for name, (_, split) in zip(names, steps, strict=True):
        rows = without_probes(own, split.test)
        bad = own.labels[rows] == 1
        count = len(np.unique(groups[rows][bad]))
        periods.append({"period": name, "malicious": int(bad.sum()), "campaigns": count, "benign": int((~bad).sum())})
    models: list[dict[str, Any]] = []
    for number, ((first, _), split) in enumerate(steps):
        train = own.subset(split.train)
        say(f"rolling: model {number + 1} of {len(steps)}, {len(train)} packages from before {first}")
        models_of = fitted(config, own, split, derived)
        limits = fold_thresholds(train, models_of.fold_scores_)
        points: dict[str, Any] = {}
        for name, (_, later) in list(zip(names, steps, strict=True))[number:]:
            rows = without_probes(own, later.test)
            scores = models_of.scores(own.subset(rows))
            points[name] = {
                f"{rate:g}": metrics.at_threshold(scores, own.labels[rows], groups[rows], limit)
                for rate, limit in limits.items()
            }
        bad = train.labels == 1
        seen = len(np.unique(campaigns(train)[bad]))
        models.append({"before": first, "malicious": int(bad.sum()), "campaigns": seen, "points": points})
    rates = list(models[0]["points"][names[0]])
    curves = {
        rate: {
            "frozen": [models[0]["points"][name][rate] for name in names],
            "retrained": [model["points"][name].get(rate, {}) for model, name in zip(models, names, strict=True)],
        }
        for rate in rates
    }
    return {"ecosystem": ECOSYSTEM, "periods": periods, "models": models, "curves": curves}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Both curves as a table, and the mean loss by the age of the model."""
    first = result["models"][0]
    text = [
        f"PyPI. *Frozen*: trained on what was collected before {first['before']} ({first['campaigns']} campaigns). "
        "*Retrained*: on everything collected before the period. Both are tested on the same campaigns, which neither "
        "has seen; thresholds from out-of-fold scores of the training part.",
        "",
        "| period | malicious (campaigns) | FPR | frozen: recall (95 %) | measured FPR | retrained: recall (95 %) "
        "| measured FPR |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rate, curves in result["curves"].items():
        for period, frozen, retrained in zip(result["periods"], curves["frozen"], curves["retrained"], strict=True):
            cells = [_cell(frozen), _fpr(frozen), _cell(retrained), _fpr(retrained)]
            count = f"{period['malicious']} ({period['campaigns']})"
            text.append(f"| {period['period']} | {count} | {100 * float(rate):.3g} % | {' | '.join(cells)} |")
    return text


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Both curves at the loosest FPR."""
    from darnel.training.plots import lines_with_intervals

    rate, curves = next(iter(result["curves"].items()))
    labels = [f"{period['period']}\n{period['campaigns']} campaigns" for period in result["periods"]]
    series = {
        name: [(point.get("recall"), *(point.get("recall_interval") or (None, None))) for point in points]
        for name, points in curves.items()
    }
    title = f"recall of unseen campaigns at {100 * float(rate):g} % FPR, PyPI"
    lines_with_intervals(labels, series, "recall, campaigns weigh the same", title, path)


def _cell(point: Mapping[str, Any]) -> str:
    if point.get("recall") is None:
        return "-"
    low, high = point["recall_interval"]
    return f"{100 * point['recall']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _fpr(point: Mapping[str, Any]) -> str:
    return "-" if point.get("fpr") is None else f"{100 * point['fpr']:.2f} %"
