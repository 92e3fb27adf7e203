"""The first stage: how malicious is a file? Learned from package labels, scored out of fold."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from darnel.models.calibration import sigmoid
from darnel.training import weak_labels
from darnel.training.config import WeakLabels
from darnel.training.learners import BoostedTrees, learner_odds, new_learner
from darnel.training.table import FeatureTable


class FileModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of files, fitted on packages.

    Parameters
    ----------
    learner : estimator, optional
        Any scikit-learn classifier with ``sample_weight``; default :class:`~darnel.training.learners.BoostedTrees`.
    settings : WeakLabels, optional
    masked : tuple of str
        File columns that are not used.
    seed : int
    jobs : int
        Folds fitted side by side, in threads (LightGBM releases the interpreter lock).

    Attributes
    ----------
    learner_ : estimator
        Fitted on every package.
    fold_odds_ : float64 (m,)
        Log-odds of every link of the training table, from models that saw neither the package nor its campaign.
    witnesses_ : float64 (m,)
        Weight that each link ended up with as a positive.
    """

    def __init__(
        self,
        learner: Any = None,
        settings: WeakLabels | None = None,
        masked: tuple[str, ...] = (),
        seed: int = 0,
        jobs: int = 1,
    ) -> None:
        self.learner = learner
        self.settings = settings
        self.masked = masked
        self.seed = seed
        self.jobs = jobs

    def fit(self, table: FeatureTable, folds: NDArray[np.int64]) -> Self:
        """Clean the weak labels round by round, then fit on everything.

        Parameters
        ----------
        table : FeatureTable
        folds : int64 (n,)
            Fold of every package: each is scored by a model fitted on the other folds.
        """
        settings = self.settings or WeakLabels()
        self.feature_names_in_ = np.array([name for name in table.file_columns if name not in self.masked])
        kept = set(self.feature_names_in_.tolist())
        self.columns_ = np.array([i for i, name in enumerate(table.file_columns) if name in kept], dtype=np.int64)
        self.classes_ = np.array([0, 1])
        everything = np.arange(len(table))
        seen = weak_labels.evidence(table, settings.evidence)
        positive = weak_labels.first_guess(table, everything, seen, settings)
        odds = self._out_of_fold(table, folds, positive, None, settings, 0)
        for turn in range(settings.rounds):  # only the last turn's scores leave this method
            positive = weak_labels.witnesses(table, everything, odds, settings)
            odds = self._out_of_fold(table, folds, positive, odds, settings, turn + 1)
        self.fold_odds_, self.witnesses_ = odds, positive
        self.learner_ = self._fit(table, everything, positive, odds, settings, self.seed)
        return self

    def odds(self, file_rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds of files (n, C) given in the order of the table's columns."""
        return learner_odds(self.learner_, file_rows[:, self.columns_])

    def predict_proba(self, file_rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of both classes, float64 (n, 2)."""
        p = sigmoid(self.odds(file_rows))
        return np.column_stack([1 - p, p])

    def predict(self, file_rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """1 where the probability is above one half."""
        return (self.odds(file_rows) > 0).astype(np.int64)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.str_]:  # noqa: ARG002
        """Names of the file columns used, in order."""
        names: NDArray[np.str_] = self.feature_names_in_
        return names

    def _out_of_fold(
        self,
        table: FeatureTable,
        folds: NDArray[np.int64],
        positive: NDArray[np.float64],
        odds: NDArray[np.float64] | None,
        settings: WeakLabels,
        turn: int,
    ) -> NDArray[np.float64]:
        result = np.zeros(len(table.links))
        owners = table.owners

        trees = settings.trees if turn < settings.rounds else 1.0

        def one(fold: int) -> None:
            train = np.flatnonzero(folds != fold)
            learner = self._fit(table, train, positive, odds, settings, self.seed + 100 * turn + fold + 1, trees)
            places = np.flatnonzero(folds[owners] == fold)
            used, back = np.unique(table.links[places], return_inverse=True)
            result[places] = learner_odds(learner, table.file_rows[np.ix_(used, self.columns_)])[back]

        Parallel(n_jobs=self.jobs, prefer="threads")(delayed(one)(fold) for fold in np.unique(folds).tolist())
        return result

    def _fit(
        self,
        table: FeatureTable,
        packages: NDArray[np.int64],
        positive: NDArray[np.float64],
        odds: NDArray[np.float64] | None,
        settings: WeakLabels,
        seed: int,
        trees: float = 1.0,
    ) -> Any:
        chosen = weak_labels.sample(table, packages, positive, odds, settings, seed)
        names = tuple(self.feature_names_in_.tolist())
        learner = new_learner(self.learner if self.learner is not None else BoostedTrees(), seed, names, trees)
        rows = table.file_rows[np.ix_(chosen.files, self.columns_)]
        return learner.fit(rows, chosen.labels, sample_weight=chosen.weights)
