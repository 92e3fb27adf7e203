from __future__ import annotations

import dataclasses
import json

import pytest

from darnel.verdict import Coverage, Label, failure
from tests.darnel.builders import evidence, verdict


def test_json_round_trip() -> None:
    data = json.loads(verdict().to_json())
    assert data["label"] == "malicious"
    assert data["evidence"][0]["line"] == 12
    assert data["coverage"] == {
        "files": 2,
        "cut": 0,
        "skipped": 0,
        "source_bytes": 100,
        "analysed_bytes": 100,
        "share": 1.0,
    }


def test_json_is_ascii() -> None:
    assert verdict(evidence=(evidence(excerpt="ж…"),)).to_json().isascii()


def test_small_numbers_keep_their_digits() -> None:
    data = verdict(score=6.096084908220433e-06, raw_score=0.99999912).to_dict()
    assert (data["score"], data["raw_score"]) == (6.09608e-06, 0.999999)


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict().label = Label.CLEAN  # type: ignore[misc]


def test_a_failure_is_unknown_and_has_no_score() -> None:
    failed = failure("x.whl", "x.whl: not an archive; check the download", name="x")
    assert failed.label == "unknown"
    assert failed.score is None
    assert failed.title == "x"
    assert failure("x.whl", "e").title == "x.whl"


def test_coverage_of_nothing_is_complete() -> None:
    assert Coverage().share == 1.0
    assert Coverage(source_bytes=200, analysed_bytes=50).share == 0.25
