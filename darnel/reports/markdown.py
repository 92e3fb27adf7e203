"""Verdicts as a comment on a pull request: one table, and the evidence folded away below it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from darnel.defang import defang, printable
from darnel.reports.base import Entry, Report
from darnel.reports.words import anomaly_words, delta_words, score_words, strength
from darnel.verdict import SEVERITY, Finding, Label, Verdict

ROWS = 50
"""Packages in the table; the others are counted."""
FINDINGS, LINES, FACTS = 5, 4, 3
"""Per package: findings, lines of code in each, reasons about the package as a whole."""
LIMIT = 60_000
"""Characters after which packages lose their details: code hosts refuse longer comments."""

_SIGN = {Label.MALICIOUS: "🔴", Label.SUSPICIOUS: "🟠", Label.UNKNOWN: "⚪", Label.CLEAN: "🟢"}
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~@&:$-]|(?<=www)\.)", re.IGNORECASE)


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
        counts = ", ".join(f"{n} {label}" for label, n in self.summary.items() if n) or "nothing judged"
        lines = [f"### {self.options.title}: {counts}"]
        if problem:
            lines.append(f"\n**Not complete:** {escape(problem)}")
        listed = sorted(self.entries, key=lambda e: (-SEVERITY[e.verdict.label], -(e.verdict.score or 0.0)))
        if not self.options.verbose:
            listed = [e for e in listed if e.verdict.label is not Label.CLEAN]
        if listed:
            lines.append("\n| | package | probability | why |\n| --- | --- | ---: | --- |")
            lines += [_row(entry) for entry in listed[:ROWS]]
        if len(listed) > ROWS:
            lines.append(f"\nand {len(listed) - ROWS} more")
        size = sum(map(len, lines))
        for i, entry in enumerate(listed[:ROWS]):
            block = "\n".join(_details(entry))
            size += len(block)
            if size > LIMIT:
                lines.append(f"\nNo room for the evidence of {len(listed) - i} packages.")
                break
            lines += [block] if block else []
        for line in lines:
            self.stream.write(line + "\n")


def _row(entry: Entry) -> str:
    verdict = entry.verdict
    why = verdict.error
    if not why and verdict.findings:
        why = verdict.findings[0].text
    elif not why and verdict.evidence:
        why = verdict.evidence[0].description
    sign = f"{_SIGN[verdict.label]} {verdict.label}{', accepted' * (entry.accepted is not None)}"
    return f"| {sign} | {escape(verdict.title)} | {escape(score_words(verdict.score))} | {escape(why)} |"


def _details(entry: Entry) -> Iterator[str]:
    verdict = entry.verdict
    if not (verdict.evidence or verdict.notices or entry.notes):
        return
    yield f"\n<details><summary>{html.escape(defang(verdict.title, 300))}</summary>\n"
    for note in filter(None, (strength(verdict), *entry.notes, *verdict.notices)):
        yield f"{escape(note)}\n"
    if verdict.delta:
        words = delta_words(verdict.delta, verdict.score)
        yield f"since {escape(verdict.delta.previous)}\\: {escape(words)}\n"
    for finding in verdict.findings[:FINDINGS]:
        yield from _finding(verdict, finding)
    for e in [e for e in verdict.evidence if e.line is None][:FACTS]:
        yield f"- {escape(e.file or 'package')}\\: {escape(e.description)} ({e.weight:.0%})"
        yield from (f"  - {escape(detail)}" for detail in e.details)
    for anomaly in verdict.anomalies[:FACTS]:
        yield f"- container\\: {escape(anomaly_words(anomaly))}"
    yield f"\n{escape(verdict.source)} · sha256 {code(verdict.sha256)}\n\n</details>"


def _finding(verdict: Verdict, finding: Finding) -> Iterator[str]:
    yield f"- **{escape(finding.text)}** ({finding.weight:.0%})"
    shown: set[str] = set()
    for e in verdict.evidence_of(finding):
        for text in (e.excerpt, e.decoded):
            if text and text not in shown and len(shown) < 2 * LINES:
                shown.add(text)
                yield f"  - {code(text)}"
    yield f"  - next\\: {escape(finding.next)}"


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
