from __future__ import annotations

import json
from typing import Any

import pytest

from darnel import selftest
from darnel.batch.codec import MAX_ITEMS, MAX_TEXT, CodecError, decode, encode
from darnel.classifier import Classifier
from darnel.verdict import Verdict, failure


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return Classifier.load().predict(selftest.inert_package(), excerpts=True)


def test_every_digit_comes_back(verdict: Verdict) -> None:
    assert verdict.evidence
    assert decode(json.loads(json.dumps(encode(verdict))), verdict.source) == verdict
    failed = failure("x", "no such file")
    assert decode(json.loads(json.dumps(encode(failed))), "x") == failed


def test_what_was_judged_is_for_the_caller_to_say(verdict: Verdict) -> None:
    assert decode({**encode(verdict), "source": "/etc/passwd"}, "mine").source == "mine"
    assert decode(encode(verdict), None).source == verdict.source


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("label", "harmless"),
        ("label", 3),
        ("score", 1.5),
        ("score", float("nan")),
        ("score", "0.1"),
        ("score", True),
        ("raw_score", -0.1),
        ("name", "x" * (MAX_TEXT + 1)),
        ("name", None),
        ("name", ["x"]),
        ("sha256", "../../etc/passwd"),
        ("evidence", {}),
        ("evidence", [{}]),
        ("evidence", [None] * (MAX_ITEMS + 1)),
        ("anomalies", ["x"] * (MAX_ITEMS + 1)),
        ("anomalies", [1]),
        ("timings", {"a": "b"}),
        ("timings", {str(i): 0.0 for i in range(1000)}),
        ("coverage", {"files": 1}),
        ("coverage", {"files": 1 << 60, "cut": 0, "skipped": 0, "source_bytes": 0, "analysed_bytes": 0}),
        ("surplus", 1),
    ],
)
def test_what_does_not_fit_is_refused(verdict: Verdict, name: str, value: Any) -> None:
    with pytest.raises(CodecError):
        decode({**encode(verdict), name: value}, "x")


@pytest.mark.parametrize("data", [None, [], 1, "x", {}])
def test_what_is_no_verdict_is_refused(data: Any) -> None:
    with pytest.raises(CodecError):
        decode(data, "x")


def test_an_error_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in decode(encode(failure("x", "a\x1b[2Jb\nc")), "x").error
