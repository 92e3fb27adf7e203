"""Gradient-boosted trees as a scikit-learn classifier: reproducible to the byte, one thread, a text model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from darnel.models.bundle import predict_odds
from darnel.models.calibration import log_odds, sigmoid

REPRODUCIBLE: Mapping[str, Any] = {
    "objective": "binary",
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}

ROUNDS = 100
"""Trees, unless the parameters say otherwise."""


class BoostedTrees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """LightGBM on a plain matrix.

    Parameters
    ----------
    parameters : mapping, optional
        LightGBM parameters; ``rounds`` is the number of trees (default :data:`ROUNDS`).
    seed : int, default=0
    feature_names : sequence of str, optional
        Names of the columns, kept in the text model.

    Attributes
    ----------
    booster_ : lightgbm.Booster
    classes_ : ndarray, ``[0, 1]``
    """

    def __init__(
        self, parameters: Mapping[str, Any] | None = None, seed: int = 0, feature_names: Sequence[str] | None = None
    ) -> None:
        self.parameters = parameters
        self.seed = seed
        self.feature_names = feature_names

    def fit(self, X: NDArray[Any], y: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> Self:  # noqa: N803
        """Fit on ``X`` (n, c) with labels 0 or 1; NaN in ``X`` means "does not apply"."""
        import lightgbm

        parameters = {**REPRODUCIBLE, **(self.parameters or {}), "seed": self.seed}
        rounds = int(parameters.pop("rounds", ROUNDS))
        names: Any = list(self.feature_names) if self.feature_names is not None else "auto"
        data = lightgbm.Dataset(X, np.asarray(y), weight=sample_weight, feature_name=names, params=parameters)
        self.booster_ = lightgbm.train(parameters, data, num_boost_round=rounds)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = X.shape[1]
        return self

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:  # noqa: N803
        """Log-odds, float64 (n,)."""
        return predict_odds(self.booster_, X)

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:  # noqa: N803
        """Probability of both classes, float64 (n, 2)."""
        p = sigmoid(self.decision_function(X))
        return np.column_stack([1 - p, p])

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:  # noqa: N803
        """1 where the probability is above one half."""
        return (self.decision_function(X) > 0).astype(np.int64)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.str_]:  # noqa: ARG002
        """Names of the columns the trees use, in order."""
        return np.array(self.booster_.feature_name())


def new_learner(learner: Any, seed: int, names: tuple[str, ...], trees: float = 1.0) -> Any:
    """An unfitted copy of ``learner`` that knows the seed and the column names, if it takes them.

    Boosted trees get the share ``trees`` of their rounds.
    """
    fresh = clone(learner)
    if isinstance(fresh, BoostedTrees):
        parameters = dict(fresh.parameters or {})
        parameters["rounds"] = max(1, round(trees * int(parameters.get("rounds", ROUNDS))))
        fresh.set_params(parameters=parameters)
    known = fresh.get_params(deep=False)
    given = {"seed": seed, "random_state": seed, "feature_names": names}
    return fresh.set_params(**{key: value for key, value in given.items() if key in known})


def learner_odds(learner: Any, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Log-odds of any fitted binary classifier, float64 (n,)."""
    if not len(rows):
        return np.zeros(0)
    if isinstance(learner, BoostedTrees):
        return learner.decision_function(rows)
    return log_odds(learner.predict_proba(rows)[:, 1])
