from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError

from darnel.defang import EXCERPT
from darnel.errors import BundleError
from darnel.evidence import LISTED_FILES
from darnel.phrases import MOMENTS
from darnel.reports import FORMATS, Options, open_report, render
from darnel.reports.base import Accepted
from darnel.reports.machine import VERSION
from darnel.verdict import FileScore, Finding, Label, failure
from tests.darnel.builders import comparison, evidence, verdict
from tests.darnel.reports.schema import schema, validate


def test_document() -> None:
    data = json.loads(render("json", [verdict(), verdict()]))
    assert data["format"] == VERSION == 1
    assert len(data["results"]) == 2
    assert data["summary"] == {"malicious": 2, "suspicious": 0, "clean": 0, "unknown": 0, "accepted": 0}
    assert data["complete"] is True
    assert data["problem"] == ""


def test_no_results() -> None:
    assert json.loads(render("json", []))["results"] == []


def test_notes() -> None:
    stream = io.StringIO()
    with open_report("json", stream) as report:
        report.add(verdict(), notes=["needed by: app\n1.0"])
    assert json.loads(stream.getvalue())["results"][0]["notes"] == ["needed by: app 1.0"]


def test_what_is_accepted_counts_under_no_label() -> None:
    for form, place in (("markdown", "### darnel audit: 1 malicious, 1 accepted\n"), ("html", " accepted (1)")):
        assert place in with_one_accepted(form)
    data = json.loads(with_one_accepted("json"))
    validate(data)
    assert data["summary"] == {"malicious": 1, "suspicious": 0, "clean": 0, "unknown": 0, "accepted": 1}
    assert [bool(row.get("accepted")) for row in data["results"]] == [True, False]
    (run,) = json.loads(with_one_accepted("sarif"))["runs"]
    assert run["properties"]["summary"]["malicious"] == 1


def with_one_accepted(form: str) -> str:
    stream = io.StringIO()
    with open_report(form, stream, Options(title="darnel audit")) as report:
        report.add(verdict(name="known"), accepted=Accepted("looked at", "2999-01-01"))
        report.add(verdict())
    return stream.getvalue()


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


def test_reports_fit_the_published_schema() -> None:
    verdicts = [verdict(), verdict(evidence=(), delta=comparison()), failure("x.whl", "x.whl: cannot be read")]
    data = json.loads(render("json", verdicts))
    validate(data)
    assert data["format"] == schema()["properties"]["format"]["const"]
    data["results"][0]["label"] = "evil"
    with pytest.raises(ValidationError):
        validate(data)


def test_the_schema_names_what_the_code_can_say() -> None:
    defs = schema()["$defs"]
    assert set(defs["evidence"]["properties"]["context"]["enum"]) == set(MOMENTS)
    assert defs["verdict"]["properties"]["label"]["enum"] == [label.value for label in Label]
    assert defs["verdict"]["properties"]["files"]["maxItems"] == LISTED_FILES
    assert defs["evidence"]["properties"]["excerpt"]["maxLength"] == EXCERPT


def keys(node: Any) -> set[str]:
    inner = [node] if isinstance(node, dict) else node if isinstance(node, list) else []
    own = set(node.get("properties", ())) if isinstance(node, dict) else set()
    values = (v for part in inner for v in (part.values() if isinstance(part, dict) else [part]))
    return own.union(*map(keys, values)) if inner else own


def test_every_key_of_the_schema_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "json.md").read_text(encoding="utf-8")
    assert {key for key in keys(schema()) if f"`{key}`" not in page and f'"{key}"' not in page} == set()


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_verdict_that_fits_the_types_and_nothing_else_breaks_no_report(form: str) -> None:
    """A process that a hostile package has taken over can send such a one."""
    odd = Finding("x\x1b[2J", "a\u202e", -5, "whenever", 9.0, "\x1b", (0, 99))
    part = evidence(
        behaviour="no.such", context="whenever", line=-5, excerpt="\x1b[2J\u202e", decoded="\x9b", weight=-3.0
    )
    files = (FileScore("\x1b/\u202e", 7.0, "whenever"), FileScore("", -7.0, ""))
    for found in ((odd,), (replace(odd, evidence=()),)):
        text = render(form, [verdict(evidence=(part,), findings=found, files=files)], Options(verbose=True))
        assert not set(text) & {"\x1b", "\u202e", "\x9b"}
