"""The page as text; what a browser makes of it is in ``test_page_in_chromium``."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from darnel.reports import Options, open_report, render
from darnel.reports.markup import VOID, Html, element, join
from darnel.verdict import FileScore, Label, Verdict, failure
from tests.darnel.builders import comparison, evidence, verdict
from tests.darnel.reports.hostile import HOSTILE, hostile_verdict


class Page(HTMLParser):
    """Elements with their attributes and texts; refuses elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def page(*verdicts: Verdict, verbose: bool = False) -> Page:
    return Page(render("html", verdicts, Options(verbose)))


def test_nothing_of_the_package_is_markup() -> None:
    harmless = page(
        verdict(evidence=(evidence(excerpt="x", decoded="x"), evidence(line=None)), error="x", delta=comparison())
    )
    hostile = page(hostile_verdict())
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in harmless.elements}
    assert hostile.count("script") == hostile.count("style") == 1
    for tag, attributes in hostile.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
    assert "<img src=x onerror=" in hostile.text


def test_no_control_or_direction_characters() -> None:
    text = render("html", [hostile_verdict()])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_nothing_is_loaded() -> None:
    for tag, attributes in page(hostile_verdict()).elements:
        assert tag not in {"img", "link", "iframe", "object", "form", "base", "svg"}
        for name in ("src", "href", "action", "srcset"):
            target = attributes.get(name)
            assert target is None or re.fullmatch("#[a-z0-9]+", target), (tag, target)


def test_the_policy_allows_our_style_and_script_and_nothing_else() -> None:
    text = render("html", [verdict()])
    (policy,) = (a["content"] for t, a in Page(text).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inner,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(sha256(inner.encode()).digest()).decode()}';" in policy
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_evidence_stands_beside_its_line() -> None:
    shown = page(verdict(evidence=(evidence(excerpt="post(x)", decoded="base64 → y", columns=("beh.a.b",)),)))
    for words in ("at install, setup.py:12 sends", "post(x)", "base64 → y", "HTTP POST/PUT", "beh.a.b", "Next: "):
        assert words in shown.text
    assert ("tr", {"data-label": "malicious", "data-package": "p0"}) in shown.elements


def test_files_by_heat() -> None:
    files = (FileScore("a/b/cold.py", 0.05, "import"), FileScore("a/hot.py", 0.97, "install"), FileScore("x", 0.5, ""))
    shown = page(verdict(files=files, evidence=(evidence(file="a/hot.py"),)))
    heats = [(a["class"] or "").split()[-1] for t, a in shown.elements if (a.get("class") or "").startswith("heat")]
    assert heats[-5:] == ["h9", "h9", "h0", "h0", "h5"]  # a/, a/hot.py, a/b/, a/b/cold.py, x
    assert ("a", {"href": "#p0f0"}) in shown.elements


def test_a_very_deep_path_is_no_recursion() -> None:
    assert "deep.py" in page(verdict(files=(FileScore("a/" * 5000 + "deep.py", 0.5, ""),))).text


def test_worst_first_and_clean_only_as_a_row() -> None:
    verdicts = [verdict(name="good", label=Label.CLEAN), failure("broken.whl", "no archive"), verdict(name="bad")]
    shown = page(*verdicts)
    rows = [a["data-label"] for t, a in shown.elements if "data-label" in a]
    assert rows == ["malicious", "unknown", "clean"]
    assert shown.count("article") == 2
    assert page(*verdicts, verbose=True).count("article") == 3


def test_changes_are_shown_when_there_are_any() -> None:
    shown = page(verdict(delta=comparison()))
    assert "Changes since evil 0.9" in shown.text
    assert "3 files with new content, 1 gone; p 0.970, without the previous release 0.010" in shown.text
    assert "new" in shown.texts
    assert "0.100" in shown.texts
    assert "Changes since" not in page(verdict()).text


def test_an_early_end_is_said() -> None:
    stream = io.StringIO()

    def run() -> None:
        with open_report("html", stream) as report:
            report.add(verdict())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert "Not complete: interrupted" in Page(stream.getvalue()).text


def test_nothing_judged() -> None:
    assert "nothing judged" in page().text


@pytest.mark.parametrize("text", [HOSTILE, "a & b", "", " x "])
def test_text_comes_back_as_it_was_meant(text: str) -> None:
    assert Page(element("p", text, title=text)).count("p") == 1
    assert element("p", "a", Html("<b></b>"), " c") == "<p>a<b></b> c</p>"
    assert join("<", ">") == "&lt;&gt;"
