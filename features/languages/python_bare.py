"""Python source without what nobody runs: comments and docstrings, found by regular expressions alone.

Only what is certain goes. Whatever could be code, or text that code uses, stays; where quotes are not plain to read,
the rest of the file stays as it is.
"""

from __future__ import annotations

import re

from darnel.features.languages.python_styled import plain_names

_NOT_FIRST = re.compile(rb"['\"#\\]")
"""Before a comment's sign on its line: it may stand in a string. Inside a long string such a line is a comment too, if
that is code."""
_REMARK = re.compile(rb"[^\n\r\\'\"]*")
"""A comment, up to where a quote or an escape could mean something to what stands around it."""
_QUOTED = re.compile(rb"['\"#]")
_LONG = re.compile(rb"\"\"\"|'''")
_PREFIX = re.compile(rb"[ \t]*[rRuU]?\Z")
_FORMATTED = re.compile(rb"[fFtT][rR]?\Z")
CONTINUED = re.compile(rb"['\"][^\n]*\\\r?\n")
"""A string may go on behind the end of this line."""
_LAMBDA = re.compile(rb"\blambda\b[^:\n]*\n")
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
        Lines stay lines, and names are spelled as the interpreter reads them. Words that stood only in comments and
        docstrings are gone, all others are there.
    """
    # Docstrings first: comments hold quotes.
    return _uncommented(_undocumented(plain_names(data)))


def _uncommented(data: bytes) -> bytes:
    kept = []
    written = 0
    at = data.find(b"#")
    while at >= 0:
        line = data.rfind(b"\n", 0, at) + 1
        end = at + 1
        if _NOT_FIRST.search(data, line, at) is None:
            found = _REMARK.match(data, end)
            end = found.end() if found is not None else end
            kept.append(data[written:at])
            written = end
        at = data.find(b"#", end)
    if not kept:
        return data
    kept.append(data[written:])
    return b"".join(kept)


def _undocumented(data: bytes) -> bytes:
    if b"__doc__" in data or (b"lambda" in data and _LAMBDA.search(data) is not None):
        return data
    kept = []
    last = written = 0
    while (found := _LONG.search(data, last)) is not None:
        start = found.start()
        line = data.rfind(b"\n", 0, start) + 1
        if line < last or _QUOTED.search(data, line, start) is not None:
            break  # what opens here may be what closes
        before, gap = data[line:start], data[last:line]
        end = _end(data, start + 3, found[0])
        if end < 0 or _continued(gap) or _FORMATTED.search(before) is not None:
            break
        if _PREFIX.fullmatch(before) and _REST.match(data, end) and _documents(data, line, last):
            kept.append(data[written:start])
            written = end
        last = end
    if not kept:
        return data
    kept.append(data[written:])
    return b"".join(kept)


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


def _continued(gap: bytes) -> bool:
    """Whether a string may go on behind the end of its line."""
    return (b"\\\n" in gap or b"\\\r\n" in gap) and CONTINUED.search(gap) is not None


def _documents(data: bytes, start: int, last: int) -> bool:
    """Whether a string that begins the line at ``start`` begins a statement: no code uses it."""
    before = data[max(last, start - 400) : start].rstrip()
    if before.endswith(b":"):
        return b"lambda" not in before[before.rfind(b"\n") + 1 :]
    if _ENDED.search(before) is not None:
        return True
    return not last and _HEAD.match(data[:start]) is not None
