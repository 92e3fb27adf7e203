"""What transfers: train on one ecosystem, test on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from darnel.errors import CorpusError
from darnel.training import metrics
from darnel.training.config import Config
from darnel.training.evaluate import populations
from darnel.training.extra_protocols import fitted, fold_thresholds, without_probes
from darnel.training.protocols import Say
from darnel.training.splits import Split
from darnel.training.table import FeatureTable
from darnel.training.weights import campaigns


def run(table: FeatureTable, config: Config, say: Say, derived: FeatureTable | None = None) -> dict[str, Any]:
    """Fit on each ecosystem with both classes, score every other one.

    Returns
    -------
    dict
        ``directions``: ``source to target`` → population → :func:`darnel.training.metrics.summary`, with thresholds
        from the source's out-of-fold scores (``fold_threshold``) and from the target's benign packages.
    """
    ecosystems = table.text("ecosystem")
    names = [n for n in sorted(set(ecosystems.tolist())) if len(np.unique(table.labels[ecosystems == n])) == 2]
    if len(names) < 2:
        raise CorpusError("cross-ecosystem: the table has both classes of one ecosystem only; it needs two")
    result: dict[str, Any] = {}
    for source in names:
        train = table.subset(ecosystems == source)
        say(f"cross-ecosystem: {len(train)} packages of {source} to fit")
        sides = Split(np.flatnonzero(ecosystems == source), np.flatnonzero(ecosystems != source))
        models = fitted(replace(config, per_ecosystem=False), table, sides, derived)
        limits = fold_thresholds(train, models.fold_scores_)
        known = set(train.text("campaign")[train.labels == 1].tolist()) - {""}
        for target in [name for name in names if name != source]:
            rows = without_probes(table, np.flatnonzero(ecosystems == target))
            seen = np.isin(table.text("campaign")[rows], sorted(known)) & (table.labels[rows] == 1)
            test = table.subset(rows[~seen])
            scores, groups = models.scores(test), campaigns(test)
            result[f"{source} to {target}"] = {
                name: metrics.summary(scores[mask], test.labels[mask], groups[mask], config.base_rate, limits)
                for name, mask in populations(test).items()
            }
    return {"directions": result}


def lines(result: Mapping[str, Any]) -> list[str]:
    """One table a direction."""
    from darnel.training.report import recall_table

    text = [
        "Trained on everything of one ecosystem, tested on everything of the other. *folds*: threshold fixed on "
        "out-of-fold scores of the source; *here*: on the benign packages of the target.",
    ]
    for direction, entry in result["directions"].items():
        text += ["", f"### {direction}", "", *recall_table(entry, "population")]
    return text
