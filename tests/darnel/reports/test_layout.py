from __future__ import annotations

from darnel.reports import render
from darnel.reports.layout import lines
from darnel.verdict import Label, Verdict, failure
from tests.darnel.builders import evidence, verdict


def shown(v: Verdict, verbose: bool = False) -> list[str]:
    return [line.plain for line in lines(v, 80, verbose)]


def test_one_line_for_a_clean_package() -> None:
    assert shown(verdict(label=Label.CLEAN, score=0.00004)) == ["clean      <0.001  evil 1.0 (pypi)  evil-1.0.tar.gz"]


def test_evidence_of_one_place_stands_together() -> None:
    reasons = (
        evidence(),
        evidence(line=3, file="pkg/__init__.py", context="import", behaviour="x", description="decodes"),
        evidence(behaviour="env.all", description="reads or serialises the whole environment", weight=0.1),
    )
    assert shown(verdict(evidence=reasons)) == [
        "MALICIOUS   0.970  evil 1.0 (pypi)  evil-1.0.tar.gz",
        "  setup.py:12        HTTP POST/PUT, upload, mail, WebSocket send; reads or",
        "                     serialises the whole environment  [install]",
        "  pkg/__init__.py:3  decodes  [import]",
    ]


def test_eighty_columns_whatever_the_package_is_called() -> None:
    hostile = "\x1b[2J\u202e" + "n" * 300
    reasons = tuple(
        evidence(file="n" * 300 + f"/{i}.py", line=i, description="d" * 30 + " words" * 20, excerpt="x" * 160)
        for i in range(1, 12)
    )
    v = verdict(name=hostile, version=hostile, source=hostile, evidence=reasons, anomalies=(hostile,) * 9)
    for verbose in (False, True):
        for line in shown(v, verbose):
            assert len(line) <= 80
            assert line.isprintable()


def test_at_most_eight_places() -> None:
    reasons = tuple(evidence(line=i) for i in range(1, 13))
    assert sum("setup.py:" in line for line in shown(verdict(evidence=reasons))) == 8


def test_an_error_is_told() -> None:
    assert shown(failure("a.whl", "a.whl: not an archive; check the download")) == [
        "unknown         -  a.whl",
        "  a.whl: not an archive; check the download",
    ]


def test_no_colour_codes_in_a_pipe() -> None:
    text = render("text", [verdict(evidence=(evidence(excerpt="[red]x[/red] :smile:"),))])
    assert "\x1b" not in text
    assert "[red]x[/red] :smile:" in text


def test_notes_stand_below_the_headline() -> None:
    (head, note) = (line.plain for line in lines(verdict(evidence=()), 80, notes=["needed by: a\x1b[2J 1.0"]))
    assert head.startswith("MALICIOUS")
    assert note == "  needed by: a\\x1b[2J 1.0"
