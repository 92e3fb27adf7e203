"""A verdict for people: one line, and for what is not clean a short narrative with its evidence, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from darnel.defang import printable
from darnel.features.anomalies import KINDS
from darnel.phrases import MOMENTS
from darnel.verdict import Comparison, Evidence, Finding, Label, Verdict

if TYPE_CHECKING:
    from rich.text import Text

FINDINGS = 4
"""Findings shown per package, unless verbose."""
PLACES = 4
"""Lines of code shown per finding."""
FACTS = 3
"""Reasons without a place, and oddities of the container, shown of each."""
SOURCE = 20
"""Fewest columns in which the end of a longer source is shown."""
FILE = 50
"""Longest file name, columns; the end of a longer one is shown."""

_STYLE = {Label.MALICIOUS: "bold red", Label.SUSPICIOUS: "bold yellow", Label.CLEAN: "green", Label.UNKNOWN: "magenta"}
_ODDITIES = {kind.name: kind.doc for kind in KINDS}


def lines(verdict: Verdict, width: int = 80, verbose: bool = False, notes: Sequence[str] = ()) -> list[Text]:
    """Lay a verdict out as styled lines of at most ``width`` columns, without control characters."""
    out = [_headline(verdict, width)]
    for note in notes:
        out += _wrapped(printable(note), width, style="dim")
    if verdict.error:
        out += _wrapped(printable(verdict.error), width)
    for notice in verdict.notices:
        out += _wrapped(printable(notice), width)
    if verdict.delta:
        out += _wrapped(
            f"since {printable(verdict.delta.previous)}: {delta_words(verdict.delta, verdict.score)}", width
        )
    if verdict.label in (Label.MALICIOUS, Label.SUSPICIOUS) or verbose:
        shown = len(verdict.findings) if verbose else FINDINGS
        for finding in verdict.findings[:shown]:
            out += _finding(verdict, finding, width)
        if len(verdict.findings) > shown:
            more = ", ".join(_place(f.file, f.line) for f in verdict.findings[shown : shown + 3])
            out += _wrapped(f"also in {more} (--verbose shows all)", width)
        out += _facts(verdict, width, verbose)
    if verbose:
        for detail in _details(verdict):
            out += _wrapped(detail, width, style="dim")
    return out


def anomaly_words(anomaly: str) -> str:
    """An oddity of the container in words, with the path and detail it came with."""
    kind, colon, rest = anomaly.partition(":")
    return f"{_ODDITIES.get(kind, kind)}{colon}{rest}"


def delta_words(delta: Comparison, score: float | None) -> str:
    """What changed since the previous release, in a sentence or two."""
    unused = "" if delta.used else "; the model does not weigh changes, so the verdict is that of the release alone"
    files = "file" if delta.changed == 1 else "files"
    return (
        f"{delta.changed:,} {files} with new content, {delta.removed:,} gone; score {score_words(score)}, "
        f"without the previous release {score_words(delta.score_alone)}{unused}"
    )


def _headline(verdict: Verdict, width: int) -> Text:
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    label = verdict.label.value
    text = Text(f"{label.upper() if verdict.label is Label.MALICIOUS else label:<10} ", style=_STYLE[verdict.label])
    text.append(f"{score_words(verdict.score):>6}  ")
    title, room = printable(verdict.title), width - 28
    text.append(title if cell_len(title) <= room else set_cell_size(title, room - 1).rstrip() + "…", style="bold")
    if verdict.ecosystem != "unknown":
        text.append(f" ({verdict.ecosystem})")
    source, room = printable(verdict.source), width - text.cell_len - 2
    if not source.startswith("<installed ") and source != verdict.title and room >= min(cell_len(source), SOURCE):
        while cell_len(source) > room:
            source = "…" + source[2:]
        text.append(f"  {source}", style="dim")
    return text


def score_words(score: float | None) -> str:
    """Three decimals, or which side of them it is on."""
    if score is None:
        return "-"
    return "<0.001" if score < 0.001 else ">0.999" if score > 0.999 else f"{score:.3f}"


def _finding(verdict: Verdict, finding: Finding, width: int) -> Iterator[Text]:
    """The sentence, the lines of code that it speaks of, what was hidden in them, and what to look at next."""
    place = _place(finding.file, finding.line)
    text = finding.text.replace(f"{finding.file}:{finding.line}", place, 1)
    yield from _wrapped(f"{text} [{finding.weight:.0%}]", width, style="cyan")
    parts = verdict.evidence_of(finding)
    by_line: dict[int, Evidence] = {}
    telling = [e for e in parts if e.behaviour != "hide.swallow"] or parts
    for e in telling:
        held = by_line.get(e.line or 0)
        if e.excerpt and (held is None or (e.decoded and not held.decoded)):
            by_line[e.line or 0] = e
    heaviest = sorted(by_line, key=lambda line: -sum(e.weight for e in telling if e.line == line))[:PLACES]
    digits = len(str(max(by_line, default=0)))
    told: set[str] = set()
    for line in sorted(heaviest):
        yield _cut(f"    {line:>{digits}} | {printable(by_line[line].excerpt)}", width)
        for value in dict.fromkeys(e.decoded for e in parts if e.line == line and e.decoded):
            if value not in told:
                told.add(value)
                yield _cut(f"    {'':>{digits}}   {printable(value)}", width, style="yellow")
    if by_line:
        yield from _wrapped(f"next: {finding.next}", width, indent=4, style="dim")


def _facts(verdict: Verdict, width: int, verbose: bool) -> Iterator[Text]:
    general = [e for e in verdict.evidence if e.line is None]
    for e in general if verbose else general[:FACTS]:
        yield from _wrapped(f"{printable(e.file) or 'package'}: {e.description} [{e.weight:.0%}]", width)
    shown = 100 if verbose else FACTS
    for anomaly in verdict.anomalies[:shown]:
        yield from _wrapped(f"container: {printable(anomaly_words(anomaly))}", width)
    if len(verdict.anomalies) > shown:
        yield from _wrapped(f"container: {len(verdict.anomalies) - shown} more, shown by --verbose", width)


def _details(verdict: Verdict) -> Iterator[str]:
    c, share = verdict.coverage, verdict.coverage.share
    for file in verdict.files[:5]:
        when = f", runs {MOMENTS.get(file.context, file.context)}" if file.context else ""
        yield f"file score {score_words(file.score)}: {printable(file.path)}{when}"
    yield f"coverage: {share:.0%} of {c.source_bytes:,} source bytes; {c.files} files, {c.cut} cut, {c.skipped} skipped"
    yield "seconds: " + ", ".join(f"{stage} {value:.3f}" for stage, value in verdict.timings.items())
    yield f"model: {verdict.model}, operating point {verdict.operating_point}, schema {verdict.schema_version}"
    yield f"sha256: {verdict.sha256}"


def _place(file: str, line: int) -> str:
    shown = f"{file}:{line}"
    return shown if len(shown) <= FILE else "…" + shown[1 - FILE :]


def _wrapped(text: str, width: int, indent: int = 2, style: str = "") -> list[Text]:
    from rich.text import Text

    first, then = " " * indent, " " * (indent + 2)
    wrapped = textwrap.wrap(printable(text), width, initial_indent=first, subsequent_indent=then)
    return [_cut(line, width, style) for line in wrapped] or [Text(first)]


def _cut(text: str, width: int, style: str = "") -> Text:
    """One line of at most ``width`` cells: letters of some scripts are two cells wide."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    return Text(text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…", style=style)
