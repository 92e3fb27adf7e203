"""The numbers of LightGBM's Python package to the last bit, without it."""

from __future__ import annotations

from types import SimpleNamespace

import lightgbm
import numpy as np
import pytest

from darnel.models import forest as module
from darnel.models.forest import Forest, ForestError

NAMES = [f"group.column_{i}" for i in range(12)]


@pytest.fixture(scope="module")
def trained() -> lightgbm.Booster:
    rows = np.random.default_rng(0).normal(size=(500, len(NAMES)))
    data = lightgbm.Dataset(rows, rows[:, 3] + rows[:, 5] > 0, feature_name=NAMES)
    return lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 7}, data, 20)


def test_numbers_are_those_of_the_package(trained: lightgbm.Booster) -> None:
    forest = Forest(trained.model_to_string())
    rows = np.random.default_rng(1).normal(size=(40, len(NAMES))).astype(np.float32)
    rows[3, 3], rows[4, 5], rows[5] = np.nan, np.inf, 0
    for given in (rows, np.asfortranarray(rows), rows[::3], rows[:1], rows[:0]):
        expected = trained.predict(given, raw_score=True) if len(given) else np.zeros(0)
        assert forest.odds(given).tolist() == np.asarray(expected).tolist()
    expected = np.asarray(trained.predict(rows, pred_contrib=True))[:, :-1]
    for row, values in zip(rows, expected, strict=True):
        found = forest.explain(row)
        assert list(found.values()) == sorted(found.values(), key=abs, reverse=True)
        assert [found.get(name, 0.0) for name in NAMES] == pytest.approx(values.tolist(), rel=0, abs=1e-14)
    assert forest.feature_names == tuple(NAMES)
    assert forest.dump() == Forest(trained.model_to_string()).dump()
    assert forest.dump()["tree_info"] == trained.dump_model()["tree_info"]


def test_long_names_come_whole() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 2))
    names = ["a" * 900, "b"]
    data = lightgbm.Dataset(rows, rows[:, 0] > 0, feature_name=names)
    text = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 2).model_to_string()
    assert Forest(text).feature_names == tuple(names)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ForestError):
        Forest("no model")


def test_rows_of_another_width_are_refused(trained: lightgbm.Booster) -> None:
    forest = Forest(trained.model_to_string())
    for rows in (np.zeros((1, 11), np.float32), np.zeros(12, np.float32)):
        with pytest.raises(ForestError, match="12 columns"):
            forest.odds(rows)


@pytest.mark.parametrize("origin", [None, "/nowhere/lightgbm/__init__.py"])
def test_a_missing_library_is_said(origin: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: SimpleNamespace(origin=origin) if origin else None)
    module._library.cache_clear()
    try:
        with pytest.raises(ForestError, match="install"):
            Forest("tree")
    finally:
        module._library.cache_clear()
