"""Python source without what nobody runs: comments and docstrings, found by regular expressions alone.

Only what is certain goes. Whatever could be code, or text that code uses, stays; where quotes are not plain to read,
the rest of the file stays as it is.
"""

from __future__ import annotations

import re

from darnel.features.languages.python_styled import plain_names

_COMMENT = re.compile(rb"(?m)^([^'\"#\n\\]*)#[^\n\r\\'\"]*")
"""Nothing before it on its line opens a string. Inside a long string such a line is a comment too, if that is code.
It ends where a quote or an escape could mean something to what stands around it."""
_LONG = re.compile(rb"(?m)^([^'\"#\n]*)(\"\"\"|''')((?:[^\\]|\\[\s\S])*?)\2")
_PREFIX = re.compile(rb"[ \t]*[rRuU]?\Z")
_FORMATTED = re.compile(rb"[fFtT][rR]?\Z")
_CONTINUED = re.compile(rb"['\"][^\n]*\\\r?\n")
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
    data = plain_names(data)
    if b"#" in data:
        # Not before docstrings are looked for: comments hold quotes.
        return _COMMENT.sub(rb"\1", _undocumented(data))
    return _undocumented(data)


def _undocumented(data: bytes) -> bytes:
    if b"__doc__" in data or _LAMBDA.search(data) is not None:
        return data
    kept = []
    last = written = 0
    for found in _LONG.finditer(data):
        start, end = found.start(2), found.end()
        gap = data[last : found.start()]
        if b'"""' in gap or b"'''" in gap or _CONTINUED.search(gap) is not None or _FORMATTED.search(found[1]):
            break  # what opens here may be what closes
        if _PREFIX.fullmatch(found[1]) and _REST.match(data, end) and _documents(data, found.start(), last):
            kept.append(data[written:start])
            written = end
        last = end
    if not kept:
        return data
    kept.append(data[written:])
    return b"".join(kept)


def _documents(data: bytes, start: int, last: int) -> bool:
    """Whether a string that begins the line at ``start`` begins a statement: no code uses it."""
    before = data[max(last, start - 400) : start].rstrip()
    if before.endswith(b":"):
        return b"lambda" not in before[before.rfind(b"\n") + 1 :]
    if _ENDED.search(before) is not None:
        return True
    return not last and _HEAD.match(data[:start]) is not None
