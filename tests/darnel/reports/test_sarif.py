from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError

from darnel.errors import BundleError
from darnel.features.taxonomy import BEHAVIOURS
from darnel.reports import open_report, render
from darnel.reports.base import Accepted
from darnel.reports.sarif import FINGERPRINT, uri_of
from darnel.verdict import Label, Verdict, failure
from tests.darnel.builders import evidence, verdict

OFFICIAL = Path(__file__).parents[2] / "data" / "sarif-schema-2.1.0.json"


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))


def log(*verdicts: Verdict) -> dict[str, Any]:
    """The only run of a valid log."""
    data = json.loads(render("sarif", verdicts))
    validator().validate(data)
    (run,) = data["runs"]
    assert isinstance(run, dict)
    return run


def test_the_schema_is_the_official_one_and_bites() -> None:
    data = json.loads(render("sarif", [verdict()]))
    official = json.loads(OFFICIAL.read_text(encoding="utf-8"))
    assert official["$id"].endswith("oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    data["runs"][0]["results"][0]["level"] = "terrible"
    with pytest.raises(ValidationError):
        validator().validate(data)


def test_what_is_accepted_is_suppressed_and_nothing_else() -> None:
    stream = io.StringIO()
    with open_report("sarif", stream) as report:
        report.add(verdict(), notes=["accepted until 2026-12-31: ours"], accepted=Accepted("ours", "2026-12-31"))
        report.add(verdict(name="other"))
        report.add(failure("x.whl", "x.whl: cannot be read"), accepted=Accepted("known", "2026-12-31"))
        report.add(failure("y.whl", "y.whl: cannot be read"))
    data = json.loads(stream.getvalue())
    validator().validate(data)
    (run,) = data["runs"]
    (suppression,), other = [result["suppressions"] for result in run["results"]]
    assert (suppression["kind"], suppression["status"], suppression["justification"]) == (
        "external",
        "accepted",
        "ours",
    )
    assert suppression["properties"]["expires"] == "2026-12-31"
    assert other == []
    assert [n["level"] for n in run["invocations"][0]["toolExecutionNotifications"]] == ["note", "error"]
    assert all("suppressions" not in result for result in log()["results"]), "without a baseline nobody has looked"


def test_what_the_verdict_did_without_is_a_warning() -> None:
    run = log(verdict(label=Label.CLEAN, evidence=(), notices=("judged without the previous release: gone",)))
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (told["level"], told["message"]["text"]) == (
        "warning",
        "evil 1.0: judged without the previous release: gone",
    )
    assert not run["results"]


@pytest.mark.parametrize(("place", "uri", "line"), [("req/dev.txt:12", "req/dev.txt", 12), ("uv.lock", "uv.lock", 1)])
def test_what_a_lock_file_asks_for_is_placed_there(place: str, uri: str, line: int) -> None:
    stream = io.StringIO()
    with open_report("sarif", stream) as report:
        report.add(verdict(source="pypi:evil-1.0.tar.gz"), place=place)
        report.add(verdict(evidence=()), place=place)
        report.add(failure("x", "too large"), place=place)
    data = json.loads(stream.getvalue())
    validator().validate(data)
    (run,) = data["runs"]
    for told in (*run["results"], *run["invocations"][0]["toolExecutionNotifications"]):
        (where,) = told["locations"]
        assert where["physicalLocation"]["artifactLocation"] == {"uri": uri}
        assert where["physicalLocation"]["region"]["startLine"] == line
    (related,) = run["results"][0]["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "pypi/evil-1.0.tar.gz/setup.py"
    assert related["physicalLocation"]["region"]["startLine"] == 12


def test_a_notification_names_its_package_once() -> None:
    run = log(failure("nope", "nope: no such file"), failure("x", "too large"))
    texts = [told["message"]["text"] for told in run["invocations"][0]["toolExecutionNotifications"]]
    assert texts == ["nope: no such file", "x: too large"]


def test_what_is_judged_twice_is_one_artifact() -> None:
    assert len(log(verdict(), verdict(), verdict(source="b.whl"))["artifacts"]) == 2


def test_rules_are_behaviours_with_help() -> None:
    rules = log()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules[:-1]] == [b.id for b in BEHAVIOURS]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)


def test_a_finding_is_a_result() -> None:
    parts = (evidence(excerpt="post(x)"), evidence(behaviour="cred.ssh", line=9, weight=0.1))
    run = log(verdict(evidence=parts))
    (result,) = run["results"]
    assert result["level"] == "error"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "cred.ssh"
    assert "evil 1.0 is malicious (p = 0.970 at base rate 0.001): at install, setup.py:9" in result["message"]["text"]
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "evil-1.0.tar.gz/setup.py"
    assert where["region"]["startLine"] == 9
    (other,) = result["relatedLocations"]
    assert other["physicalLocation"]["region"] == {"startLine": 12, "snippet": {"text": "post(x)"}}
    assert run["artifacts"][0]["hashes"] == {"sha-256": "0" * 64}


def prints(v: Verdict) -> list[str]:
    return [result["partialFingerprints"][FINGERPRINT] for result in log(v)["results"]]


def test_fingerprints_outlive_new_lines_versions_and_scores() -> None:
    old = verdict(evidence=(evidence(), evidence(line=300)))
    new = verdict(version="2.0", score=0.5, source="x", evidence=(evidence(line=40, weight=0.1), evidence(line=990)))
    assert prints(old) == prints(new)
    assert len(set(prints(old))) == 2
    assert prints(old) != prints(verdict(evidence=(evidence(file="other.py"),)))


def test_what_is_clean_is_silent_and_suspicion_is_a_warning() -> None:
    run = log(verdict(label=Label.CLEAN), verdict(label=Label.SUSPICIOUS))
    assert [result["level"] for result in run["results"]] == ["warning"]
    assert run["properties"]["summary"] == {"malicious": 0, "suspicious": 1, "clean": 1, "unknown": 0, "accepted": 0}


def test_without_a_line_the_package_is_the_place() -> None:
    parts = (evidence(file="", line=None, behaviour="statistics", description="how the text looks"),)
    (result,) = log(verdict(evidence=parts))["results"]
    assert result["ruleId"] == "package"
    assert "how the text looks" in result["message"]["text"]


def test_what_cannot_be_judged_is_a_notification() -> None:
    run = log(failure("a b.whl", "a b.whl: cannot be read"))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    (told,) = invocation["toolExecutionNotifications"]
    assert "cannot be read" in told["message"]["text"]
    assert told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.whl"
    assert run["results"] == []


@pytest.mark.parametrize("error", [BundleError("no model"), KeyboardInterrupt(), ZeroDivisionError("x")])
def test_an_early_end_is_a_valid_log_that_says_so(error: BaseException) -> None:
    stream = io.StringIO()

    def run() -> None:
        with open_report("sarif", stream):
            raise error

    with pytest.raises(type(error)):
        run()
    data = json.loads(stream.getvalue())
    validator().validate(data)
    (invocation,) = data["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_hostile_names_make_valid_uris() -> None:
    name = "\x1b[2J\u202e ../%2e <x> #?é"
    v = verdict(name=name, source=name, evidence=(evidence(file=name),))
    assert all("\x1b" not in json.dumps(v) for v in (log(v),))


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("dist/x-1.0.tar.gz", "dist/x-1.0.tar.gz/a.py"),
        ("./x", "x/a.py"),
        ("/abs/x", "file:///abs/x/a.py"),
        ("<bytes>", "bytes/a.py"),
        ("<installed requests>", "installed/requests/a.py"),
        ("pypi:requests==2.0", "pypi/requests%3D%3D2.0/a.py"),
    ],
)
def test_places(source: str, uri: str) -> None:
    assert uri_of(verdict(source=source), "a.py") == uri
