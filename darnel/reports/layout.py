"""Verdicts for people: one line each, and for what is not clean a few lines of evidence that fit 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from darnel.defang import printable
from darnel.verdict import Evidence, Label, Verdict

if TYPE_CHECKING:
    from rich.text import Text

SHOWN = 8
"""Places shown per package, unless verbose."""
PLACE = 30
"""Widest file:line column."""
SOURCE = 20
"""Fewest columns in which the end of a longer source is shown."""

_STYLE = {Label.MALICIOUS: "bold red", Label.SUSPICIOUS: "bold yellow", Label.CLEAN: "green", Label.UNKNOWN: "magenta"}


def lines(verdict: Verdict, width: int = 80, verbose: bool = False, notes: Sequence[str] = ()) -> list[Text]:
    """Lay a verdict out as styled lines of at most ``width`` columns, without control characters."""
    from rich.text import Text

    out = [_headline(verdict, width)]
    out += [Text(_fit(f"  {printable(note)}", width), style="dim") for note in notes]
    if verdict.error:
        out += [Text(f"  {part}") for part in textwrap.wrap(printable(verdict.error), width - 2)]
    if verdict.label in (Label.MALICIOUS, Label.SUSPICIOUS) or verbose:
        out += _evidence(verdict.evidence, width, verbose)
        for anomaly in verdict.anomalies[: 100 if verbose else 3]:
            out.append(Text(_fit(f"  container: {printable(anomaly)}", width)))
        if not verbose and len(verdict.anomalies) > 3:
            out.append(Text(f"  container: {len(verdict.anomalies) - 3} more, shown by --verbose"))
    if verbose:
        out += [Text(_fit(f"  {detail}", width), style="dim") for detail in _details(verdict)]
    return out


def _headline(verdict: Verdict, width: int) -> Text:
    from rich.text import Text

    label = verdict.label.value
    text = Text(f"{label.upper() if verdict.label is Label.MALICIOUS else label:<10} ", style=_STYLE[verdict.label])
    text.append(f"{_score(verdict.score):>6}  ")
    text.append(_fit(printable(verdict.title), width - 28), style="bold")
    if verdict.ecosystem != "unknown":
        text.append(f" ({verdict.ecosystem})")
    source = printable(verdict.source)
    room = width - len(text) - 2
    if not source.startswith("<installed ") and source != verdict.title and room >= min(len(source), SOURCE):
        text.append(f"  {source if len(source) <= room else '…' + source[1 - room :]}", style="dim")
    return text


def _score(score: float | None) -> str:
    if score is None:
        return "-"
    return "<0.001" if score < 0.001 else ">0.999" if score > 0.999 else f"{score:.3f}"


def _evidence(evidence: tuple[Evidence, ...], width: int, verbose: bool) -> list[Text]:
    """Evidence by place, strongest place first; what has no place comes last, in one line each."""
    from rich.text import Text

    placed = [e for e in evidence if e.line is not None]
    rank: dict[tuple[str, int | None], int] = {}
    for e in placed:
        rank.setdefault((e.file, e.line), len(rank))
    placed.sort(key=lambda e: rank[e.file, e.line])
    groups = [list(group) for _, group in groupby(placed, key=lambda e: (e.file, e.line))]
    general = [e for e in evidence if e.line is None]
    if not verbose:
        groups = groups[: SHOWN - min(2, len(general))]
        general = general[: max(2, 3 - len(groups))]
    heads = [_place(f"{g[0].file}:{g[0].line}") for g in groups] + [_place(e.file or "package") for e in general]
    column = max((len(head) for head in heads), default=0)
    out: list[Text] = []
    for head, group in zip(heads, [*groups, *([e] for e in general)], strict=True):
        what = "; ".join(dict.fromkeys(e.description + (" (hidden)" if e.hidden else "") for e in group))
        when = f"  [{group[0].context}]" if group[0].context else ""
        wrapped = textwrap.wrap(printable(what) + when, width - column - 4) or [""]
        for i, part in enumerate(wrapped):
            line = Text(f"  {head if i == 0 else '':<{column}}  ", style="cyan")
            out.append(line.append(part, style="default"))
        excerpt = next((e.excerpt for e in group if e.excerpt), "")
        if excerpt:
            out.append(Text(_fit(f"  {'':<{min(column, 4)}}  > {excerpt}", width), style="dim"))
    return out


def _details(verdict: Verdict) -> list[str]:
    c, share = verdict.coverage, verdict.coverage.share
    return [
        f"coverage: {share:.0%} of {c.source_bytes:,} source bytes; {c.files} files, {c.cut} cut, {c.skipped} skipped",
        "seconds: " + ", ".join(f"{stage} {value:.3f}" for stage, value in verdict.timings.items()),
        f"model: {verdict.model}, operating point {verdict.operating_point}, schema {verdict.schema_version}",
        f"sha256: {verdict.sha256}",
    ]


def _place(text: str) -> str:
    return text if len(text) <= PLACE else "…" + text[1 - PLACE :]


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
