from __future__ import annotations

import io
import json

import pytest

from darnel.report import FORMAT, JsonReport
from tests.darnel.builders import verdict


def test_document() -> None:
    stream = io.StringIO()
    with JsonReport(stream) as report:
        report.add(verdict())
        report.add(verdict())
    data = json.loads(stream.getvalue())
    assert data["format"] == FORMAT == 1
    assert len(data["results"]) == 2
    assert data["summary"] == {"malicious": 2, "suspicious": 0, "clean": 0, "unknown": 0}
    assert data["complete"] is True


def test_no_results() -> None:
    stream = io.StringIO()
    with JsonReport(stream):
        pass
    assert json.loads(stream.getvalue())["results"] == []


def interrupted(stream: io.StringIO) -> None:
    with JsonReport(stream) as report:
        report.add(verdict())
        raise KeyboardInterrupt


def test_an_interrupted_scan_is_valid_json_and_says_so() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        interrupted(stream)
    data = json.loads(stream.getvalue())
    assert data["complete"] is False
    assert len(data["results"]) == 1
