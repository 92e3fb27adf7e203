"""Verdicts as one self-contained HTML page: a sortable table, and a section with the evidence for every package.

What a package says is text here, never markup. The page loads nothing and may run nothing but its own script: its
Content-Security-Policy allows exactly the style and the script that darnel ships, by hash.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

import darnel
from darnel.reports.base import Entry, Report
from darnel.reports.markup import Html, element
from darnel.reports.page_package import section
from darnel.reports.words import score_words
from darnel.verdict import SEVERITY, Label

COLUMNS = ("verdict", "package", "version", "registry", "probability", "main finding")


class HtmlReport(Report):
    """Written at the end, worst first. Clean packages have a row, and a section only if the report is verbose."""

    def begin(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        """Keep it."""
        self.entries.append(entry)

    def end(self, problem: str) -> None:
        """Write the page."""
        self.entries.sort(key=lambda e: (-SEVERITY[e.verdict.label], -(e.verdict.score or 0.0), e.verdict.title))
        style, script = asset("page.css"), asset("page.js")
        shown = {i for i, e in enumerate(self.entries) if self.options.verbose or e.verdict.label is not Label.CLEAN}
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
            element("meta", name="referrer", content="no-referrer"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", f"{self.options.title}: {self._counts()}"),
            element("style", style),
        )
        body = element(
            "body",
            element("a", "Skip to the packages", href="#packages", class_="skip"),
            self._header(problem),
            element(
                "main",
                self._table(shown),
                *(section(i, e) for i, e in enumerate(self.entries) if i in shown),
                id="packages",
            ),
            element("footer", element("p", f"darnel {darnel.__version__}. Excerpts are defanged: hxxp, [.]")),
            element("script", script),
        )
        self.stream.write(f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n")

    def _counts(self) -> str:
        return ", ".join(f"{n} {label}" for label, n in self.summary.items() if n) or "nothing judged"

    def _header(self, problem: str) -> Html:
        banner = element("p", f"Not complete: {problem}", class_="problem", role="alert") if problem else Html()
        choices = [
            element(
                "label",
                element("input", type="checkbox", value=label, checked=True, class_="choice"),
                f" {label} ({n})",
            )
            for label, n in self.summary.items()
            if n
        ]
        find = element("label", "Find ", element("input", type="search", id="find", autocomplete="off"))
        tools = element("div", *choices, find, element("span", role="status", id="shown"), class_="tools")
        return element(
            "header", element("h1", self.options.title), element("p", self._counts()), banner, tools if choices else ""
        )

    def _table(self, shown: set[int]) -> Html:
        heads = (
            element("th", element("button", name, type="button"), scope="col", aria_sort="none") for name in COLUMNS
        )
        rows = (_row(i, e, i in shown) for i, e in enumerate(self.entries))
        return element(
            "div",
            element(
                "table",
                element("caption", "Packages, worst first; the headings sort"),
                element("thead", element("tr", *heads)),
                element("tbody", *rows),
                class_="packages",
            ),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label="Packages",
        )


def _row(number: int, entry: Entry, linked: bool) -> Html:
    verdict, accepted = entry.verdict, entry.accepted is not None
    name = verdict.name or verdict.source
    why = verdict.error or (verdict.findings[0].text if verdict.findings else "")
    return element(
        "tr",
        _cell(
            element("span", f"{verdict.label}{', accepted' * accepted}", class_=f"label {verdict.label}"),
            SEVERITY[verdict.label],
        ),
        element("th", element("a", name, href=f"#p{number}") if linked else name, scope="row"),
        _cell(verdict.version),
        _cell(verdict.ecosystem),
        _cell(score_words(verdict.score), f"{-1.0 if verdict.score is None else verdict.score:.9f}", class_="number"),
        _cell(why),
        data_label="accepted" if accepted else verdict.label,
        data_package=f"p{number}",
    )


def _cell(text: str, value: str | int | None = None, **attributes: str | int | bool) -> Html:
    """A cell; ``value`` is what it is sorted by, the text if it is missing."""
    if value is not None:
        attributes["data_value"] = value
    return element("td", text, **attributes)


def asset(name: str) -> Html:
    """A file of ours that goes into the page as it is."""
    text = (files("darnel.reports") / name).read_text(encoding="utf-8")
    return Html(text.replace("\r\n", "\n"))


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy that allows this style, this script and nothing else."""
    return (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


FORMAT = HtmlReport
