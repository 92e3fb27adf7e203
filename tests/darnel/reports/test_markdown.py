from __future__ import annotations

import re

from darnel.reports import Options, render
from darnel.reports.markdown import ROWS, code
from darnel.verdict import Label, failure
from tests.darnel.builders import evidence, verdict

HOSTILE = "x](https://a.example.invalid) ![i](y) <img src=x> @someone `a` | **b** \x1b[2J\u202e\n# head"


def test_clean_packages_are_only_counted() -> None:
    assert render("markdown", [verdict(label=Label.CLEAN)]) == "### darnel scan: 1 clean\n"
    assert "🟢 clean" in render("markdown", [verdict(label=Label.CLEAN)], Options(verbose=True))


def test_worst_first_with_reasons_folded_away() -> None:
    text = render("markdown", [failure("x.whl", "cannot be read"), verdict(evidence=(evidence(excerpt="a()"),))])
    assert text.index("malicious |") < text.index("unknown |")
    assert "<details><summary>evil 1.0</summary>\n\n- `setup.py:12`" in text
    assert "  `a()`" in text


def test_nothing_of_the_package_is_markup() -> None:
    reasons = (evidence(file=HOSTILE, description=HOSTILE, excerpt=HOSTILE),)
    text = render("markdown", [verdict(name=HOSTILE, version="", source=HOSTILE, evidence=reasons)])
    plain = re.sub(r"(`+).*?[^`]\1(?!`)", "", re.sub(r"\\.", "", text))
    for mark in ("](", "<img", "@", "**b", "\x1b", "\u202e", "\n# "):
        assert mark not in plain
    assert "https://" not in text


def test_code_spans_hold_any_backticks() -> None:
    assert code("a`b``c") == "```a`b``c```"
    assert code("`a") == "`` `a ``"


def test_a_comment_stays_short() -> None:
    text = render("markdown", [verdict(name=f"p{i}") for i in range(ROWS + 3)])
    assert "and 3 more" in text
    assert text.count("<details>") == ROWS
