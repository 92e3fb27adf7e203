"""The published feature table: fits this code, holds what the issue asks for, and no source text."""

import json
from pathlib import Path

import numpy as np
import pytest

from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
from darnel.training.storage import load_table
from darnel.training.table import FeatureTable
from tests.data_card import CARD, SUMMARY, refreshed

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    return load_table(DATA)


def test_made_for_this_schema(table: FeatureTable) -> None:
    table.check(SCHEMA_VERSION, PACKAGE_COLUMNS.names, FILE_COLUMNS.names)


def test_small_enough_to_publish() -> None:
    assert sum(path.stat().st_size for path in DATA.glob("*.parquet")) < 40_000_000


def test_counts_after_the_caps(table: FeatureTable) -> None:
    packages = table.packages[~table.packages["probe"]]
    benign = packages[packages["label"] == 0].groupby("ecosystem").size()
    assert benign["pypi"] >= 2_000
    assert benign["npm"] >= 4_000
    assert (packages["source"] == "pypi-projects").sum() >= 100
    assert packages["readable"].all()
    assert packages["id"].is_unique


def test_numbers_and_hashes_only(table: FeatureTable) -> None:
    assert table.file_rows.dtype == table.package_rows.dtype == np.float32
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in table.file_hashes[:1_000])
    longest = {name: table.packages[name].astype(str).str.len().max() for name in table.packages.columns}
    assert max(longest.values()) < 400, longest


def test_no_campaign_and_no_name_is_on_both_sides_of_a_fold(table: FeatureTable) -> None:
    from darnel.training.splits import campaign_folds

    frame = table.packages.assign(fold=campaign_folds(table.packages, 5, 2026))
    malicious = frame[frame["label"] == 1]
    assert malicious.groupby(["ecosystem", "campaign"])["fold"].nunique().max() == 1
    assert frame.groupby(["ecosystem", "name"])["fold"].nunique().max() == 1


def test_the_card_counts_what_is_there() -> None:
    """``python -m tests.data_card`` writes the counts anew."""
    text = CARD.read_text(encoding="utf-8")
    assert refreshed(text) == text


def test_the_summary_is_that_of_the_table(table: FeatureTable) -> None:
    summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
    assert table.packages["source"].value_counts().to_dict() == summary["by_source"]
    assert summary["packages"] == len(table)


def test_the_published_erratum_is_the_one_that_builds_use() -> None:
    assert (DATA / "erratum.csv").read_bytes() == (DATA.parent / "training" / "corpus" / "erratum.csv").read_bytes()
