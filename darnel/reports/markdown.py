"""Verdicts as a comment on a pull request: one table, and the evidence folded away below it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from darnel.defang import defang, printable
from darnel.reports.base import Entry, Report
from darnel.verdict import SEVERITY, Evidence, Label, Verdict

ROWS = 50
"""Packages in the table; the others are counted."""
LINES = 6
"""Reasons per package."""

_SIGN = {Label.MALICIOUS: "🔴", Label.SUSPICIOUS: "🟠", Label.UNKNOWN: "⚪", Label.CLEAN: "🟢"}
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~@&:$-])")


class MarkdownReport(Report):
    """Written at the end, worst first. Nothing of a package is markup: not its links, mentions, images or HTML."""

    def begin(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        """Keep it."""
        self.entries.append(entry)

    def end(self, problem: str) -> None:
        """Write everything."""
        for line in self._lines(problem):
            self.stream.write(line + "\n")

    def _lines(self, problem: str) -> Iterator[str]:
        counts = ", ".join(f"{n} {label}" for label, n in self.summary.items() if n) or "nothing judged"
        yield f"### {self.options.title}: {counts}"
        if problem:
            yield f"\n**Not complete:** {escape(problem)}"
        listed = sorted(self.entries, key=lambda e: (-SEVERITY[e.verdict.label], -(e.verdict.score or 0.0)))
        if not self.options.verbose:
            listed = [e for e in listed if e.verdict.label is not Label.CLEAN]
        if not listed:
            return
        yield "\n| | package | score | why |\n| --- | --- | ---: | --- |"
        for entry in listed[:ROWS]:
            yield _row(entry.verdict)
        if len(listed) > ROWS:
            yield f"\nand {len(listed) - ROWS} more"
        for entry in listed[:ROWS]:
            yield from _details(entry)


def _row(verdict: Verdict) -> str:
    score = "-" if verdict.score is None else f"{verdict.score:.3f}"
    reasons = [e for e in verdict.evidence if e.line is not None] or list(verdict.evidence)
    why = verdict.error or (_where(reasons[0]) + reasons[0].description if reasons else "")
    return f"| {_SIGN[verdict.label]} {verdict.label} | {escape(verdict.title)} | {score} | {escape(why)} |"


def _details(entry: Entry) -> Iterator[str]:
    verdict = entry.verdict
    if not verdict.evidence and not entry.notes:
        return
    yield f"\n<details><summary>{escape(verdict.title)}</summary>\n"
    for note in entry.notes:
        yield f"{escape(note)}\n"
    for e in verdict.evidence[:LINES]:
        when = f" [{e.context}]" if e.context else ""
        yield f"- {code(_where(e).removesuffix(' '))} {escape(e.description)}{escape(when)}"
        if e.excerpt:
            yield f"  {code(e.excerpt)}"
    yield f"\n{escape(verdict.source)} · sha256 {code(verdict.sha256)}\n\n</details>"


def _where(e: Evidence) -> str:
    if not e.file:
        return "package "
    return f"{e.file}:{e.line} " if e.line is not None else f"{e.file} "


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKUP.sub(r"\\\1", defang(text, 300))


def code(text: str) -> str:
    """Text as an inline code span, whatever runs of backticks it holds."""
    shown = (defang(text, 300) if "://" in text else printable(text)).replace("|", "¦")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}" if shown.startswith("`") or shown.endswith("`") else f"{fence}{shown}{fence}"


FORMAT = MarkdownReport
