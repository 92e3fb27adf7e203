from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from darnel.training import metrics
from darnel.training.baselines import scorers
from darnel.training.config import Config, WeakLabels, load_config
from darnel.training.derived import joined
from darnel.training.pairs import previous_rows
from darnel.training.splits import campaign_folds
from darnel.training.table import FeatureTable
from darnel.training.two_stage import TwoStageClassifier
from darnel.training.weights import campaigns
from tests.training.synthetic import synthetic_table


def quick() -> Config:
    config = load_config()
    return replace(
        config,
        jobs=1,
        file_model={**config.file_model, "rounds": 60, "feature_fraction": 0.8},
        package_model={**config.package_model, "rounds": 60},
        weak_labels=WeakLabels(rounds=2, trees=1.0, hard_negatives=1500, random_negatives=1500),
    )


@cache
def halves() -> tuple[FeatureTable, FeatureTable]:
    table = synthetic_table(campaigns=90, benign=400, unreadable=2)
    folds = campaign_folds(table.packages, 2, 0)
    return table.subset(folds == 0), table.subset(folds == 1)


@cache
def fitted() -> TwoStageClassifier:
    return TwoStageClassifier(quick()).fit(halves()[0])


def recall(scores: np.ndarray, table: FeatureTable, rate: float = 0.03) -> float:
    threshold = metrics.threshold_at(scores[table.labels == 0], rate)
    return float(metrics.at_threshold(scores, table.labels, campaigns(table), threshold)["recall"])


def test_sees_one_bad_file_where_a_package_vector_does_not() -> None:
    train, test = halves()
    large = (test.packages["file_count"] > 12).to_numpy() & test.packages["readable"].to_numpy()
    scores = fitted().scores(test)
    naive = scorers(quick())["naive vector"](train, test)
    assert recall(scores[large], test.subset(large)) > 0.9
    assert recall(naive[large], test.subset(large)) < 0.6


def test_label_cleaning_finds_the_planted_file() -> None:
    train = halves()[0]
    part = train.subset(train.packages["readable"].to_numpy(dtype=bool))
    kept = fitted().file_model_.witnesses_ > 0
    secret, send = (part.file_columns.index(f"cat.{what}.import") for what in ("secret", "send"))
    rows = part.file_rows[part.links]
    planted = (rows[:, secret] > 0) & (rows[:, send] > 0)
    malicious = part.labels[part.owners] == 1
    assert planted[kept & malicious].mean() > 0.8
    assert not kept[~malicious].any()


def test_fold_scores_are_out_of_fold() -> None:
    train = halves()[0]
    shuffled = np.random.default_rng(0).permutation(train.labels)
    packages = train.packages.assign(label=shuffled, campaign=[f"c{i}" for i in range(len(train))], readable=True)
    noise = replace(train, packages=packages)
    folds = np.arange(len(noise)) % 3
    model = TwoStageClassifier(replace(quick(), matched=False)).fit(noise, folds=folds)
    assert 0.3 < metrics.area_under_curve(model.fold_scores_, shuffled, campaigns(noise)) < 0.7
    assert metrics.area_under_curve(model.scores(noise), shuffled, campaigns(noise)) > 0.7


def test_same_seed_same_model() -> None:
    train = halves()[0]
    for jobs in (1, 2):
        other = TwoStageClassifier(replace(quick(), jobs=jobs)).fit(train)
        for ours, theirs in (
            (fitted().file_model_.learner_, other.file_model_.learner_),
            (fitted().stage_.release_, other.stage_.release_),
        ):
            assert ours.booster_.model_to_string() == theirs.booster_.model_to_string()


def test_masked_columns_are_not_seen() -> None:
    test = halves()[1]
    other = replace(test, package_rows=test.package_rows.copy())
    other.package_rows[:, [0, 1]] = 1e6
    np.testing.assert_array_equal(fitted().scores(test), fitted().scores(other))
    assert not any(name.startswith("shape.") for name in fitted().get_feature_names_out())


def test_unreadable_packages_get_the_wrong_answer() -> None:
    table = synthetic_table(campaigns=3, benign=3, unreadable=1)
    scores = fitted().scores(table)
    assert scores[-1] == 0.0
    assert table.labels[-1] == 1


def test_is_an_estimator_whose_learner_can_be_swapped() -> None:
    train, test = halves()
    learner = DecisionTreeClassifier(max_depth=6, min_samples_leaf=5)
    model = clone(TwoStageClassifier(quick(), file_learner=learner, package_learner=learner)).fit(train)
    assert model.predict_proba(test).shape == (len(test), 2)
    assert recall(model.scores(test), test) > 0.7


@pytest.mark.parametrize("label", [0, 1])
def test_predict_goes_by_one_half(label: int) -> None:
    test = halves()[1].subset(halves()[1].labels == label)
    assert (fitted().predict(test) == label).mean() > 0.8


def updates(table: FeatureTable, seed: int) -> FeatureTable:
    """Every package with a previous release: malicious ones lacked their bad file, benign ones a file like any."""
    rng = np.random.default_rng(seed)
    secret, send = (table.file_columns.index(f"cat.{what}.import") for what in ("secret", "send"))
    bad = (table.file_rows[:, secret] > 0) & (table.file_rows[:, send] > 0)
    rows = []
    for i in range(len(table)):
        links = table.files_of(i)
        gone = links[bad[links]] if bad[links].any() else rng.choice(links, min(1, len(links)))
        rows.append(links[~np.isin(links, gone)])
    packages = table.packages.assign(id=[f"old{i}" for i in range(len(table))], label=0, campaign="", version="0")
    old = replace(
        table,
        packages=packages,
        links=np.concatenate(rows),
        offsets=np.cumsum([0, *map(len, rows)]).astype(np.int64),
    )
    new = replace(table, packages=table.packages.assign(previous=packages["id"].to_numpy(), version="1"))
    return joined(new, old)


def test_learns_from_what_changed() -> None:
    train, test = (updates(part, seed) for seed, part in enumerate(halves()))
    model = TwoStageClassifier(quick()).fit(train)
    assert any(name.startswith("delta.") for name in model.get_feature_names_out())
    before = previous_rows(test.packages)
    alone, both = model.scores(test), model.scores(test, before)
    none = before < 0
    np.testing.assert_array_equal(alone[none], both[none])
    asked = test.subset(~none)
    assert recall(both[~none], asked, 0.01) > 0.9
    assert recall(both[~none], asked, 0.01) >= recall(alone[~none], asked, 0.01)


def test_can_be_told_not_to_compare() -> None:
    train = halves()[0]
    model = TwoStageClassifier(replace(quick(), compare=False)).fit(train)
    assert model.delta_ is None
    assert not any(name.startswith("delta.") for name in model.get_feature_names_out())
