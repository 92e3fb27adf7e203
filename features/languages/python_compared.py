"""Whether a Python source may compare something with what a host is told by, from its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from darnel.features.languages import python_hiding
from darnel.features.languages.python_literals import prefixed

_SIGN = re.compile(rb"=(?<=[=!]=)|<(?!<)|>(?<![->]>)(?!>)|in\b(?<!\win)|is\b(?<!\wis)")
_TOKEN = re.compile(
    rb"\(|\)|\[|\]|\{|\}|<<|<=|<|>>|>=|>|==|=|!=|->|,|:|;|n(?<!\wn)ot\b(?:\s+in\b)?|i(?<!\wi)(?:n|f)\b"
    rb"|i(?<!\wi)s\b(?:\s+not\b)?|a(?<!\wa)(?:nd|ssert)\b|o(?<!\wo)r\b|e(?<!\we)l(?:se|if)\b|f(?<!\wf)or\b"
    rb"|l(?<!\wl)ambda\b|r(?<!\wr)(?:eturn|aise)\b|y(?<!\wy)ield\b|w(?<!\ww)hile\b"
)
"""Brackets, signs of comparison, and what no operand of one goes beyond. All that these two patterns match begins with
one of a few certain bytes, and not with a set of them: so most places are passed over fast."""
_OPENING, _CLOSING = frozenset({b"(", b"[", b"{"}), frozenset({b")", b"]", b"}"})
_ENDING = frozenset(b"-> , : ; = and or not if else for lambda return yield assert while elif raise".split())
_SHIFTS = frozenset({b"<<", b">>"})
_LOOP = re.compile(rb"for(?<!\wfor)[ \t]+[\w \t,()*.]{1,80}?[ \t]in\b")
_STATEMENT = re.compile(
    rb"\n[ \t]*"
    rb"(?:(?:def|class|return|import|raise|try|pass|assert|del|with|while|except|finally|elif|global)\b|@[A-Za-z_])"
)
"""Where a line begins that no expression goes on in."""
_PREFIX = frozenset(b"rRbBuUfFtT")
_FIELDS = re.compile(rb"[fFtT]")
_COMPARING = re.compile(rb"[=<>]|\b(?:in|is)\b")
_REACH, _BEYOND = 320, 1_000
"""Bytes before and after what a comparison is about that may belong to it."""
MOST = 4_000_000
"""Bytes around all that comparisons may be about that are looked at: on a giant line each has the whole line before it,
and with more of them one is taken to be compared."""
_BEFORE, _AFTER = 4, 10
"""Bytes before and after a word that the analyser's condition may match with it: ``sys.``, ``.platform``."""


def may_tell(word: bytes) -> bool:
    """Whether the analyser's condition may match in a word, whatever stands on either side of it."""
    return python_hiding.CONDITION.search(b"sys.%b.node" % word) is not None or word.endswith(b"gettrace")


def compared(data: bytes, hosts: Iterable[bytes], hyper: bool) -> bool:
    """Whether the analyser's condition may stand in one expression with a comparison.

    Parameters
    ----------
    data : bytes
        Source.
    hosts : iterable of bytes
        Those of its words in which the condition may match.
    hyper : bool
        Whether ``hyper`` may stand in it, in any spelling.
    """
    left = MOST
    for start, end in _conditions(data, hosts, hyper):
        first = data.rfind(b"\n", 0, max(0, start - _REACH)) + 1
        text = data[first : end + _BEYOND]
        left -= len(text)
        if left < 0 or _in_comparison(text, start - first, end - first):
            return True
    return False


def _conditions(data: bytes, hosts: Iterable[bytes], hyper: bool) -> Iterator[tuple[int, int]]:
    """Where the condition matches: only around the words that can be part of it, as it is slow to search."""
    if hyper and b"hyper" in data.lower():
        yield from (match.span() for match in python_hiding.CONDITION.finditer(data))
        return
    seen = set()
    for word in hosts:
        at = data.find(word)
        while at >= 0:
            last = at + len(word)
            for match in python_hiding.CONDITION.finditer(data, max(0, at - _BEFORE), last + _AFTER):
                span = match.span()
                if span[1] > at and span[0] < last and span not in seen:
                    seen.add(span)
                    yield span
            at = data.find(word, last)


def _in_comparison(text: bytes, start: int, end: int) -> bool:
    """Whether what stands somewhere may be part of an operand."""
    plain = not (b'"""' in text or b"'''" in text or b"\\\n" in text)
    if plain:
        tail = _STATEMENT.search(text, end)
        head = 0
        for match in _STATEMENT.finditer(text, 0, start):
            head = match.start()
        text = text[head : tail.start() if tail is not None else len(text)]
        start -= head
    if _SIGN.search(text) is None:
        return False
    if plain:
        text = _blank_literals(text)
    text = _LOOP.sub(_blank, text)
    return _SIGN.search(text) is not None and (b'"' in text or b"'" in text or b"#" in text or _operand(text, start))


def _blank_literals(text: bytes) -> bytes:
    """Text with blanked literals, as it is if fields of one may hold a comparison, or its own quotes."""
    parts = []
    done = 0
    for first, start, end in prefixed(text, _PREFIX):
        if first < start and _FIELDS.search(text, first, start) is not None and _may_compare(text[start:end]):
            return text
        parts += [text[done:first], b"\0" * (end - first)]
        done = end
    return b"".join([*parts, text[done:]])


def _may_compare(literal: bytes) -> bool:
    """Whether fields of a literal may hold a comparison, or the same quotes, so that it is not clear where it ends."""
    opening = literal.count(b"{")
    return opening != literal.count(b"}") or (opening > 0 and _COMPARING.search(literal) is not None)


def _blank(match: re.Match[bytes]) -> bytes:
    return b"\0" * len(match[0])


def _operand(text: bytes, at: int) -> bool:
    """Whether what stands at an offset is part of an operand of a comparison; the text has no literals.

    From there to both sides: the signs of each pair of brackets around it count up to what ends an expression.
    """
    behind = (match[0] for match in _TOKEN.finditer(text, at))
    if _compares(behind, _OPENING, _CLOSING):
        return True
    # One byte more: a word ends before another letter no more than it does before the end.
    return _compares(reversed(_TOKEN.findall(text, 0, at + 1)), _CLOSING, _OPENING)


def _compares(tokens: Iterable[bytes], opening: frozenset[bytes], closing: frozenset[bytes]) -> bool:
    depth = 0
    ended = False
    for token in tokens:
        if token in opening:
            depth += 1
        elif token in closing:
            if depth:
                depth -= 1
            else:
                ended = False
        elif depth or ended or token in _SHIFTS:
            continue
        elif token in _ENDING:
            ended = True
        else:
            return True
    return False
