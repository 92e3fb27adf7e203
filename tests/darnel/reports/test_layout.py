from __future__ import annotations

from darnel.reports import render
from darnel.reports.layout import lines
from darnel.verdict import Label, Measured, Verdict, failure
from tests.darnel.builders import comparison, evidence, verdict


def shown(v: Verdict, verbose: bool = False) -> list[str]:
    return [line.plain for line in lines(v, 80, verbose)]


def test_one_line_for_a_clean_package() -> None:
    assert shown(verdict(label=Label.CLEAN, score=0.00004)) == ["clean       evil 1.0 (pypi)  evil-1.0.tar.gz"]


def test_findings_are_sentences_with_their_lines() -> None:
    reasons = (
        evidence(excerpt="post(x)", decoded="base64 → hxxp://a[.]example[.]invalid"),
        evidence(line=3, file="pkg/__init__.py", context="import", behaviour="decode.text", weight=0.05),
        evidence(behaviour="env.all", line=9, weight=0.1, excerpt="x = dict(os.environ)"),
        evidence(behaviour="statistics", description="what names no behaviour: metadata", file="", line=None),
    )
    assert shown(verdict(evidence=reasons)) == [
        "MALICIOUS   evil 1.0 (pypi)  evil-1.0.tar.gz",
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


def test_how_rare_that_is_among_benign_releases_comes_first() -> None:
    weak = verdict(score=0.0484, evidence=(), measured=Measured(3, 2261))
    assert shown(weak)[1] == "  at most 3 of 2,261 benign releases look as bad; p = 0.048 at base rate 0.001"
    below = verdict(label=Label.CLEAN, score=0.00004, evidence=())
    assert shown(below, verbose=True)[1] == "  below every operating point; p < 0.001 at base rate 0.001"


def test_whole_paths_and_names() -> None:
    long = "some-package/with-a-rather/long-path/of-folders/" * 3
    v = verdict(
        name="n" * 100,
        version="1.2.3-final",
        source=f"/srv/{long}x.whl",
        evidence=(evidence(file=f"{long}a.py"),),
    )
    for out in (shown(v), shown(v, verbose=True)):
        text = "".join(line.strip() for line in out)
        assert f"{'n' * 100} 1.2.3-final (pypi)/srv/{long}x.whl" in text
        assert f"{long}a.py:12" in text
    assert "evil-package/of-words/a-b-c.py:12" in " ".join(
        line.strip()
        for line in shown(verdict(evidence=(evidence(file="evil-package/of-words/a-b-c.py"),)), verbose=True)
    )


def test_the_end_of_a_long_line_is_shown() -> None:
    code = "x = '" + "a" * 90 + "'; require('child_process').exec('curl | sh')"
    text = "".join(line.strip() for line in shown(verdict(evidence=(evidence(excerpt=code),))))
    assert code in text


def test_parts_of_a_line_that_is_too_long_to_show() -> None:
    parts = tuple(
        evidence(behaviour=name, line=1, excerpt=f"…{word * 30}")
        for name, word in (("net.send", "s"), ("env.all", "e"))
    )
    text = "\n".join(shown(verdict(evidence=parts)))
    assert "sss" in text
    assert "eee" in text


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
        "unknown     a.whl",
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
    assert "since evil 0.9: 3 files with new content, 1 gone; p 0.970, without the previous release 0.010; the" in out
    assert "does not weigh changes" in out
