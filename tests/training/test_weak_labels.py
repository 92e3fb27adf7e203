import numpy as np
import pytest

from darnel.training.config import WeakLabels
from darnel.training.table import FeatureTable, TableBuilder
from darnel.training.weak_labels import evidence, first_guess, sample, witnesses
from darnel.training.weights import package_weights

SETTINGS = WeakLabels(keep=2, margin=2.0, floor=0.5, hard_negatives=1, random_negatives=1, positive_share=0.25)


@pytest.fixture
def table() -> FeatureTable:
    """Two clones with files 0 (bad), 1, 2 and a library 3; another campaign with 4; benign with 3, 5, 6, 7."""
    rows = {i: np.array([send], np.float32) for i, send in enumerate([9, 0, 1, 0, 3, 0, 2, 4])}
    builder = TableBuilder(["shape.files"], ["cat.send.import"], "s")

    def add(name: str, label: int, campaign: str, files: list[int]) -> None:
        identity = {"id": name, "label": label, "campaign": campaign, "name": name, "ecosystem": "pypi"}
        builder.add(identity, np.zeros(1, np.float32), [(f"{i:064x}"[::-1], rows[i]) for i in files])

    add("m1", 1, "c1", [0, 1, 2, 3])
    add("m2", 1, "c1", [0, 1, 2, 3])
    add("m3", 1, "c2", [4])
    add("b1", 0, "", [3, 5, 6])
    add("b2", 0, "", [7])
    return builder.build()


EVERYTHING = np.arange(5)


def test_campaigns_and_projects_weigh_one(table: FeatureTable) -> None:
    assert package_weights(table).tolist() == [0.5, 0.5, 1.0, 1.0, 1.0]


def test_first_guess_goes_by_evidence_and_spares_shared_files(table: FeatureTable) -> None:
    seen = evidence(table, ("cat",))
    np.testing.assert_allclose(seen, np.log1p(table.file_rows[:, 0]))
    guess = first_guess(table, EVERYTHING, seen, SETTINGS)
    assert guess[3] == 0, "a file that a benign package holds too"
    assert guess[0] > guess[2] > guess[1] == 0, "a file that does nothing is no witness"
    assert guess[:4].sum() == pytest.approx(0.5)
    assert guess[8] == pytest.approx(1.0)
    assert guess[9:].sum() == 0


def test_witnesses_are_the_worst_files(table: FeatureTable) -> None:
    #                 m1: 0    1    2    3     m2           m3   b1           b2
    odds = np.array([3.0, -3.0, 2.0, 9.0, 3.0, -3.0, 0.5, 9.0, 1.0, 0, -1, -2, 0.5])
    kept = witnesses(table, EVERYTHING, odds, SETTINGS)
    assert np.flatnonzero(kept).tolist() == [0, 2, 4, 8]
    np.testing.assert_allclose(kept[[0, 2, 4, 8]], [0.25, 0.25, 0.5, 1.0])


def test_package_whose_worst_file_looks_benign_has_no_witness(table: FeatureTable) -> None:
    odds = np.array([3.0, 0, 0, 0, 3.0, 0, 0, 0, -5.0, 0, -1, -2, 0.5])
    assert witnesses(table, EVERYTHING, odds, SETTINGS)[8] == 0


def test_files_that_do_nothing_or_only_build_are_no_witnesses() -> None:
    builder = TableBuilder(["shape.files"], ["cat.read.install", "cat.fetch.import"], "s")
    files = {"setup": [2, 0], "payload": [1, 2], "bare": [0, 0]}

    def add(name: str, label: int, held: list[str]) -> None:
        identity = {"id": name, "label": label, "campaign": name, "name": name, "ecosystem": "pypi"}
        held_files = [(f"{name}{file}", np.array(files[file], np.float32)) for file in held]
        builder.add(identity, np.zeros(1, np.float32), held_files)

    add("copy", 1, ["setup", "payload", "bare"])
    add("reader", 1, ["setup", "bare"])
    add("placeholder", 1, ["bare"])
    add("benign", 0, ["setup"])
    odds = np.array([5.0, 4.0, 5.0, 3.0, 3.0, 5.0, -5.0])
    kept = witnesses(builder.build(), np.arange(4), odds, WeakLabels(keep=3, margin=10.0))
    assert np.flatnonzero(kept).tolist() == [1]


def test_twins_of_benign_files_are_no_witnesses() -> None:
    columns = ["cat.send.import", "text.log_bytes", *(f"syntax.c{i}" for i in range(18)), "str.count", "ident.count"]
    builder = TableBuilder(["shape.files"], columns, "s")
    library = np.arange(1, 23, dtype=np.float32)
    renamed, changed, small = library.copy(), library.copy(), library.copy()
    renamed[1] += 1  # a longer comment
    changed[-1] += 1  # one identifier more
    small[3:] = 0
    smaller = small.copy()
    smaller[1] += 1
    held = {"m": [renamed, changed, small], "b": [library, smaller]}
    for number, (name, rows) in enumerate(held.items()):
        identity = {"id": name, "label": 1 - number, "campaign": name, "name": name, "ecosystem": "pypi"}
        builder.add(identity, np.zeros(1, np.float32), [(f"{name}{i}", row) for i, row in enumerate(rows)])
    table, odds, settings = builder.build(), np.zeros(5), WeakLabels(keep=3)
    assert np.flatnonzero(witnesses(table, np.arange(2), odds, settings)).tolist() == [1, 2]
    assert np.flatnonzero(witnesses(table, np.array([0]), odds, settings)).tolist() == [0, 1, 2], "no benign package"
    without = WeakLabels(keep=3, twins=False)
    assert np.flatnonzero(witnesses(table, np.arange(2), odds, without)).tolist() == [0, 1, 2]


def test_sample_takes_hard_negatives_and_balances(table: FeatureTable) -> None:
    odds = np.array([0.0] * 9 + [0, 5.0, -2, 0.5])
    positive = np.zeros(13)
    positive[[0, 8]] = 1.0
    chosen = sample(table, EVERYTHING, positive, odds, SETTINGS, seed=0)
    assert chosen.files[chosen.labels == 1].tolist() == [0, 4]
    assert 5 in chosen.files, "the benign file with the highest score"
    assert len(chosen.files) == 4
    assert chosen.weights[chosen.labels == 1].sum() / chosen.weights.sum() == pytest.approx(0.25)


def test_sample_uses_no_other_package(table: FeatureTable) -> None:
    positive = np.where(table.labels[table.owners] == 1, 1.0, 0.0)
    chosen = sample(table, np.array([2, 4]), positive, None, SETTINGS, seed=0)
    assert chosen.files.tolist() == [4, 7]
    assert chosen.labels.tolist() == [1, 0]
