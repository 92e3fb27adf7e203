"""What stands hidden at a place: the analysers fold and decode string literals anyway, here they are asked for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from darnel.attribution import Reason
from darnel.defang import defang
from darnel.features import content
from darnel.features.facts import Literal
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS, Limits

NEAR = 2_000
"""Bytes by which a literal may end before or after the expression that it is attributed to: minified files are one
statement."""
LENGTH = 120
"""Longest decoded value shown, characters."""

_HOST = re.compile(r"://|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_COMMAND = re.compile(r"[\s(;|/\\]")


def decoded(path: str, data: bytes, reasons: Sequence[Reason], limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """What was hidden at each of several places of one file.

    Parameters
    ----------
    path : str
        Of the file, for its language.
    data : bytes
        Its content.
    reasons : sequence of Reason
        Places in it.
    limits : Limits
        Budget of the analyser.

    Returns
    -------
    list of str
        One a reason: ``base64 → hxxps://a[.]example[.]invalid``, defanged, ``""`` where nothing was hidden.
    """
    language = language_for(path, data)
    sniffed = content.sniff(path, data)
    if language is None or not sniffed.is_text:
        return [""] * len(reasons)
    literals = language.analyse(content.to_utf8(data, sniffed.encoding), limits).literals
    hidden = [literal for literal in literals if literal.how]
    return [_shown(_best(hidden, reason)) for reason in reasons]


def _best(hidden: Sequence[Literal], reason: Reason) -> Literal | None:
    near = [
        literal
        for literal in hidden
        if literal.statement == reason.statement and abs(literal.order - reason.order) <= NEAR
    ]
    return max(near, key=_interest, default=None)


def _interest(literal: Literal) -> tuple[bool, bool, bool, int]:
    text = literal.value
    return (_readable(text), bool(_HOST.search(text)), bool(_COMMAND.search(text)), len(text))


def _readable(text: str) -> bool:
    head = text[:500]
    return sum(c.isprintable() or c in "\r\n\t" for c in head) >= 0.9 * len(head)


def _shown(literal: Literal | None) -> str:
    if literal is None or not literal.value.strip():
        return ""
    how = ", ".join(dict.fromkeys(literal.how.replace("?", "").split("+")))
    if not _readable(literal.value):
        return f"{how} → {len(literal.value):,} bytes of binary data"
    return f"{how} → {defang(literal.value, LENGTH)}"
