"""The second stage: two models of packages that look for different things; the higher score counts.

The *release model* learns from the collected packages: is this release made for harm? The *intrusion model* also learns
from benign releases with a payload spliced in and from what changed since the previous release: was something put into
real software? One model of both gives up part of either (measured on the folds: see the model card), as what tells a
throw-away package apart says nothing about an intrusion.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from darnel.training.config import Config
from darnel.training.learners import BoostedTrees, learner_odds, new_learner
from darnel.training.strata import matching_weights
from darnel.training.table import FeatureTable
from darnel.training.weights import balanced, package_weights

Rows = NDArray[np.float32]


class PackageStage:
    """Both package models.

    Parameters
    ----------
    config : Config
    learner : estimator, optional
        Instead of boosted trees with the configuration's parameters.

    Attributes
    ----------
    release_ : estimator
    intrusion_ : estimator or None
        None if there is nothing to learn it from: neither variants nor previous releases.
    shift_ : float
        What is subtracted from the intrusion model's log-odds: out of fold, ``config.aligned`` of the benign packages
        then exceed the same score in both models.
    fold_odds_ : float64 (n,)
        Log-odds of every package by models that saw neither it nor its campaign.
    """

    def __init__(self, config: Config, learner: Any = None) -> None:
        self.config = config
        self.learner = learner

    def fit(
        self,
        table: FeatureTable,
        inputs: Rows,
        compared: Rows,
        paired: NDArray[np.int64],
        names: tuple[str, ...],
        width: int,
        folds: NDArray[np.int64],
    ) -> Self:
        """Fit on everything and, for :attr:`fold_odds_`, without each fold.

        Parameters
        ----------
        table : FeatureTable
            Readable packages and variants of them.
        inputs : float32 (n, c)
        compared : float32 (p, c)
            Inputs once more of the packages whose previous release is known, now with what changed.
        paired : int64 (p,)
            Their numbers.
        names : tuple of str, length c
        width : int
            The release model sees the first so many columns.
        folds : int64 (n,)
        """
        self.width_ = width
        self._table, self._inputs, self._compared, self._paired = table, inputs, compared, paired
        self._weights = package_weights(table, self.config.variant_weight)
        originals = table.variants == ""
        collected = table.variants != "injected"
        both = table.labels[paired]
        useful = bool((~collected).any() or 0 < both.sum() < len(both))
        everything = np.arange(len(table))

        def one(seed: int, train: NDArray[np.int64]) -> tuple[Any, Any]:
            release = self._release(train[collected[train]], names[:width], seed)
            return release, self._intrusion(train, names, seed) if useful else None

        numbers = np.unique(folds).tolist()
        tasks = [(self.config.seed, everything)]
        tasks += [(self.config.seed + fold + 1, np.flatnonzero(folds != fold)) for fold in numbers]
        (self.release_, self.intrusion_), *others = Parallel(n_jobs=self.config.jobs, prefer="threads")(
            delayed(one)(*task) for task in tasks
        )
        odds = np.zeros((2, len(table)))
        for (release, intrusion), fold in zip(others, numbers, strict=True):
            test = folds == fold
            odds[0, test] = learner_odds(release, inputs[test, :width])
            odds[1, test] = learner_odds(intrusion, inputs[test]) if useful else odds[0, test]
        benign = (table.labels == 0) & originals & ~table.packages["probe"].to_numpy(dtype=bool)
        high = np.quantile(odds[:, benign], 1 - self.config.aligned, axis=1) if benign.any() else np.zeros(2)
        self.shift_ = float(high[1] - high[0])
        self.fold_odds_ = np.maximum(odds[0], odds[1] - self.shift_)
        del self._table, self._inputs, self._compared, self._paired, self._weights
        return self

    def odds(self, inputs: Rows) -> NDArray[np.float64]:
        """Log-odds of packages, float64 (n,)."""
        release = learner_odds(self.release_, inputs[:, : self.width_])
        if self.intrusion_ is None:
            return release
        result: NDArray[np.float64] = np.maximum(release, learner_odds(self.intrusion_, inputs) - self.shift_)
        return result

    def decisive(self, inputs: Rows) -> tuple[Any, int]:
        """The model whose score counts for one package (1, c), and how many of the columns it sees."""
        release = learner_odds(self.release_, inputs[:, : self.width_])
        if self.intrusion_ is None or release[0] >= learner_odds(self.intrusion_, inputs)[0] - self.shift_:
            return self.release_, self.width_
        return self.intrusion_, inputs.shape[1]

    def _release(self, train: NDArray[np.int64], names: tuple[str, ...], seed: int) -> Any:
        learner = self._new(self.config.package_model, seed, names)
        labels = self._table.labels[train]
        return learner.fit(self._inputs[train][:, : self.width_], labels, sample_weight=self._weighted(train))

    def _intrusion(self, train: NDArray[np.int64], names: tuple[str, ...], seed: int) -> Any:
        rows, labels, weights = self._inputs[train], self._table.labels[train], self._weighted(train)
        chosen = np.isin(self._paired, train)
        numbers = self._paired[chosen]
        both = self._table.labels[numbers]
        if 0 < both.sum() < len(both):  # once more, now with what changed
            again = balanced(self._weights[numbers], both, 0.5)
            again *= self.config.compared_share * weights.sum() / again.sum()
            rows, labels = np.concatenate([rows, self._compared[chosen]]), np.concatenate([labels, both])
            weights = np.concatenate([weights, again])
        return self._new(self.config.intrusion_model, seed, names).fit(rows, labels, sample_weight=weights)

    def _weighted(self, train: NDArray[np.int64]) -> NDArray[np.float64]:
        weights = self._weights[train]
        if self.config.matched:
            weights = matching_weights(self._table.packages.iloc[train].reset_index(drop=True), weights)
        return balanced(weights, self._table.labels[train], 0.5)

    def _new(self, parameters: Any, seed: int, names: tuple[str, ...]) -> Any:
        return new_learner(self.learner if self.learner is not None else BoostedTrees(parameters), seed, names)
