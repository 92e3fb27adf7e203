"""From single pieces of evidence to a short narrative: what happens at one place is one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from darnel.features.behaviours import WINDOW_LINES
from darnel.features.taxonomy import CATEGORY
from darnel.phrases import MOMENTS, NEXT, gravity, sentence
from darnel.verdict import Evidence, Finding

SAID = 5
"""Behaviours that a sentence names, the gravest ones."""

TOLD = 2
"""Flows that a sentence tells of."""


def findings(evidence: Sequence[Evidence], orders: Sequence[int], flows: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Group evidence that stands in the same file, runs at the same time and is at most a screen apart.

    Parameters
    ----------
    evidence : sequence of Evidence
        What has no line is left out.
    orders : sequence of int
        Position of each in its file, for the order within a sentence.
    flows : sequence of str, optional
        What gets to each from elsewhere in the file, in words; ``""`` for nothing.

    Returns
    -------
    tuple of Finding
        Heaviest first.
    """
    placed = [i for i, e in enumerate(evidence) if e.line is not None]
    placed.sort(key=lambda i: (evidence[i].file, evidence[i].context, evidence[i].line, orders[i]))
    found = []
    for _, members in groupby(placed, key=lambda i: (evidence[i].file, evidence[i].context)):
        group: list[int] = []
        for i in members:
            if group and (evidence[i].line or 0) - (evidence[group[-1]].line or 0) > WINDOW_LINES // 2:
                found.append(_finding(evidence, group, flows))
                group = []
            group.append(i)
        found.append(_finding(evidence, group, flows))
    return tuple(sorted(found, key=lambda f: (-f.weight, f.file, f.line)))


def _finding(evidence: Sequence[Evidence], group: list[int], flows: Sequence[str]) -> Finding:
    ranked = sorted(group, key=lambda i: (gravity(evidence[i].behaviour), -evidence[i].weight))
    head, said = evidence[ranked[0]], set(ranked[:SAID])
    does = sentence(evidence[i].behaviour for i in group if i in said)
    told = list(dict.fromkeys(flows[i] for i in ranked if i < len(flows) and flows[i]))[:TOLD]
    when = MOMENTS[head.context]
    return Finding(
        text=f"{when}{', ' * bool(when)}{head.file}:{head.line} {'; '.join([does, *told])}",
        file=head.file,
        line=head.line or 1,
        context=head.context,
        weight=sum(evidence[i].weight for i in group),
        next=NEXT[CATEGORY[head.behaviour]],
        evidence=tuple(group),
    )
