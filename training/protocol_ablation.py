"""What each group of features is worth: the temporal split, without one group at a time.

Models are fitted with :func:`darnel.training.extra_protocols.cheaper` parameters, the full one too. Groups overlap in
what they know, so a group without which nothing is lost may still carry much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from darnel.training import metrics
from darnel.training.config import Config
from darnel.training.evaluate import populations
from darnel.training.extra_protocols import cheaper, fitted, fold_thresholds
from darnel.training.protocols import Say
from darnel.training.splits import temporal
from darnel.training.table import FeatureTable
from darnel.training.weights import campaigns

GROUPS: Mapping[str, tuple[str, ...]] = {
    "behaviours": ("beh", "cat", "obs"),
    "chains of behaviours": ("chain", "local"),
    "API vocabulary": ("api",),
    "text and strings": ("text", "str", "ident"),
    "syntax": ("syntax",),
    "hosts, URLs, paths": ("ind",),
    "hidden text": ("hid", "uni"),
    "binaries and content": ("bin", "content"),
    "part of the file": ("file",),
    "metadata": ("meta",),
    "names": ("name",),
    "composition": ("comp",),
    "container": ("anomaly", "trigger"),
    "known files of popular packages": ("copy", "known"),
    "everything about files": ("pool",),
}
"""Group → first parts of the column names. Prefixes of the table that stand in no group are groups of their own."""
FULL, UNMASKED = "nothing", "nothing, masked columns given back"


def groups_of(table: FeatureTable, config: Config) -> dict[str, tuple[str, ...]]:
    """Groups that have columns in ``table``, with patterns of all their columns, pooled ones too."""
    columns = (*table.package_columns, *table.file_columns)
    masked = set(config.masks(columns))
    present = {name.partition(".")[0] for name in columns if name not in masked} | {"pool"}
    known = {prefix for prefixes in GROUPS.values() for prefix in prefixes}
    every = {**GROUPS, **{prefix: (prefix,) for prefix in sorted(present - known)}}
    return {
        name: tuple(
            pattern
            for prefix in prefixes
            if prefix in present
            for pattern in (f"{prefix}.*", f"pool.first.{prefix}.*", f"pool.three.{prefix}.*")
        )
        for name, prefixes in every.items()
        if present & set(prefixes)
    }


def run(table: FeatureTable, config: Config, say: Say, derived: FeatureTable | None = None) -> dict[str, Any]:
    """Fit one model a group.

    Returns
    -------
    dict
        ``without``: group (or ``nothing``) → population → :func:`darnel.training.metrics.summary`.
    """
    split = temporal(table.packages, config.temporal, config.seed)
    train, test = table.subset(split.train), table.subset(split.test)
    labels, groups = test.labels, campaigns(test)
    base = cheaper(config)
    variants = {FULL: base} | {
        name: replace(base, masked=(*config.masked, *patterns)) for name, patterns in groups_of(table, config).items()
    }
    variants[UNMASKED] = replace(base, masked=())
    result: dict[str, Any] = {}
    for number, (name, changed) in enumerate(variants.items(), 1):
        say(f"ablation: model {number} of {len(variants)}, without {name}")
        models = fitted(changed, table, split, derived)
        scores, folds = models.scores(test), models.fold_scores_
        result[name] = {}
        for population, mask in populations(test).items():
            mine = populations(train).get(population, np.zeros(len(train), dtype=bool))
            limits = fold_thresholds(train.subset(mine), folds[mine])
            result[name][population] = metrics.summary(
                scores[mask], labels[mask], groups[mask], config.base_rate, limits
            )
    return {"without": result}


def lines(result: Mapping[str, Any]) -> list[str]:
    """One row a group and population, with the difference to the full model."""
    text = [
        "`temporal` split, models with about a third of the usual work. Recall at 1 % FPR with the threshold of the "
        "training folds; in brackets the difference to the full model in percentage points. Differences within the "
        "interval of the full model mean little.",
        "",
        "| without | population | recall (95 %) | measured FPR | AUC | AP at base rate |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, entry in result["without"].items():
        for population, values in entry.items():
            point = next(iter(values.get("fold_threshold", {}).values()), None)
            full = next(iter(result["without"][FULL][population].get("fold_threshold", {}).values()), None)
            if point is None or full is None or point["recall"] is None:
                continue
            low, high = point["recall_interval"]
            delta = "" if name == FULL else f" [{100 * (point['recall'] - full['recall']):+.1f}]"
            text.append(
                f"| {name} | {population} | {100 * point['recall']:.1f} %{delta} ({100 * low:.1f} to {100 * high:.1f}) "
                f"| {100 * point['fpr']:.2f} % | {values['auc']:.4f} | {values['average_precision']:.3f} |"
            )
    return text
