"""Where a Python file takes something of a module that may mean something, or gives it another name, from its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from darnel.features.languages.python_words import words_of

Place = tuple[int, bytes]
"""Offset of a name that may mean something, and what it is called in the rest of the file if it gets another name."""


def mentioned(
    data: bytes,
    root: bytes,
    places: Iterable[int],
    attributes: set[bytes],
    read: set[bytes],
    quoted: bool = True,
    strict: bool = False,
) -> Iterator[Place]:
    """Yield at which of its ``places`` one of the attributes is taken of ``root``, or ``root`` gets another name.

    Attributes that are not in ``read`` do not count where they are only arguments, items or annotations. ``quoted``:
    its name in a string counts. Unless ``strict``, any other place where an expression may stand does too.
    """
    moments: dict[bytes, bool] = {}
    used = usage(root).match
    for place in places:
        match = used(data, place)
        if match is None:
            continue
        attribute = match[1]
        if attribute is not None and attribute not in attributes and attribute not in _SPACES:
            continue
        start, end = match.span()
        before = data[start - 1 : start]
        if before == b"." and not _below(data, start):
            continue
        if attribute is not None:
            if attribute in attributes and (attribute in read or not _harmless(data, attribute, start, end, moments)):
                yield start, renamed(data, end)
                members = MEMBERS.match(data, end)
                if members is not None:
                    yield from ((start, name) for name in _listed(data, members[1], attributes, read))
            elif attribute in _SPACES:
                yield start, b""
            continue
        if (not quoted and data[end : end + 1] in QUOTES) or _TARGET.match(data, end) is not None:
            continue
        left = data[max(0, start - 60) : start]
        right = data[end : end + 20].lstrip(b" \t")
        if b"import" in left and _IMPORT.search(left) is not None:
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
            or (left.rstrip().endswith(b"(") and _GIVEN.search(left) is not None)
            or (_aliased(data, start, end) if strict else _expression(left, right))
        ):
            yield start, renamed(data, end)


def _below(data: bytes, start: int) -> bool:
    """Whether a module named at ``start`` is imported from a package that is named before it."""
    line = max(0, start - 200)
    line = max(data.rfind(b"\n", line, start), line)
    named = data.find(b"from", line, start) >= 0 or data.find(b"import", line, start) >= 0
    return named and _BELOW.search(data, line, start) is not None


def _listed(data: bytes, listed: bytes, attributes: set[bytes], read: set[bytes]) -> Iterator[bytes]:
    """What those of the attributes that an import lists, and that are used, are called here."""
    others: dict[bytes, bytes] = {}
    for match in _OTHER_NAME.finditer(listed) if b"as" in listed else ():
        others.setdefault(match[1], match[2])
    for name in attributes & words_of(listed):
        local = others.get(name, name)
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
        _harmless(data, name, found.start(), found.end(), moments) for found in _SLEEPS.finditer(data)
    ):
        return re.search(rb"=[\s(]*sleep\b|@sleep\b|\bas\s+sleep\b", data) is not None
    at = data.find(name)
    while at >= 0:
        end = at + len(name)
        before = data[at - 1 : at]
        if not (before.isalnum() or before in (b"_", b".")) and _TAKEN.match(data, end) is not None:
            return True
        if _HANDED.match(data, end) is not None and _code_before(data, at)[-1:] in _SIGNS:
            return True
        if before.isspace() and _WORD_ENDS.match(data, end) and _AS_BEFORE.search(_code_before(data, at)) is not None:
            return True
        at = data.find(name, at + 1)
    return False


def _code_before(data: bytes, at: int) -> bytes:
    """What stands before an offset but for blanks: at least three bytes of it, if there are so many."""
    size = 60
    while len(code := data[max(0, at - size) : at].rstrip()) < 3 and size < at:
        size *= 4
    return code


_AS = re.compile(rb"[ \t]*+\\?\s*+\bas[ \t]++(\w+)")
_IMPORTS = rb"import[ \t]*(\([^)]{0,9000}\)|[^\n\\]{0,9000}(?:\\\r?\n[^\n\\]{0,9000}){0,40})"
MEMBERS = re.compile(rb"[\w.]*[ \t]+" + _IMPORTS)
_OTHER_NAME = re.compile(rb"\b(\w+)(?=[ \t]+as[ \t]+(\w+))")
_SLEEPS = re.compile(rb"sleep\b(?<!\wsleep)(?=\s*\()")
_TAKEN = re.compile(rb"\s*[(.\\]")
_HANDED = re.compile(rb"\s*(?:[\n;,]|\)+\s*[.(])")
_SIGNS = (b"=", b"@", b",", b"(")
_WORD_ENDS = re.compile(rb"\b")
_AS_BEFORE = re.compile(rb"\bas\Z")
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
_GAP = rb"(?:\s|\\\r?\n|#[^\n]{0,200}\n)*+"
_CLOSING = (b")", b"]", b"}", b'"', b"'", b"[", b"(", b"\\")


def renamed(data: bytes, end: int) -> bytes:
    """Other name that follows, ``b""`` if there is none."""
    found = _AS.match(data, end)
    return found[1] if found is not None else b""


@cache
def usage(root: bytes) -> re.Pattern[bytes]:
    """A word, and an attribute that is taken of it, on the same line or another."""
    return re.compile(re.escape(root) + rb"(?![A-Za-z0-9_])(?:" + _GAP + rb"\." + _GAP + rb"([A-Za-z_]\w*))?")
