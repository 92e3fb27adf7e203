"""Python source without what nobody runs: comments and docstrings, found by regular expressions alone.

Only what is certain goes. Whatever could be code, or text that code uses, stays; where quotes are not plain to read,
the rest of the file stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from darnel.features.kernels import twin
from darnel.features.languages.python_styled import plain_names

_NOT_FIRST = re.compile(rb"['\"#\\]")
"""Before a comment's sign on its line: it may stand in a string."""
_REMARK, _RETURNED = re.compile(rb"#.*"), re.compile(rb"#[^\r\n]*")
"""Comments where lines end without carriage returns, and where there are some."""
_SHORT = rb"\"(?:[^\"\\\n]|\\[^\n])*\"|'(?:[^'\\\n]|\\[^\n])*'"
TOKEN = re.compile(rb"#[^\r\n]*|(?P<long>\"\"\"|\'\'\')|" + _SHORT + rb"|(?P<lone>[\"'])")
"""A comment, three quotes, a string on one line, or a quote that opens none."""
_OTHER = re.compile(rb"['\"#]")
_DOUBLE, _SINGLE = re.compile(rb'"""'), re.compile(rb"'''")
_PREFIXES = frozenset({b"", b"r", b"R", b"u", b"U"})
FORMATTED = re.compile(rb"[fFtT][rR]?\Z|[rR][fFtT]\Z")
"""What stands before a string with fields."""
_DOUBLED = re.compile(rb"\{\{|\}\}")
_LAMBDA = re.compile(rb"lambda\b(?<!\wlambda)[^:\n]{0,400}\n")
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*)?\r?\n)*\Z")
_REST = re.compile(rb"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_ENDED = re.compile(
    rb"\n[^\n'\"#\\]*(?:[)\]}]|(?<!\w)(?!(?:in|is|and|or|not|if|else|return|yield|await|lambda|for|from|del)\Z)\w+)\Z"
)
"""A line at the end of a statement: inside brackets, no string could follow it."""


def bare(data: bytes) -> bytes:
    """Source without comments, and without the docstrings of modules, classes, functions and attributes.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.

    Returns
    -------
    bytes
        The same number of lines, and names as the interpreter reads them. Words that stood only in comments and
        docstrings are gone, all others are there.
    """
    data = plain_names(data)
    return stripped(data, *long_strings(data))


@twin
def stripped(data: bytes, strings: list[tuple[int, int]], certain: int) -> bytes:
    """:func:`bare` of a source in which :func:`long_strings` found these."""
    kept = []
    written = 0
    for start, end in _removed(data, strings, certain):
        kept.append(data[written:start])
        if data[start] != 35:  # a comment ends with its line
            kept.append(b"\n" * data.count(b"\n", start, end))
        written = end
    if not kept:
        return data
    kept.append(data[written:])
    return b"".join(kept)


def _removed(data: bytes, strings: list[tuple[int, int]], certain: int) -> list[tuple[int, int]]:
    """Spans of comments and docstrings, in order."""
    edges = [edge for span in strings for edge in span]
    spans = []
    before = 0
    remark = _RETURNED if b"\r" in data else _REMARK
    for match in remark.finditer(data, 0, certain):
        at, end = match.span()
        line = data.rfind(b"\n", before, at) + 1
        first = line or not before  # else another sign stands before it on its line
        before = end
        if first and _NOT_FIRST.search(data, line, at) is None and bisect_right(edges, at) % 2 == 0:
            spans.append((at, end))
    if strings and b"__doc__" not in data and _LAMBDA.search(data) is None:
        last = 0
        for start, end in strings:
            line = data.rfind(b"\n", last, start) + 1 or last
            if (
                data[line:start].lstrip(b" \t") in _PREFIXES
                and (data[end : end + 1] == b"\n" or _REST.match(data, end) is not None)
                and _documents(data, line, last)
            ):
                spans.append((start, end))
            last = end
        spans.sort()
    return spans


@twin
def long_strings(data: bytes) -> tuple[list[tuple[int, int]], int]:
    """Strings in triple quotes, as far as it is certain that they are.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.

    Returns
    -------
    (list of (int, int), int)
        Where each starts and ends, in order, prefixes left aside; and from where on it is not certain any more what is
        a string, which is the length of ``data`` in most files.
    """
    found: list[tuple[int, int]] = []
    last = 0
    double, single = _next(data, 0, 0, 0)
    while double >= 0 or single >= 0:
        opening = single if double < 0 else double if single < 0 else min(double, single)
        line = data.rfind(b"\n", last, opening) + 1 or last
        if (certain := continued(data, last, line)) < line:
            return found, certain
        start = opening
        if _OTHER.search(data, line, opening) is not None:
            token = next(token for token in TOKEN.finditer(data, line) if token.lastgroup or token.end() > opening)
            if token["lone"] is not None:
                return found, line  # what opens here may be what closes
            if token["long"] is None:  # quotes within a comment or within other quotes
                last = token.end()
                double, single = _next(data, last, double, single)
                continue
            start = token.start()
        end = _end(data, start + 3, data[start : start + 3])
        if end < 0:
            return found, start
        before = data[max(start - 2, 0) : start]
        if before[-1:].isalpha() and FORMATTED.search(before) is not None:
            inside = _DOUBLED.sub(b"", data[start:end])
            if inside.count(b"{") != inside.count(b"}"):
                return found, start  # since 3.12 a field may hold the same quotes
        found.append((start, end))
        last = end
        double, single = _next(data, last, double, single)
    return found, continued(data, last, len(data))


def _next(data: bytes, last: int, double: int, single: int) -> tuple[int, int]:
    """Where three quotes of either kind stand next, if they stood at ``double`` and ``single``."""
    if 0 <= double <= last:
        found = _DOUBLE.search(data, last)
        double = found.start() if found is not None else -1
    if 0 <= single <= last:
        found = _SINGLE.search(data, last)
        single = found.start() if found is not None else -1
    return double, single


def _end(data: bytes, start: int, quotes: bytes) -> int:
    """Where a long string ends that begins at ``start``, -1 if nowhere."""
    at = data.find(quotes, start)
    while at >= 0:
        escapes = at
        while escapes > start and data[escapes - 1] == 92:
            escapes -= 1
        if (at - escapes) % 2 == 0:
            return at + 3
        at = data.find(quotes, at + 1)
    return -1


@twin
def continued(data: bytes, start: int, end: int) -> int:
    """Where between two offsets a line begins at whose end a string may go on, ``end`` if nowhere."""
    at = data.find(b"\\", start, end)
    while at >= 0:
        if data[at + 1 : at + 2] == b"\n" or data[at + 1 : at + 3] == b"\r\n":
            line = max(data.rfind(b"\n", start, at) + 1, start)
            if (data.find(b'"', line, at) >= 0 or data.find(b"'", line, at) >= 0) and not _closed(data, line, at):
                return line
        at = data.find(b"\\", at + 1, end)
    return end


def _closed(data: bytes, start: int, end: int) -> bool:
    """Whether each quote between two offsets on a line is part of a plain string that ends there."""
    for token in TOKEN.finditer(data, start, end):
        if token.lastgroup is not None:
            return False
        at = token.start()
        if b"{" in token[0] and FORMATTED.search(data[max(at - 2, 0) : at]) is not None:
            return False  # since 3.12 a field may hold the same quotes
    return True


def _documents(data: bytes, start: int, last: int) -> bool:
    """Whether a string that begins the line at ``start`` begins a statement: no code uses it."""
    before = data[max(last, start - 400) : start].rstrip()
    if before.endswith(b":"):
        return b"lambda" not in before[before.rfind(b"\n") + 1 :]
    above = before.rfind(b"\n")
    if above >= 0 and _ENDED.match(before, above) is not None:
        return True
    return not last and _HEAD.match(data[:start]) is not None
