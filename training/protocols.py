"""Scores under the splits of the evaluation protocol: every package is scored by a model that could not know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from darnel.training.config import Config
from darnel.training.derived import legal
from darnel.training.splits import Split, campaign_folds, random_folds, temporal
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels

Say = Callable[[str], None]


Scorer = Callable[[FeatureTable, FeatureTable], NDArray[np.float64]]
"""Fit on the first table, score the second: raw scores from 0 to 1, float64 (n,)."""


@dataclass
class Scored:
    """The scores of one protocol."""

    protocol: str
    rows: NDArray[np.int64]
    """Package numbers that were scored, ascending."""
    scores: NDArray[np.float64]
    """Aligned with ``rows``."""
    models: list[VariantModels] = field(default_factory=list)
    which: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Number in ``models`` of the one that scored each of ``rows``."""
    train_rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """``temporal``: the training packages."""
    train_scores: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """``temporal``: their out-of-fold scores, from which thresholds come."""


def splits_of(protocol: str, table: FeatureTable, config: Config) -> list[Split]:
    """Train and test rows of a protocol: ``random``, ``campaign`` or ``temporal``."""
    if protocol == "temporal":
        return [temporal(table.packages, config.temporal, config.seed)]
    folder = {"random": random_folds, "campaign": campaign_folds}[protocol]
    folds = folder(table.packages, config.outer, config.seed)
    return [Split(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(config.outer)]


def run_model(
    protocol: str, table: FeatureTable, config: Config, say: Say, derived: FeatureTable | None = None
) -> Scored:
    """Fit and score darnel's own model under a protocol; ``derived`` variants are trained on where that is legal."""
    parts = splits_of(protocol, table, config)
    scores = np.full(len(table), np.nan)
    which = np.full(len(table), -1)
    models = []
    for number, (train, test) in enumerate(parts):
        more = derived.subset(legal(derived, table.packages, parts[number]).train) if derived is not None else None
        count = len(train) + (len(more) if more is not None else 0)
        say(f"{protocol}: model {number + 1} of {len(parts)}, {count} packages to fit, {len(test)} to score")
        model = VariantModels(config).fit(table.subset(train), more)
        scores[test], which[test] = model.scores(table.subset(test)), number
        models.append(model)
    rows = np.flatnonzero(which >= 0)
    result = Scored(protocol, rows, scores[rows], models, which[rows])
    if protocol == "temporal":
        result.train_rows, result.train_scores = parts[0].train, models[0].fold_scores_
    return result


def run_baseline(protocol: str, table: FeatureTable, config: Config, scorer: Scorer) -> Scored:
    """Fit and score a baseline under the same splits."""
    scores = np.full(len(table), np.nan)
    for train, test in splits_of(protocol, table, config):
        scores[test] = scorer(table.subset(train), table.subset(test))
    rows = np.flatnonzero(~np.isnan(scores))
    return Scored(protocol, rows, scores[rows])
