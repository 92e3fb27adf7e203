"""A verdict for people: one line, and for what is not clean a short narrative with its evidence, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from darnel.defang import printable
from darnel.phrases import MOMENTS, gravity
from darnel.reports.words import anomaly_words, delta_words, score_words, strength
from darnel.verdict import Evidence, Finding, Label, Verdict

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
LABEL = 12
"""Columns of the label."""
LONGEST = 500
"""Characters of a path or name; of a longer one the middle is left out, and the formats for machines have it."""
WINDOWS = 2
"""Parts shown of one line that is too long to show."""

_STYLE = {Label.MALICIOUS: "bold red", Label.SUSPICIOUS: "bold yellow", Label.CLEAN: "green", Label.UNKNOWN: "magenta"}


def lines(verdict: Verdict, width: int = 80, verbose: bool = False, notes: Sequence[str] = ()) -> list[Text]:
    """Lay a verdict out as styled lines of at most ``width`` columns, without control characters."""
    out = _headline(verdict, width, verbose)
    if verdict.measured or verbose:
        out += _wrapped(strength(verdict), width)
    if verdict.error:  # before the notes: it says what they are worth
        out += _wrapped(verdict.error, width)
    for note in notes:
        out += _wrapped(note, width, style="dim")
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
            more = ", ".join(f"{f.file}:{f.line}" for f in verdict.findings[shown : shown + 3])
            out += _wrapped(f"also in {more} (--verbose shows all)", width)
        out += _facts(verdict, width, verbose)
    if verbose:
        for detail in _details(verdict):
            out += _wrapped(detail, width, style="dim")
    return out


def _headline(verdict: Verdict, width: int, verbose: bool) -> list[Text]:
    """The label, what was judged, and where it lies: of what is clean the end, of everything else all of it."""
    from rich.cells import cell_len
    from rich.text import Text

    label, style = verdict.label, _STYLE[verdict.label]
    known = f" ({verdict.ecosystem})" if verdict.ecosystem != "unknown" else ""
    first, *more = _pieces(printable(verdict.title) + known, width - LABEL)
    head = Text(f"{label.value.upper() if label is Label.MALICIOUS else label.value:<{LABEL}}", style=style)
    out = [head.append(first, style="bold"), *(Text(f"{'':{LABEL}}{piece}", style="bold") for piece in more)]
    source, room = printable(verdict.source), width - out[-1].cell_len - 2
    if source in ("", printable(verdict.title)):
        return out
    if cell_len(source) <= room:
        out[-1].append(f"  {source}", style="dim")
    elif label is not Label.CLEAN or verbose:
        out += [Text(f"{'':{LABEL}}{piece}", style="dim") for piece in _pieces(source, width - LABEL)]
    elif room >= SOURCE:
        while cell_len(source) > room:
            source = "…" + source[2:]
        out[-1].append(f"  {source}", style="dim")
    return out


def _finding(verdict: Verdict, finding: Finding, width: int) -> Iterator[Text]:
    """The sentence, the lines of code that it speaks of, what was hidden in them, and what to look at next."""
    yield from _wrapped(f"{finding.text} [{finding.weight:.0%}]", width, style="cyan")
    parts = verdict.evidence_of(finding)
    telling = [e for e in parts if e.behaviour != "hide.swallow"] or parts
    shown = _excerpts(telling)
    digits = len(str(max(shown, default=0)))
    told: set[str] = set()
    for line, excerpts in sorted(shown.items()):
        for excerpt in excerpts:
            yield from _code(f"{line:>{digits}} | ", excerpt, width)
        for value in dict.fromkeys(e.decoded for e in parts if e.line == line and e.decoded):
            if value not in told:
                told.add(value)
                yield from _code(" " * (digits + 3), value, width, style="yellow")
    if shown:
        yield from _wrapped(f"next: {finding.next}", width, indent=4, style="dim")


def _excerpts(telling: Sequence[Evidence]) -> dict[int, list[str]]:
    """What to show of each of the heaviest lines: of a short one all, of a long one the parts with the gravest."""
    weights: dict[int, float] = {}
    for e in telling:
        if e.excerpt:
            weights[e.line or 0] = weights.get(e.line or 0, 0.0) + e.weight
    heaviest = sorted(weights, key=lambda line: -weights[line])[:PLACES]
    shown: dict[int, list[str]] = {}
    for e in sorted(telling, key=lambda e: (not e.decoded, gravity(e.behaviour))):
        held = shown.get(e.line or 0, [])
        if e.line not in heaviest or not e.excerpt:
            continue
        # Two parts of a long line overlap when the middle of one stands in the other.
        middle = len(e.excerpt) // 2
        fresh = e.excerpt[0] == "…" and not any(e.excerpt[middle - 15 : middle + 15] in other for other in held)
        if not held or (fresh and len(held) < WINDOWS):
            shown[e.line or 0] = [*held, e.excerpt]
    return shown


def _facts(verdict: Verdict, width: int, verbose: bool) -> Iterator[Text]:
    general = [e for e in verdict.evidence if e.line is None]
    for e in general if verbose else general[:FACTS]:
        yield from _wrapped(f"{printable(e.file) or 'package'}: {e.description} [{e.weight:.0%}]", width)
        for detail in e.details:
            yield from _wrapped(detail, width, indent=4, style="dim")
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
    if verdict.model:
        reached = f"operating point {verdict.operating_point or 'none'}"
        yield f"model: {verdict.model}, {reached}, schema {verdict.schema_version}"
    yield f"sha256: {verdict.sha256}"


def _wrapped(text: str, width: int, indent: int = 2, style: str = "") -> list[Text]:
    """A sentence."""
    return _filled(text, width, " " * indent, " " * (indent + 2), style)


def _code(head: str, text: str, width: int, style: str = "") -> list[Text]:
    """A line of code, all of it: what matters may stand at its end."""
    return _filled(text, width, f"    {head}", " " * (len(head) + 4), style)


def _filled(text: str, width: int, first: str, then: str, style: str) -> list[Text]:
    """Lines of at most ``width`` cells, broken at blanks; a path or name only if it is longer than a line."""
    from rich.cells import cell_len
    from rich.text import Text

    text = printable(text)
    room = width if cell_len(text) == len(text) else width // 2  # letters of some scripts are two cells wide
    lines = textwrap.wrap(text, room, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)
    return [Text(line, style=style) for line in lines] or [Text(first)]


def _pieces(text: str, width: int) -> list[str]:
    """Text cut into lines of at most ``width`` cells."""
    from rich.cells import chop_cells

    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}…{text[-LONGEST // 2 :]}"
    return chop_cells(text, width) or [""]
