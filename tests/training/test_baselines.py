from dataclasses import replace

import numpy as np

from darnel.training import baselines
from darnel.training.baselines import naive_inputs, scorers, shortcut_inputs
from darnel.training.config import Config
from darnel.training.metrics import area_under_curve
from darnel.training.table import FeatureTable, TableBuilder
from darnel.training.weights import campaigns
from tests.training.synthetic import synthetic_table


def tiny(*packages: tuple[int, list[int]]) -> FeatureTable:
    builder = TableBuilder(["shape.files", "meta.a"], ["text.x", "text.y"], "s")
    for number, (label, files) in enumerate(packages):
        rows = [(f"{i:02x}" * 32, np.array([i, -i], np.float32)) for i in files]
        builder.add({"id": str(number), "label": label}, np.array([len(files), 7], np.float32), rows)
    return builder.build()


def test_naive_vector_by_hand() -> None:
    table = tiny((0, [1, 4]), (0, []), (1, [2]), (1, [3, 5, 1]))
    expected = np.array([[7, 4, -1, 2.5, -2.5], [7, 0, 0, 0, 0], [7, 2, -2, 2, -2], [7, 5, -1, 3, -3]], np.float32)
    np.testing.assert_allclose(naive_inputs(table, Config()), expected, rtol=1e-6)


def test_naive_vector_does_not_depend_on_the_chunk() -> None:
    table = synthetic_table(campaigns=10, benign=30)
    whole = naive_inputs(table, Config())
    before = baselines._CHUNK
    try:
        baselines._CHUNK = 7
        np.testing.assert_array_equal(naive_inputs(table, Config()), whole)
    finally:
        baselines._CHUNK = before


def test_shortcut_sees_only_shape_and_form() -> None:
    table = synthetic_table(campaigns=5, benign=10)
    other = replace(table, package_rows=table.package_rows.copy(), file_rows=table.file_rows * 0)
    other.package_rows[:, 2:] = 0
    np.testing.assert_array_equal(shortcut_inputs(table), shortcut_inputs(other))


def test_every_baseline_scores() -> None:
    table = synthetic_table(campaigns=40, benign=120, large=0.0)
    table.package_rows[:, table.package_columns.index("meta.description")] = table.labels  # plain to see
    train, test = table.subset(np.arange(0, len(table), 2)), table.subset(np.arange(1, len(table), 2))
    aucs = {
        name: area_under_curve(scorer(train, test), test.labels, campaigns(test))
        for name, scorer in scorers(Config()).items()
    }
    assert aucs["clone"] > 0.8, "halves of campaigns: clones on both sides"
    assert aucs["naive vector"] > 0.95
    assert aucs["logistic regression"] > 0.95
    assert aucs["shortcut"] < 0.9, "the form tells something, the column nothing"
