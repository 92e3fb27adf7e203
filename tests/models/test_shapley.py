"""The same values as LightGBM's, and as the definition."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from darnel.errors import BundleError
from darnel.models.shapley import Shapley
from darnel.models.trees import Nodes

COLUMNS = 6
Rows = NDArray[np.float32]


def rows(seed: int, count: int) -> Rows:
    """Many zeros, some NaN and infinite values, like features."""
    random = np.random.default_rng(seed)
    values = np.where(random.random((count, COLUMNS)) < 0.4, 0, random.normal(size=(count, COLUMNS)))
    values[random.random((count, COLUMNS)) < 0.05] = np.nan
    values[random.random((count, COLUMNS)) < 0.02] = -np.inf
    return values.astype(np.float32)


def trained(leaves: int, nan: bool, rounds: int = 12, **more: Any) -> lightgbm.Booster:
    given = rows(0, 800) if nan else np.nan_to_num(rows(0, 800), neginf=-9)
    plain = np.nan_to_num(given, neginf=0)
    target = plain[:, 0] * plain[:, 1] + plain[:, 2] ** 2 > 0.4
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": leaves, "min_data_in_leaf": 1}
    return lightgbm.train({**settings, **more}, lightgbm.Dataset(given, target), rounds)


def expected(model: lightgbm.Booster, given: Rows) -> NDArray[np.float64]:
    return np.asarray(model.predict(given, pred_contrib=True))[:, :-1]


@pytest.mark.parametrize("leaves", [2, 3, 7, 31, 200])
@pytest.mark.parametrize("nan", [True, False])
def test_values_are_those_of_lightgbm(leaves: int, nan: bool) -> None:
    model = trained(leaves, nan)
    shapley = Shapley(model.model_to_string(), COLUMNS)
    given = rows(1, 60)
    found = np.array([shapley.values(row) for row in given])
    assert np.abs(found).max() > 0.01
    assert np.allclose(found, expected(model, given), rtol=0, atol=1e-12)


def test_values_are_those_of_the_definition() -> None:
    """The average over all orders in which columns become known, by shares of training rows where they are not."""
    text = trained(8, nan=False, rounds=1).model_to_string()
    nodes = Nodes.of(text)

    def output(known: frozenset[int], left: NDArray[np.bool_], node: int) -> float:
        if node < 0:
            return float(nodes.leaf_value[~node])
        ways = nodes.children[:, node].tolist()
        if nodes.feature[node] in known:
            return output(known, left, ways[0] if left[node] else ways[1])
        return float(sum(nodes.count[way] / nodes.count[node] * output(known, left, way) for way in ways))

    for row in rows(2, 5):
        left, others = nodes.left(row), range(COLUMNS)
        values = np.zeros(COLUMNS)
        for column in range(COLUMNS):
            for size in range(COLUMNS):
                weight = factorial(size) * factorial(COLUMNS - 1 - size) / factorial(COLUMNS)
                for known in map(frozenset, combinations([c for c in others if c != column], size)):
                    values[column] += weight * (output(known | {column}, left, 0) - output(known, left, 0))
        assert np.allclose(Shapley(text, COLUMNS).values(row), values, rtol=0, atol=1e-12)


def test_trees_that_do_not_split_move_nothing() -> None:
    model = lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(rows(0, 50), np.arange(50) % 2), 1)
    assert model.num_trees() == 1
    found = Shapley(model.model_to_string(), COLUMNS).values(rows(1, 1)[0])
    assert found.tolist() == expected(model, rows(1, 1))[0].tolist()
    alone = trained(2, nan=False, rounds=2, min_data_in_leaf=500).model_to_string()
    assert Shapley(alone, COLUMNS).values(rows(1, 1)[0]).tolist() == [0.0] * COLUMNS


def test_leaves_that_no_row_came_to_move_nothing_by_their_own() -> None:
    text = trained(2, nan=False, rounds=1).model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("leaf_count="))
    shapley = Shapley(text.replace(line, "leaf_count=0 800"), COLUMNS)
    values = np.array([shapley.values(row) for row in rows(1, 40)])
    assert np.all(np.isfinite(values))
    assert len(np.unique(np.abs(values).sum(axis=1).round(6))) == 2  # nothing, or all of the difference


@pytest.mark.parametrize("zero", [True, False])
def test_other_trees_are_refused(zero: bool) -> None:
    given = np.abs(np.nan_to_num(rows(0, 800), neginf=9)).round()
    data = lightgbm.Dataset(given, given[:, 0] % 2, categorical_feature="auto" if zero else [0])
    settings = {"objective": "binary", "verbose": -1, "zero_as_missing": zero}
    text = lightgbm.train(settings, data, 3).model_to_string()
    with pytest.raises(BundleError, match="train it with darnel"):
        Shapley(text, COLUMNS)
