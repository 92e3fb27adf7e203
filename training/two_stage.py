"""The two stages together: file model, pooling, package model; the package model never sees an in-sample file score."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from darnel.models.calibration import sigmoid
from darnel.models.pooling import Pooling
from darnel.training.changes import delta_of, delta_rows
from darnel.training.config import Config
from darnel.training.file_model import FileModel
from darnel.training.learners import BoostedTrees
from darnel.training.package_stage import PackageStage
from darnel.training.pairs import previous_rows
from darnel.training.splits import campaign_folds
from darnel.training.table import FeatureTable


class TwoStageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """darnel's classifier as a scikit-learn estimator over :class:`~darnel.training.table.FeatureTable`.

    Parameters
    ----------
    config : Config, optional
    file_learner, package_learner : estimator, optional
        Any classifiers with ``sample_weight``; default boosted trees with the configuration's parameters. Those that
        cannot take NaN need an imputer in a pipeline.

    Attributes
    ----------
    file_model_ : FileModel
    stage_ : PackageStage
    pooling_ : Pooling
    fold_scores_ : float64 (n,)
        Scores of the training packages by models that saw neither them nor their campaign; for thresholds. They are
        stacked (the folds' file models share labels), so the ``campaign`` protocol repeats all this inside its folds.
    delta_ : Delta or None
        What is compared with a previous release; None if the configuration compares nothing.
    """

    def __init__(self, config: Config | None = None, file_learner: Any = None, package_learner: Any = None) -> None:
        self.config = config
        self.file_learner = file_learner
        self.package_learner = package_learner

    def fit(self, table: FeatureTable, y: object = None, folds: NDArray[np.int64] | None = None) -> Self:  # noqa: ARG002
        """Fit on the readable packages of ``table``.

        Parameters
        ----------
        table : FeatureTable
            Labels are in the table.
        y : ignored
        folds : int64 (n,), optional
            Fold of every package; default: campaign folds with the configuration's number and seed.
        """
        config = self.config or Config()
        readable = np.flatnonzero(table.packages["readable"].to_numpy(dtype=bool))
        inner = folds if folds is not None else campaign_folds(table.packages, config.inner, config.seed)
        inner = inner[readable]
        part = table.subset(readable)
        masked_files = config.masks(table.file_columns)
        self.classes_ = np.array([0, 1])
        self.file_model_ = FileModel(
            self.file_learner if self.file_learner is not None else BoostedTrees(config.file_model),
            settings=config.weak_labels,
            masked=masked_files,
            seed=config.seed,
            jobs=config.jobs,
        ).fit(part, inner)
        self.pooling_ = Pooling.by_group(table.file_columns, config.first, config.three)
        self.delta_ = delta_of(table, *config.delta_columns) if config.compare else None
        combined = (*table.package_columns, *self.pooling_.names, *(self.delta_.names if self.delta_ else ()))
        self.masked_ = (*masked_files, *config.masks(combined))
        hidden = frozenset(self.masked_)
        self.columns_ = np.array([i for i, name in enumerate(combined) if name not in hidden], dtype=np.int64)
        self.feature_names_in_ = np.array([combined[i] for i in self.columns_])
        names = tuple(self.feature_names_in_.tolist())
        width = sum(not name.startswith("delta.") for name in names)
        odds = self.file_model_.fold_odds_
        before = previous_rows(part.packages) if self.delta_ else np.full(len(part), -1)
        paired = np.flatnonzero(before >= 0)
        inputs = self.package_inputs(part, odds)
        compared = self.package_inputs(part, odds, before)[paired]
        self.stage_ = PackageStage(config, self.package_learner).fit(
            part, inputs, compared, paired, names, width, inner
        )
        self.fold_scores_ = unreadable_scores(table)
        self.fold_scores_[readable] = sigmoid(self.stage_.fold_odds_)
        return self

    def scores(self, table: FeatureTable, previous: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Raw score of every package, float64 (n,); unreadable packages get the wrong answer.

        Parameters
        ----------
        table : FeatureTable
        previous : int64 (n,), optional
            Row in ``table`` of each package's previous release, -1 for none; default: nobody has one.
        """
        result = unreadable_scores(table)
        readable = table.packages["readable"].to_numpy(dtype=bool)
        inputs = self.package_inputs(table, self.link_odds(table), previous)[readable]
        result[readable] = sigmoid(self.stage_.odds(inputs))
        return result

    def link_odds(self, table: FeatureTable) -> NDArray[np.float64]:
        """Log-odds of every file of every package, float64 (m,)."""
        used, back = np.unique(table.links, return_inverse=True)
        odds: NDArray[np.float64] = self.file_model_.odds(table.file_rows[used])[back]
        return odds

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """Probability of both classes at equal class weights, float64 (n, 2)."""
        p = self.scores(table)
        return np.column_stack([1 - p, p])

    def predict(self, table: FeatureTable) -> NDArray[np.int64]:
        """1 where the score is above one half."""
        return (self.scores(table) > 0.5).astype(np.int64)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.str_]:  # noqa: ARG002
        """Names of the package and pooled columns that the package model sees, in order."""
        names: NDArray[np.str_] = self.feature_names_in_
        return names

    def package_inputs(
        self, table: FeatureTable, odds: NDArray[np.float64], previous: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Rows that the package model takes, float32 (n, c).

        Parameters
        ----------
        table : FeatureTable
        odds : float64 (m,)
            Log-odds of every link.
        previous : int64 (n,), optional
            As for :meth:`scores`.
        """
        blocks = [table.package_rows, self.pooling_.pool(odds, table.offsets, table.file_rows, table.links)]
        if self.delta_ is not None:
            nobody = np.full(len(table), -1)
            blocks.append(delta_rows(self.delta_, table, odds, nobody if previous is None else previous))
        rows: NDArray[np.float32] = np.concatenate(blocks, axis=1)[:, self.columns_]
        return rows


def unreadable_scores(table: FeatureTable) -> NDArray[np.float64]:
    """0 for malicious and 1 for benign packages: what an unreadable one counts as."""
    return np.asarray(table.labels == 0, dtype=np.float64)
