from __future__ import annotations

import io
import json
from typing import Any

import pytest

from darnel.errors import BundleError
from darnel.reports import open_report, render
from darnel.reports.machine import VERSION
from tests.darnel.builders import verdict


def test_document() -> None:
    data = json.loads(render("json", [verdict(), verdict()]))
    assert data["format"] == VERSION == 1
    assert len(data["results"]) == 2
    assert data["summary"] == {"malicious": 2, "suspicious": 0, "clean": 0, "unknown": 0}
    assert data["complete"] is True
    assert data["problem"] == ""


def test_no_results() -> None:
    assert json.loads(render("json", []))["results"] == []


def test_notes() -> None:
    stream = io.StringIO()
    with open_report("json", stream) as report:
        report.add(verdict(), notes=["needed by: app\n1.0"])
    assert json.loads(stream.getvalue())["results"][0]["notes"] == ["needed by: app 1.0"]


def ended_by(error: BaseException) -> dict[str, Any]:
    stream = io.StringIO()

    def run() -> None:
        with open_report("json", stream) as report:
            report.add(verdict())
            raise error

    with pytest.raises(type(error)):
        run()
    data: dict[str, Any] = json.loads(stream.getvalue())
    return data


@pytest.mark.parametrize(
    ("error", "problem"),
    [(KeyboardInterrupt(), "interrupted"), (BundleError("no model\nhere"), "no model here"), (OSError(), "OSError")],
)
def test_a_scan_that_ends_early_is_valid_json_and_says_why(error: BaseException, problem: str) -> None:
    data = ended_by(error)
    assert data["complete"] is False
    assert data["problem"] == problem
    assert len(data["results"]) == 1
