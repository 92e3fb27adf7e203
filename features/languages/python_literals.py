"""Literals on one line of a Python source, from its bytes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_QUOTE = re.compile(rb"[\"']")
_BODY = {b'"': re.compile(rb"(?:[^\"\\\n]|\\.)*+"), b"'": re.compile(rb"(?:[^'\\\n]|\\.)*+")}


def literals(text: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of what stands between a pair of quotes on one line, quotes included, from left to right.

    A quote that nothing closes is passed over. One expression for both would look from each escaped quote behind it to
    the end of the line again, which takes hours for a long line of them.
    """
    unclosed = {b'"': 0, b"'": 0}
    at = 0
    while (opening := _QUOTE.search(text, at)) is not None:
        at, quote = opening.end(), opening[0]
        if at <= unclosed[quote]:
            continue
        body = _BODY[quote].match(text, at)
        end = body.end() if body is not None else at
        if text.startswith(quote, end):
            yield at - 1, end + 1
            at = end + 1
        else:
            unclosed[quote] = end


def prefixed(text: bytes, letters: Collection[int]) -> Iterator[tuple[int, int, int]]:
    """Start of the prefix, at most two of some ``letters``, and start and end of all that :func:`literals` gives."""
    done = 0
    for start, end in literals(text):
        first = start
        while first > done and first > start - 2 and text[first - 1] in letters:
            first -= 1
        yield first, start, end
        done = end


def without_literals(text: bytes) -> bytes:
    """Text without what :func:`literals` gives."""
    kept = []
    done = 0
    for start, end in literals(text):
        kept.append(text[done:start])
        done = end
    return b"".join([*kept, text[done:]])
