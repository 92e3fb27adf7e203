from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from darnel.errors import CorpusError
from darnel.training.splits import (
    PER_CAMPAIGN,
    campaign_folds,
    campaign_weights,
    groups,
    random_folds,
    rolling,
    temporal,
)


def corpus(seed: int = 0, malicious: int = 600, benign: int = 400) -> pd.DataFrame:
    """Skewed campaigns, names that cross them, families, two ecosystems, dates for one of them."""
    draw = np.random.default_rng(seed)
    rows = []
    for i in range(malicious + benign):
        bad = i < malicious
        pypi = draw.random() < 0.7
        project = int(draw.integers(0, 300))
        campaign = f"c{min(int(draw.pareto(0.8) * 6), 250)}" if bad else f"b{project}.{draw.integers(0, 2)}"
        if not bad and draw.random() < 0.02:
            campaign = "c3"  # a near-copy of malware
        rows.append(
            {
                "label": int(bad),
                "ecosystem": "pypi" if pypi else "npm",
                "name": f"m{draw.integers(0, 500)}" if bad else f"p{project}",
                "campaign": campaign,
                "family": "" if bad else f"f{project // 3}",
                "date": f"{draw.integers(2023, 2027)}-{draw.integers(1, 13):02}-15" if bad and pypi else "",
            }
        )
    return pd.DataFrame(rows)


def shared(table: pd.DataFrame, first: np.ndarray, second: np.ndarray, *columns: str) -> set[tuple[str, ...]]:
    sides = [set(table.iloc[rows][list(columns)].itertuples(index=False, name=None)) for rows in (first, second)]
    return {key for key in sides[0] & sides[1] if key[-1]}


def no_leak(table: pd.DataFrame, first: np.ndarray, second: np.ndarray, *within: str) -> None:
    assert not shared(table, first, second, *within, "campaign")
    assert not shared(table, first, second, "ecosystem", "name")
    good = np.flatnonzero(table["label"] == 0)
    assert not shared(table, np.intersect1d(first, good), np.intersect1d(second, good), "ecosystem", "family")


@pytest.mark.parametrize("seed", range(3))
def test_no_campaign_name_or_family_is_in_two_folds(seed: int) -> None:
    table = corpus(seed)
    folds = campaign_folds(table, 5, seed)
    assert set(folds.tolist()) == set(range(5))
    for fold in range(5):
        no_leak(table, np.flatnonzero(folds == fold), np.flatnonzero(folds != fold))


def test_the_random_split_does_leak() -> None:
    table = corpus()
    folds = random_folds(table)
    test, train = np.flatnonzero(folds == 0), np.flatnonzero(folds != 0)
    assert shared(table, test, train, "campaign")
    for _, part in table.assign(fold=folds).groupby(["label", "ecosystem"]):
        assert part["fold"].value_counts().max() - part["fold"].value_counts().min() <= 1


def test_folds_are_balanced_in_campaigns_and_benign_packages() -> None:
    table = corpus()
    table["name"] = [f"n{i}" for i in range(len(table))]
    folds = campaign_folds(table)
    weights = campaign_weights(table)
    for (label, ecosystem), part in table.assign(fold=folds, weight=weights).groupby(["label", "ecosystem"]):
        loads = part.groupby("fold")["weight"].sum()
        assert len(loads) == 5, (label, ecosystem)
        assert loads.max() < 1.5 * loads.min(), (label, ecosystem)


def test_folds_depend_on_the_seed_and_nothing_else() -> None:
    table = corpus()
    assert np.array_equal(campaign_folds(table, seed=1), campaign_folds(table.copy(), seed=1))
    assert not np.array_equal(campaign_folds(table, seed=1), campaign_folds(table, seed=2))


@pytest.mark.parametrize("seed", range(3))
def test_temporal_is_the_protocol(seed: int) -> None:
    table = corpus(seed)
    train, test = temporal(table, seed=seed)
    assert not set(train) & set(test)
    no_leak(table, train, test, "label")
    dated = table["date"] != ""
    assert (table.iloc[train]["date"][dated] < "2025-01-01").all()
    assert (table.iloc[test]["date"][dated] >= "2025-01-01").all()
    before = np.flatnonzero(dated & (table["date"] < "2025-01-01"))
    assert set(before) <= set(train)
    bad = table.iloc[test]
    assert bad[bad["label"] == 1]["campaign"].value_counts().max() <= PER_CAMPAIGN
    for ecosystem in ("pypi", "npm"):
        here = (table["label"] == 0) & (table["ecosystem"] == ecosystem)
        share = here.iloc[test].sum() / (here.iloc[test].sum() + here.iloc[train].sum())
        assert 0.15 < share < 0.35
    assert ((bad["label"] == 1) & (bad["ecosystem"] == "npm")).any()


def test_rolling_trains_on_the_past_only() -> None:
    table = corpus()
    months = []
    for (month, last), (train, test) in rolling(table):
        assert month == last
        months.append(month)
        no_leak(table, train, test, "label")
        past, now = table.iloc[train], table.iloc[test]
        assert (past[past["label"] == 1]["date"].str[:7] < month).all()
        assert (now[now["label"] == 1]["date"].str[:7] == month).all()
    assert months == sorted(set(table["date"].str[:7]) - {""})[1:]


def test_rolling_runs_months_together_until_there_are_campaigns_enough() -> None:
    table = corpus()
    every = [span for span, _ in rolling(table)]
    some = [(span, split) for span, split in rolling(table, least=12)]
    assert 1 < len(some) < len(every)
    assert some[0][0][0] == every[0][0]
    assert some[-1][0][1] == every[-1][1]
    for (first, last), (train, test) in some:
        no_leak(table, train, test, "label")
        past, now = table.iloc[train], table.iloc[test]
        assert (past[past["label"] == 1]["date"].str[:7] < first).all()
        bad = now[now["label"] == 1]
        assert bad["date"].str[:7].between(first, last).all()
        assert bad["campaign"].nunique() >= 12 or last == every[-1][1]
    assert all(a[1] < b[0] for (a, _), (b, _) in pairwise(some))


def test_a_benign_near_copy_of_malware_stays_with_it() -> None:
    table = corpus()
    roots = groups(table)
    mixed = table["campaign"] == "c3"
    assert set(table[mixed]["label"]) == {0, 1}
    assert len(set(roots[mixed])) == 1


def test_every_campaign_weighs_one() -> None:
    table = corpus().assign(ecosystem="pypi")
    weights = campaign_weights(table)
    bad = table["label"] == 1
    sums = pd.Series(weights[bad]).groupby(table[bad]["campaign"].to_numpy()).sum()
    assert np.allclose(sums, 1)
    assert (weights[~bad] == 1).all()


def test_a_table_without_the_columns_is_refused() -> None:
    with pytest.raises(CorpusError, match="no column 'campaign'"):
        campaign_folds(corpus().drop(columns="campaign"))
    with pytest.raises(CorpusError, match="1 folds; ask for at least 2"):
        campaign_folds(corpus(), 1)


def test_a_malicious_copy_of_a_benign_package_in_training_stays_in_the_test() -> None:
    rows = [(0, "requests", "same", "requests", ""), (1, "reqeusts", "same", "", "2026-01-01")]
    rows += [(0, f"p{i}", f"b{i}", f"p{i}", "") for i in range(20)]
    rows += [(1, f"m{i}", f"c{i}", "", "2024-01-01") for i in range(5)]
    table = pd.DataFrame(rows, columns=["label", "name", "campaign", "family", "date"]).assign(ecosystem="pypi")
    for seed in range(5):
        assert 1 in temporal(table, seed=seed).test
