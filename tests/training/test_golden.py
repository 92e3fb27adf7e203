from pathlib import Path

import numpy as np
import pytest

from darnel.classifier import Classifier
from darnel.errors import CorpusError
from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
from darnel.training.golden import CLEAN, FLAGGED, GOLDEN, GoldenSet, check_golden, load_golden
from darnel.training.table import FeatureTable, TableBuilder


def nothing_in_it() -> FeatureTable:
    builder = TableBuilder(PACKAGE_COLUMNS.names, FILE_COLUMNS.names, SCHEMA_VERSION)
    row = np.full(len(PACKAGE_COLUMNS), np.nan, np.float32)
    builder.add({"id": "empty", "ecosystem": "pypi"}, row, [])
    builder.add({"id": "torn", "ecosystem": "pypi", "readable": False}, row, [])
    return builder.build()


def test_shipped_packages_change_no_class_that_the_release_checks_did_not_see() -> None:
    golden = load_golden()
    assert {expected for _, expected in golden.packages} == {CLEAN, FLAGGED}
    assert {expected for _, expected in golden.rows} == {CLEAN, FLAGGED}
    bundle = Classifier.load().bundle
    found = check_golden(bundle, nothing_in_it(), GoldenSet(golden.packages, []))
    (released,) = [c for c in bundle.manifest.training["gate"]["checks"] if c["name"] == "golden samples"]
    assert _changed(found.measured) <= _changed(released["measured"]), "the model's own checks say what it gets wrong"


def _changed(measured: str) -> set[str]:
    """Hand-written samples whose class changed, rows of the table left out."""
    return {part for part in measured.partition(": ")[2].split("; ") if part and "#" not in part}


def test_a_changed_class_and_a_missing_row_fail() -> None:
    golden, bundle, table = load_golden(), Classifier.load().bundle, nothing_in_it()
    package, expected = golden.packages[0]
    wrong = CLEAN if expected == FLAGGED else FLAGGED
    found = check_golden(bundle, table, GoldenSet([(package, wrong)], [("empty", CLEAN), ("gone", CLEAN)]))
    assert not found.passed
    assert found.measured == f"2 of 3 changed: {package.name} not {wrong}; gone not in the table"
    assert "torn not clean" in check_golden(bundle, table, GoldenSet([], [("torn", CLEAN)])).measured
    assert not check_golden(bundle, table, GoldenSet([], [])).passed


def test_hand_written_packages_say_that_they_are_inert() -> None:
    assert "INERT, not malware" in GOLDEN.read_text(encoding="utf-8")
    for package, expected in load_golden().packages:
        text = b"".join(member.data for member in package.members()).decode()
        assert "http" not in text or "example" in text
        assert (expected == FLAGGED) == ("INERT golden sample" in text)


@pytest.mark.parametrize(
    "content",
    [
        "x = [",
        "[[row]]\nid = 'a'",
        "[[row]]\nid = 'a'\nexpect = 'good'",
        "[[package]]\nname = 'a'\necosystem = 'maven'\nexpect = 'clean'\n[package.files]",
        "row = 3",
    ],
)
def test_a_broken_golden_set_is_one_line(content: str, tmp_path: Path) -> None:
    path = tmp_path / "golden.toml"
    path.write_text(content)
    with pytest.raises(CorpusError, match="not a golden set"):
        load_golden(path)
    with pytest.raises(CorpusError, match="cannot be read"):
        load_golden(tmp_path / "none.toml")
