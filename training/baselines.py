"""What the model has to beat: shortcuts, clone recognition, and one vector per package."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from darnel.models.calibration import sigmoid
from darnel.training.config import Config
from darnel.training.learners import BoostedTrees
from darnel.training.nearest import clone_scores
from darnel.training.protocols import Scorer
from darnel.training.table import FeatureTable
from darnel.training.weights import balanced, package_weights

TREES: Mapping[str, object] = {
    "rounds": 200,
    "learning_rate": 0.06,
    "num_leaves": 15,
    "max_bin": 63,
    "min_data_in_leaf": 10,
    "feature_fraction": 0.5,
}
_CHUNK = 200_000
"""Links gathered at once."""


def shortcut_inputs(table: FeatureTable) -> NDArray[np.float32]:
    """What has nothing to do with malice: ``shape.*`` columns and the archive form, float32 (n, c)."""
    chosen = [i for i, name in enumerate(table.package_columns) if name.startswith("shape.")]
    form = table.text("form")
    kinds = ("sdist", "wheel", "npm-tarball", "tree", "installed", "archive")
    forms = np.stack([form == kind for kind in kinds], axis=1).astype(np.float32)
    return np.concatenate([table.package_rows[:, chosen], forms], axis=1)


def naive_inputs(table: FeatureTable, config: Config, *, mean: bool = True) -> NDArray[np.float32]:
    """One vector per package: package columns, and file columns pooled by maximum and mean; float32 (n, c)."""
    package = [i for i, name in enumerate(table.package_columns) if name not in config.masks(table.package_columns)]
    file = [i for i, name in enumerate(table.file_columns) if name not in config.masks(table.file_columns)]
    n = len(table)
    highest = np.zeros((n, len(file)), np.float32)
    average = np.zeros((n, len(file)), np.float32)
    cuts = np.searchsorted(table.offsets, np.arange(0, len(table.links), _CHUNK))
    bounds = np.unique(np.append(cuts, n))
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        begin, end = int(table.offsets[start]), int(table.offsets[stop])
        some = start + np.flatnonzero(np.diff(table.offsets[start : stop + 1]))
        if not len(some):
            continue
        rows = np.nan_to_num(table.file_rows[table.links[begin:end]][:, file])
        places = table.offsets[some] - begin
        highest[some] = np.maximum.reduceat(rows, places, axis=0)
        if mean:
            counts = np.diff(table.offsets)[some, None]
            average[some] = np.add.reduceat(rows, places, axis=0) / counts
    parts = [table.package_rows[:, package], highest, *([average] if mean else [])]
    return np.concatenate(parts, axis=1)


def scorers(config: Config) -> dict[str, Scorer]:
    """Baselines by name."""

    def trees(inputs: NDArray[np.float32], train: FeatureTable, test: NDArray[np.float32]) -> NDArray[np.float64]:
        weights = balanced(package_weights(train), train.labels, 0.5)
        model = BoostedTrees(TREES, config.seed).fit(inputs, train.labels, sample_weight=weights)
        return sigmoid(model.decision_function(test))

    def shortcut(train: FeatureTable, test: FeatureTable) -> NDArray[np.float64]:
        return trees(shortcut_inputs(train), train, shortcut_inputs(test))

    def naive(train: FeatureTable, test: FeatureTable) -> NDArray[np.float64]:
        return trees(naive_inputs(train, config), train, naive_inputs(test, config))

    def logistic(train: FeatureTable, test: FeatureTable) -> NDArray[np.float64]:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        def inputs(table: FeatureTable) -> NDArray[np.float32]:
            rows = np.nan_to_num(naive_inputs(table, config, mean=False))
            return np.sign(rows) * np.log1p(np.abs(rows))

        weights = balanced(package_weights(train), train.labels, 0.5)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200, tol=1e-3))
        model.fit(inputs(train), train.labels, logisticregression__sample_weight=weights)
        result: NDArray[np.float64] = model.predict_proba(inputs(test))[:, 1]
        return result

    return {"shortcut": shortcut, "clone": clone_scores, "naive vector": naive, "logistic regression": logistic}
