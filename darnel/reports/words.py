"""Words that every report for people has in common: how sure a verdict is, what changed, what is odd."""

from __future__ import annotations

from darnel.features.anomalies import KINDS
from darnel.verdict import Comparison, Label, Verdict

_ODDITIES = {kind.name: kind.doc for kind in KINDS}


def score_words(score: float | None) -> str:
    """Three decimals, or which side of them it is on."""
    if score is None:
        return "-"
    return "<0.001" if score < 0.001 else ">0.999" if score > 0.999 else f"{score:.3f}"


def strength(verdict: Verdict) -> str:
    """How sure it is: what was measured first, since a probability alone is small wherever malware is rare.

    ``""`` for what was not judged.
    """
    if verdict.score is None:
        return ""
    shown = score_words(verdict.score)
    words = f"p {shown[0]} {shown[1:]}" if shown[0] in "<>" else f"p = {shown}"
    if verdict.base_rate:
        words += f" at base rate {verdict.base_rate:g}"
    if verdict.measured:
        return f"at most {verdict.measured.reached:,} of {verdict.measured.of:,} benign releases look as bad; {words}"
    return f"below every operating point; {words}" if verdict.label is Label.CLEAN else words


def anomaly_words(anomaly: str) -> str:
    """An oddity of the container in words, with the path and detail it came with."""
    kind, colon, rest = anomaly.partition(":")
    return f"{_ODDITIES.get(kind, kind)}{colon}{rest}"


def delta_words(delta: Comparison, score: float | None) -> str:
    """What changed since the previous release, in a sentence or two."""
    unused = "" if delta.used else "; the model does not weigh changes, so the verdict is that of the release alone"
    files = "file" if delta.changed == 1 else "files"
    return (
        f"{delta.changed:,} {files} with new content, {delta.removed:,} gone; p {score_words(score)}, "
        f"without the previous release {score_words(delta.score_alone)}{unused}"
    )
