from __future__ import annotations

from darnel.reports import render
from darnel.reports.layout import lines
from darnel.verdict import Label, Verdict, failure
from tests.darnel.builders import comparison, evidence, verdict


def shown(v: Verdict, verbose: bool = False) -> list[str]:
    return [line.plain for line in lines(v, 80, verbose)]


def test_one_line_for_a_clean_package() -> None:
    assert shown(verdict(label=Label.CLEAN, score=0.00004)) == ["clean      <0.001  evil 1.0 (pypi)  evil-1.0.tar.gz"]


def test_findings_are_sentences_with_their_lines() -> None:
    reasons = (
        evidence(excerpt="post(x)", decoded="base64 → hxxp://a[.]example[.]invalid"),
        evidence(line=3, file="pkg/__init__.py", context="import", behaviour="decode.text", weight=0.05),
        evidence(behaviour="env.all", line=9, weight=0.1, excerpt="x = dict(os.environ)"),
        evidence(behaviour="statistics", description="what names no behaviour: metadata", file="", line=None),
    )
    assert shown(verdict(evidence=reasons)) == [
        "MALICIOUS   0.970  evil 1.0 (pypi)  evil-1.0.tar.gz",
        "  at install, setup.py:12 reads the whole environment and sends data over the",
        "    network [50%]",
        "     9 | x = dict(os.environ)",
        "    12 | post(x)",
        "         base64 → hxxp://a[.]example[.]invalid",
        "    next: find out what is sent and who runs the host; look it up, do not",
        "      contact it",
        "  at import, pkg/__init__.py:3 decodes text [5%]",
        "  package: what names no behaviour: metadata [40%]",
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


def test_at_most_four_findings() -> None:
    reasons = tuple(evidence(line=100 * i) for i in range(1, 8))
    text = "\n".join(shown(verdict(evidence=reasons)))
    assert text.count("sends data") == 4
    assert "also in setup.py:500, setup.py:600, setup.py:700 (--verbose shows all)" in text
    assert "\n".join(shown(verdict(evidence=reasons), verbose=True)).count("sends data") == 7


def test_oddities_of_the_container_in_words() -> None:
    out = shown(verdict(evidence=(), anomalies=("traversal: ../x", "brand-new")))
    assert out[1:] == ['  container: a member\'s path climbs out with "..": ../x', "  container: brand-new"]


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


def test_what_changed_since_the_previous_release() -> None:
    out = " ".join(" ".join(shown(verdict(evidence=(), delta=comparison(used=False)))).split())
    assert (
        "since evil 0.9: 3 files with new content, 1 gone; score 0.970, without the previous release 0.010; the" in out
    )
    assert "does not weigh changes" in out
