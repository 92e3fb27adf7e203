"""From single pieces of evidence to a short narrative: what happens at one place is one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from darnel.advice import next_of
from darnel.embedded import around, shown
from darnel.features.behaviours import WINDOW_LINES
from darnel.phrases import MOMENTS, Told, gravity, sentence
from darnel.verdict import Evidence, Finding

SAID = 5
"""Behaviours that a sentence names, the gravest ones."""

TOLD = 2
"""Flows that a sentence tells of."""


def findings(evidence: Sequence[Evidence], orders: Sequence[int], flows: Sequence[Told] = ()) -> tuple[Finding, ...]:
    """Group evidence that stands in the same file, runs at the same time and is at most a screen apart.

    That a manifest runs something unasked, and what that does, are one finding.

    Parameters
    ----------
    evidence : sequence of Evidence
        What has no line is left out.
    orders : sequence of int
        Position of each in its file, for the order within a sentence.
    flows : sequence of Told, optional
        What gets to each from elsewhere in the file.

    Returns
    -------
    tuple of Finding
        Heaviest first.
    """
    placed = [i for i, e in enumerate(evidence) if e.line is not None]
    home = _homes(evidence, placed)
    placed.sort(key=lambda i: (home[i], evidence[i].line, orders[i]))
    found = []
    for _, members in groupby(placed, key=home.__getitem__):
        group: list[int] = []
        for i in members:
            if group and (evidence[i].line or 0) - (evidence[group[-1]].line or 0) > WINDOW_LINES // 2:
                found.append(_finding(evidence, group, flows))
                group = []
            group.append(i)
        found.append(_finding(evidence, group, flows))
    return tuple(sorted(found, key=lambda f: (-f.weight, f.file, f.line)))


def _homes(evidence: Sequence[Evidence], placed: Sequence[int]) -> dict[int, tuple[str, str]]:
    """File and moment that each belongs to: what stands in a line whose code was taken out goes with that code."""
    inside: dict[tuple[str, int | None], Evidence] = {}
    for i in sorted(placed, key=lambda i: evidence[i].weight):
        if file := around(evidence[i].file):
            inside[file, evidence[i].line] = evidence[i]
    homes = {}
    for i in placed:
        e = evidence[i]
        inner = inside.get((e.file, e.line), e)
        of = inner if e.context in ("", inner.context) else e
        homes[i] = (of.file, of.context)
    return homes


def _finding(evidence: Sequence[Evidence], group: list[int], flows: Sequence[Told]) -> Finding:
    ranked = sorted(group, key=lambda i: (gravity(evidence[i].behaviour), -evidence[i].weight))
    of = max(group, key=lambda i: "#" in evidence[i].file)  # of what stands there twice, the code that was taken out
    head, file, context = evidence[ranked[0]], shown(evidence[of].file), evidence[of].context
    said = list(dict.fromkeys(evidence[i].behaviour for i in ranked))[:SAID]
    does = sentence(evidence[i].behaviour for i in group if evidence[i].behaviour in said)
    told = list(dict.fromkeys(flows[i] for i in ranked if i < len(flows) and flows[i].words))[:TOLD]
    when = MOMENTS[context]
    return Finding(
        text=f"{when}{', ' * bool(when)}{file}:{head.line} {'; '.join([does, *(flow.words for flow in told)])}",
        file=file,
        line=head.line or 1,
        context=context,
        weight=sum(evidence[i].weight for i in group),
        next=next_of(head.behaviour, told, any(evidence[i].decoded for i in group)),
        evidence=tuple(group),
    )
