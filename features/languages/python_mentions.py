"""Where a Python file takes something of a module that may mean something, or gives it another name, from its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

WORD_BYTES = bytes(c if c >= 128 or c == 95 or chr(c).isalnum() else 32 for c in range(256))
"""Bytes of words as they are, blanks for all others."""

Place = tuple[int, bytes]
"""Offset of a name that may mean something, and what it is called in the rest of the file if it gets another name."""


def words_of(data: bytes) -> set[bytes]:
    """Distinct identifiers and words, those in comments and strings included."""
    return set(data.translate(WORD_BYTES).split())


def mentioned(
    data: bytes, root: bytes, attributes: set[bytes], read: set[bytes], quoted: bool = True, strict: bool = False
) -> Iterator[Place]:
    """Yield where one of the attributes is taken of ``root``, or ``root`` gets another name.

    Attributes that are not in ``read`` do not count where they are only arguments, items or annotations. ``quoted``:
    its name in a string counts. Unless ``strict``, any other place where an expression may stand does too.
    """
    moments: dict[bytes, bool] = {}
    for match in usage(root).finditer(data):
        start, end = match.span()
        before = data[start - 1 : start]
        if (
            before.isalnum()
            or before == b"_"
            or (before == b"." and _BELOW.search(data, max(0, start - 200), start) is None)
        ):
            continue
        if match[1] is not None:
            if match[1] in attributes and (match[1] in read or not _harmless(data, match[1], start, end, moments)):
                yield start, renamed(data, end)
                members = MEMBERS.match(data, end)
                if members is not None:
                    yield from ((start, name) for name in _listed(data, members[1], attributes, read))
            elif match[1] in _SPACES:
                yield start, b""
            continue
        if (not quoted and data[end : end + 1] in QUOTES) or _TARGET.match(data, end) is not None:
            continue
        left = data[max(0, start - 60) : start]
        right = data[end : end + 20].lstrip(b" \t")
        if _IMPORT.search(left) is not None:
            if right.startswith(b"as"):
                yield start, renamed(data, end)
            continue
        if right.startswith(b"import") and (before == b"." or _FROM.search(left) is not None):
            found = _LIST.match(data, end)
            if found is None or found[1] == b"*":
                yield start, b""
                for name in attributes:
                    yield start, name
                continue
            yield from ((start, name) for name in _listed(data, found[1], attributes, read))
            continue
        if (
            right.startswith((b"as ", b"\\"))
            or (quoted and left[-1:] in (b"'", b'"'))
            or _GIVEN.search(left) is not None
            or (_aliased(data, start, end) if strict else _expression(left, right))
        ):
            yield start, renamed(data, end)


def _listed(data: bytes, listed: bytes, attributes: set[bytes], read: set[bytes]) -> Iterator[bytes]:
    """What those of the attributes that an import lists, and that are used, are called here."""
    for name in attributes & words_of(listed):
        other = re.search(rb"\b%b[ \t]+as[ \t]+(\w+)" % name, listed)
        local = other[1] if other is not None else name
        if name in read or _taken(data, local):
            yield local


def _harmless(data: bytes, attribute: bytes, start: int, end: int, moments: dict[bytes, bool]) -> bool:
    """Whether something that says nothing unless it is called is not called, or sleeps for a moment.

    ``moments``: of names, whether they hold no number, as far as known.
    """
    if _HANDED_ON.match(data, end) is not None:
        return _NAMES_IT.search(data, max(0, start - _NEAR), start) is None
    if attribute != b"sleep":
        return False
    found = _MOMENT.match(data, end)
    if found is None or b"random" in found[0]:
        return False
    name = found[1]
    if name is not None and name not in moments:
        if len(moments) == _MOMENTS:
            return False
        moments[name] = re.search(rb"\b" + name + rb"\b[^=\n]{0,200}=[^=\n]{0,200}\d", data) is None
    return name is None or moments[name]


def _expression(left: bytes, right: bytes) -> bool:
    """Whether something between these stands where an expression, a string or the module of an import may."""
    return left.rstrip()[-1:] in _OPENING or right[:1] in _CLOSING or _FROM.search(left) is not None


def _aliased(data: bytes, start: int, end: int) -> bool:
    """Whether a module named here is assigned, or an attribute is taken of it across brackets or lines."""
    line = data[max(data.rfind(b"\n", max(0, start - _NEAR), start) + 1, start - _NEAR, 0) : start]
    if b"=" in line or _BRACKETED.match(data, end) is not None:
        return True
    above = data[max(0, start - 200) : start].rstrip(b" \t\r\n(")[-1:]
    return not line.strip(b" \t(") and above in (b"=", b",")


def _taken(data: bytes, name: bytes) -> bool:
    """Whether what is imported under a name is called, has an attribute taken, decorates or gets another name."""
    moments: dict[bytes, bool] = {}
    if name == b"sleep" and all(
        _harmless(data, name, found.start(), found.end(), moments)
        for found in re.finditer(rb"\bsleep\b(?=\s*\()", data)
    ):
        return re.search(rb"=[\s(]*sleep\b|@sleep\b|\bas\s+sleep\b", data) is not None
    return re.search(_TAKEN % (name, name, name), data) is not None


_AS = re.compile(rb"[ \t]*\\?\s*\bas[ \t]+(\w+)")
_IMPORTS = rb"import[ \t]*(\([^)]{0,9000}\)|[^\n\\]{0,9000}(?:\\\r?\n[^\n\\]{0,9000}){0,40})"
MEMBERS = re.compile(rb"[\w.]*[ \t]+" + _IMPORTS)
_TAKEN = rb"(?<![\w.])%b\s*[(.\\]|[=@,(]\s*%b\s*(?:[\n;,]|\)+\s*[.(])|\bas\s+%b\b"
QUOTES = (b"'", b'"')
_TARGET = re.compile(rb"[ \t]*=(?!=)")
_SPACES = frozenset({b"__dict__", b"__getattribute__"})
_NAMES_IT = re.compile(rb"(?:(?<![=!<>])=|\bwith)[\s(\\]*(?:[^()\[\]{}=\n]{0,200},[\s(\\]*)?\Z")
"""What stands before a value that gets a name: alone, in brackets, or in a tuple."""
_NEAR = 1_000
"""Bytes of a line before a name that are looked at."""
_GIVEN = re.compile(rb"\b(?:getattr|vars|__getattribute__|partial)\s*\(\s*\Z")
_MOMENTS = 100
"""Names of moments that are looked for in one file."""
_MOMENT = re.compile(rb"[ \t]*\(\s*(?:\d(?:\.\d*)?|[A-Za-z_]\w*\.[\w.]+|([A-Za-z_]\w*))?\s*\)")
"""Less than ten seconds, an attribute, or a name."""
_BRACKETED = re.compile(rb"\s*\)[\s)]*[.(]|\s*\\|\s*\n\s*\.")
_IMPORT = re.compile(rb"(?:\A|\n|;|:)[ \t]*import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*\Z")
_LIST = re.compile(rb"[ \t]*" + _IMPORTS)
_BELOW = re.compile(rb"\b(?:from|import)[ \t]+[\w.]*\.\Z")
_FROM = re.compile(rb"\b(?:from|return|in|lambda[^:\n]*:|yield|else|if|or|and)[ \t]+\Z")
_OPENING = (b"=", b"(", b"[", b"{", b",", b":", b'"', b"'")
_HANDED_ON = re.compile(rb"[ \t]*(?:[,\]:|]|\)(?![ \t]*\())")
_CLOSING = (b")", b"]", b"}", b'"', b"'", b"[", b"(", b"\\")


def renamed(data: bytes, end: int) -> bytes:
    """Other name that follows, ``b""`` if there is none."""
    found = _AS.match(data, end)
    return found[1] if found is not None else b""


@cache
def usage(root: bytes) -> re.Pattern[bytes]:
    """A word, and an attribute that is taken of it."""
    return re.compile(re.escape(root) + rb"(?![A-Za-z0-9_])(?:[ \t]*\.[ \t]*([A-Za-z_]\w*))?")
