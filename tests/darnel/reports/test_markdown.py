from __future__ import annotations

import re

from darnel.reports import Options, render
from darnel.reports.markdown import LIMIT, ROWS, code
from darnel.verdict import Label, failure
from tests.darnel.builders import evidence, verdict

HOSTILE = "x](https://a.example.invalid) www.b.example.invalid </summary> "
HOSTILE += "![i](y) <img src=x> @someone `a` | **b** \x1b[2J\u202e\n# head"


def test_clean_packages_are_only_counted() -> None:
    assert render("markdown", [verdict(label=Label.CLEAN)]) == "### darnel scan: 1 clean\n"
    assert "🟢 clean" in render("markdown", [verdict(label=Label.CLEAN)], Options(verbose=True))


def test_worst_first_with_reasons_folded_away() -> None:
    text = render("markdown", [failure("x.whl", "cannot be read"), verdict(evidence=(evidence(excerpt="a()"),))])
    assert text.index("malicious |") < text.index("unknown |")
    assert "<details><summary>evil 1.0</summary>\n\np = 0.970 at base rate 0.001\n\n- **at" in text
    assert "- **at install, setup.py\\:12 sends data over the network" in text
    assert "** (40%)\n  - `a()`\n" in text


def test_nothing_of_the_package_is_markup() -> None:
    reasons = (evidence(file=HOSTILE, description=HOSTILE, excerpt=HOSTILE),)
    text = render("markdown", [verdict(name=HOSTILE, version="", source=HOSTILE, evidence=reasons)])
    summary = text[text.index("<summary>") + 9 : text.index("</summary>")]
    assert "<" not in summary
    text = text.replace(f"<summary>{summary}</summary>", "")
    plain = re.sub(r"(`+).*?[^`]\1(?!`)", "", re.sub(r"\\.", "", text))
    for mark in ("](", "<img", "@", "**b", "\x1b", "\u202e", "\n# "):
        assert mark not in plain
    assert "https://" not in text
    assert "www.b" not in text


def test_code_spans_hold_any_backticks() -> None:
    assert code("a`b``c") == "```a`b``c```"
    assert code("`a") == "`` `a ``"


def test_a_comment_stays_short() -> None:
    text = render("markdown", [verdict(name=f"p{i}") for i in range(ROWS + 3)])
    assert "and 3 more" in text
    assert text.count("<details>") == ROWS


def test_a_comment_fits_where_comments_go() -> None:
    long = tuple(evidence(line=100 * i, excerpt="x" * 160, decoded="y" * 120) for i in range(1, 9))
    text = render("markdown", [verdict(name=f"p{i}", evidence=long) for i in range(ROWS)])
    assert len(text) < LIMIT + 6_000
    assert "No room for the evidence of" in text
