"""One package on the HTML page: what was found, beside the lines, the files by heat, and what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from darnel.phrases import MOMENTS
from darnel.reports.base import Entry
from darnel.reports.markup import Html, element, join
from darnel.reports.page_tree import tree
from darnel.reports.words import anomaly_words, delta_words, score_words, strength
from darnel.verdict import Evidence, Finding, Verdict

COLUMNS = 5
"""Feature columns named per finding."""


def section(number: int, entry: Entry) -> Html:
    """Lay one package out; ``number`` makes its anchors unique."""
    verdict = entry.verdict
    name = f"p{number}"
    label = element("span", verdict.label, class_=f"label {verdict.label}")
    found = [_finding(f"{name}f{i}", verdict, finding) for i, finding in enumerate(verdict.findings)]
    anchors = {finding.file: f"#{name}f{i}" for i, finding in reversed(list(enumerate(verdict.findings)))}
    files = element("aside", element("h3", "Files by heat"), tree(verdict.files, anchors)) if verdict.files else ""
    reasons = element("div", *found, _whole(verdict), class_="findings")
    return element(
        "article",
        element("h2", label, " ", verdict.title, id=f"{name}h"),
        _about(verdict),
        *(element("p", note, class_="note") for note in (*entry.notes, *verdict.notices)),
        element("p", verdict.error, class_="problem") if verdict.error else "",
        _delta(verdict),
        element("div", reasons, files, class_="columns"),
        id=name,
        aria_labelledby=f"{name}h",
    )


def _about(verdict: Verdict) -> Html:
    c = verdict.coverage
    facts = {
        "how sure": strength(verdict) or "not judged",
        "registry": verdict.ecosystem,
        "source": verdict.source,
        "sha256": verdict.sha256,
        "read": f"{c.share:.0%} of {c.source_bytes:,} source bytes; files {c.files}, cut {c.cut}, skipped {c.skipped}",
        "model": verdict.model,
    }
    pairs = (join(element("dt", key), element("dd", value)) for key, value in facts.items() if value)
    return element("dl", *pairs)


def _finding(anchor: str, verdict: Verdict, finding: Finding) -> Html:
    parts = verdict.evidence_of(finding)
    by_line: dict[int, list[Evidence]] = {}
    for e in parts:
        by_line.setdefault(e.line or 0, []).append(e)
    heads = element("tr", *(element("th", text, scope="col") for text in ("line", "code", "what it does")))
    rows = (_line(line, held) for line, held in sorted(by_line.items()))
    return element(
        "section",
        element("h3", finding.text),
        element("p", _share(finding.weight), " of what speaks for malicious", _when(finding), class_="share"),
        element("div", element("table", element("thead", heads), element("tbody", *rows)), class_="scroll lines"),
        element("p", element("strong", "Next: "), finding.next, class_="next"),
        element("p", element("small", f"counted through {', '.join(_columns(parts))}"))
        if any(e.columns for e in parts)
        else "",
        id=anchor,
        class_="finding",
    )


def _line(line: int, held: list[Evidence]) -> Html:
    excerpt = next((e.excerpt for e in held if e.excerpt), "")
    decoded = dict.fromkeys(e.decoded for e in held if e.decoded)
    code = [element("code", element("mark", excerpt))] if excerpt else [element("em", "not shown")]
    code += [element("code", value, class_="decoded") for value in decoded]
    return element(
        "tr",
        element("th", str(line), scope="row"),
        element("td", *code, class_="code"),
        element("td", element("ul", *map(_reason, held))),
    )


def _reason(e: Evidence) -> Html:
    hidden = " (hidden from a reader)" if e.hidden else ""
    return element("li", f"{e.description}{hidden} ", _share(e.weight))


def _columns(parts: list[Evidence]) -> list[str]:
    """The columns that most of the evidence counted through."""
    counted = Counter(column for e in parts for column in e.columns)
    return [column for column, _ in counted.most_common(COLUMNS)]


def _whole(verdict: Verdict) -> Html:
    """What has no line: facts about the package, statistics, oddities of the container."""
    items: list[Html] = []
    for e in verdict.evidence:
        if e.line is None:
            where = join(element("code", e.file), ": ") if e.file else ""
            details = element("ul", *(element("li", detail) for detail in e.details)) if e.details else ""
            items.append(element("li", where, f"{e.description} ", _share(e.weight), details))
    items += [element("li", f"container: {anomaly_words(anomaly)}") for anomaly in verdict.anomalies]
    if not items:
        return Html()
    return element("section", element("h3", "The package as a whole"), element("ul", *items), class_="finding")


def _delta(verdict: Verdict) -> Html:
    """What changed since the previous release, if it was given."""
    delta = verdict.delta
    if delta is None:
        return Html()
    heads = ("changed file", "score", "score before")
    rows: Iterator[Html] = (
        element(
            "tr",
            element("th", element("code", file.path), scope="row"),
            element("td", score_words(file.score), class_="number"),
            element("td", "new" if file.score_before is None else score_words(file.score_before), class_="number"),
        )
        for file in delta.files
    )
    table = element(
        "table",
        element(
            "thead",
            element(
                "tr",
                *(element("th", text, scope="col", class_="number" if i else False) for i, text in enumerate(heads)),
            ),
        ),
        element("tbody", *rows),
    )
    return element(
        "section",
        element("h3", f"Changes since {delta.previous}"),
        element("p", delta_words(delta, verdict.score)),
        element("div", table, class_="scroll") if delta.files else "",
        class_="delta",
    )


def _share(weight: float) -> Html:
    level = min(9, int(weight * 10))
    return element("span", f"{weight:.0%}", class_=f"heat h{level}")


def _when(finding: Finding) -> str:
    return f"; runs {MOMENTS.get(finding.context, finding.context)}" if finding.context else "; does not run by itself"
