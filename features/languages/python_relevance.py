"""Where a Python file could hold anything that the analyser reports, from its bytes: in most files nowhere.

Parsing is what extraction costs most. A file is parsed unless its words prove that no entry of the lexicon, no
reflection, no comparison with the host and no reassembled string can be in it. Names are taken from ``python.toml``, so
that a new entry there is a new reason to parse here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from darnel.features.languages import python_known_words as known
from darnel.features.languages import python_shapes

_WORD_BYTES = bytes(c if c >= 128 or c == 95 or chr(c).isalnum() else 32 for c in range(256))
_NONE: set[bytes] = set()

Place = tuple[int, bytes]
"""Offset of a name that may mean something, and what it is called in the rest of the file if it gets another name."""


def words_of(data: bytes) -> set[bytes]:
    """Distinct identifiers and words, those in comments and strings included."""
    return set(data.translate(_WORD_BYTES).split())


def relevant(data: bytes) -> str:
    """Say why a file has to be parsed.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.

    Returns
    -------
    str
        A short reason, ``""`` if the file cannot hold anything that the analyser reports.
    """
    words = words_of(data)
    return "name" if any(True for _ in places(data, words)) else shown(data, words, python_shapes.telling(words))


def shown(data: bytes, words: set[bytes], told: tuple[int, set[bytes]]) -> str:
    """The same, by the shape of expressions and strings alone; ``told`` is what their ``words`` tell."""
    if python_shapes.shaped(data, words, told):
        return "shape"
    return "text" if python_shapes.reassembles(data) else ""


def places(data: bytes, words: set[bytes]) -> Iterator[Place]:
    """Yield where names stand that may mean something, in no order.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    words : set of bytes
        Its distinct words.
    """
    certain = words & known.certain()
    if certain:
        yield from _telling(data, certain, words)
    for root in words & known.roots():
        yield from _root_used(data, root, words)
    if not words.isdisjoint(known.LOOKUPS):
        for root in words & known.REACHED:
            yield from _mentioned(data, root, _NONE, _NONE)
    yield from _builtin_used(data, words)


def _telling(data: bytes, certain: set[bytes], words: set[bytes]) -> Iterator[Place]:
    """Words of which each is a reason, where they stand so that they could mean something."""
    anywhere = not words.isdisjoint(known.LOOKUPS)  # in a string, too
    ends = known.names().ends
    imports = _import_spans(data)
    for word in certain:
        for at in _occurrences(data, word):
            end = at + len(word)
            if word in ends:
                imported = bisect_right(imports, at) % 2 == 1
                if imported or anywhere or _attribute(data, at):
                    yield at, (_renamed(data, end) or word) if imported else b""
            elif word == b"chr":
                if anywhere or (data[at - 1 : at] not in _DOTTED and not _plain_character(data, at)):
                    yield at, b""
            elif anywhere or not (word in _QUOTED and data[at - 1 : at] in _DOTTED and data[end : end + 1] in _QUOTES):
                yield at, _renamed(data, end)
                for name in _from(data, end):
                    yield at, name


def _occurrences(data: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands by itself."""
    size = len(word)
    at = data.find(word)
    while at >= 0:
        if _WORD_BYTES[data[at - 1]] == 32 or not at:
            end = at + size
            if end == len(data) or _WORD_BYTES[data[end]] == 32:
                yield at
        at = data.find(word, at + size)


def _attribute(data: bytes, at: int) -> bool:
    """Whether what stands at ``at`` is taken of something."""
    before = data[max(0, at - 200) : at].rstrip(b" \t\r\n\f\v\\")
    return before[-1:] in (b".", b"")


def _import_spans(data: bytes) -> list[int]:
    """Where lists of imported names start and end, in turn."""
    edges: list[int] = []
    for match in _IMPORTED.finditer(data):
        edges += match.span()
    return edges


def _renamed(data: bytes, end: int) -> bytes:
    """Other name that follows, ``b""`` if there is none."""
    found = _AS.match(data, end)
    return found[1] if found is not None else b""


def _from(data: bytes, end: int) -> list[bytes]:
    """Names that are imported from the module whose name ends at ``end``."""
    found = _MEMBERS.match(data, end)
    return _NAME.findall(found[1]) if found is not None else []


def _plain_character(data: bytes, at: int) -> bool:
    """Whether a character is neither compared, nor made for each of several, nor put together with others."""
    found = _ONE_CHARACTER.match(data, at)
    return found is not None and _CHARACTER_OF.search(data, max(0, at - 80), at) is not None


_QUOTED = frozenset(b"exec eval".split())
"""Words that alone in a string are just a word."""
_DOTTED = frozenset({b".", b'"', b"'"})
_ONE_CHARACTER = re.compile(rb"chr\([ \t]*[A-Za-z_][\w.]*[ \t]*\)(?!\s*(?:for\b|[+%.]))")
_CHARACTER_OF = re.compile(rb"(?:=|\breturn|(?<!\()\()[ \t]*\Z")
_IMPORTED = re.compile(rb"\bimport\b(?:\s*\\?\s*\([^)]*|[^\n(]*)")
_AS = re.compile(rb"[ \t]*\\?\s*\bas[ \t]+(\w+)")
_MEMBERS = re.compile(rb"[\w.]*[ \t]+import[ \t]*(\([^)]{0,9000}\)|[^\n\\]{0,9000}(?:\\\r?\n[^\n\\]{0,9000}){0,40})")
_NAME = re.compile(rb"[A-Za-z_]\w*")


@cache
def _usage(root: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(root) + rb"(?![A-Za-z0-9_])(?:[ \t]*\.[ \t]*([A-Za-z_]\w*))?")


def _root_used(data: bytes, root: bytes, words: set[bytes]) -> Iterator[Place]:
    names = known.names()
    firsts = words & names.last.get(root, frozenset())
    longer = [rest for rest in names.parts.get(root, ()) if rest <= words]
    if not firsts and not longer:
        return iter(())
    quoted = not words.isdisjoint(_NAMED)
    # What is only called may be named: isinstance(x, types.FunctionType).
    read = names.read.get(root, _NONE) if b"partial" not in words else firsts
    return _mentioned(data, root, firsts.union(*longer), read.union(*longer), quoted, True)


def _mentioned(
    data: bytes, root: bytes, attributes: set[bytes], read: set[bytes], quoted: bool = True, strict: bool = False
) -> Iterator[Place]:
    """Yield where one of the attributes is taken of ``root``, or ``root`` gets another name.

    Attributes that are not in ``read`` do not count where they are only arguments, items or annotations. ``quoted``:
    its name in a string counts. Unless ``strict``, any other place where an expression may stand does too.
    """
    moments: dict[bytes, bool] = {}
    for match in _usage(root).finditer(data):
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
                yield start, _renamed(data, end)
                members = _MEMBERS.match(data, end)
                if members is not None:
                    yield from ((start, name) for name in _listed(data, members[1], attributes, read))
            elif match[1] in _SPACES:
                yield start, b""
            continue
        if (not quoted and data[end : end + 1] in _QUOTES) or _TARGET.match(data, end) is not None:
            continue
        left = data[max(0, start - 60) : start]
        right = data[end : end + 20].lstrip(b" \t")
        if _IMPORT.search(left) is not None:
            if right.startswith(b"as"):
                yield start, _renamed(data, end)
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
            yield start, _renamed(data, end)


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


_TAKEN = rb"(?<![\w.])%b\s*[(.\\]|[=@,(]\s*%b\s*(?:[\n;,]|\)+\s*[.(])|\bas\s+%b\b"
_QUOTES = (b"'", b'"')
_TARGET = re.compile(rb"[ \t]*=(?!=)")
_SPACES = frozenset({b"__dict__", b"__getattribute__"})
_NAMES_IT = re.compile(rb"(?:(?<![=!<>])=|\bwith)[\s(\\]*(?:[^()\[\]{}=\n]{0,200},[\s(\\]*)?\Z")
"""What stands before a value that gets a name: alone, in brackets, or in a tuple."""
_NEAR = 1_000
"""Bytes of a line before a name that are looked at."""
_NAMED = frozenset(b"globals locals vars modules __dict__ locate resolve_name".split())
"""Words that make a module of its name in a string."""
_GIVEN = re.compile(rb"\b(?:getattr|vars|__getattribute__|partial)\s*\(\s*\Z")
_MOMENTS = 100
"""Names of moments that are looked for in one file."""
_MOMENT = re.compile(rb"[ \t]*\(\s*(?:\d(?:\.\d*)?|[A-Za-z_]\w*\.[\w.]+|([A-Za-z_]\w*))?\s*\)")
"""Less than ten seconds, an attribute, or a name."""
_BRACKETED = re.compile(rb"\s*\)[\s)]*[.(]|\s*\\|\s*\n\s*\.")
_IMPORT = re.compile(rb"(?:\A|\n|;|:)[ \t]*import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*\Z")
_LIST = re.compile(rb"[ \t]*import[ \t]*(\([^)]{0,9000}\)|[^\n\\]{0,9000}(?:\\\r?\n[^\n\\]{0,9000}){0,40})")
_BELOW = re.compile(rb"\b(?:from|import)[ \t]+[\w.]*\.\Z")
_FROM = re.compile(rb"\b(?:from|return|in|lambda[^:\n]*:|yield|else|if|or|and)[ \t]+\Z")
_OPENING = (b"=", b"(", b"[", b"{", b",", b":", b'"', b"'")
_HANDED_ON = re.compile(rb"[ \t]*(?:[,\]:|]|\)(?![ \t]*\())")
_CLOSING = (b")", b"]", b"}", b'"', b"'", b"[", b"(", b"\\")


def _builtin_used(data: bytes, words: set[bytes]) -> Iterator[Place]:
    for name in known.BUILTINS:
        word = name.encode()
        if word not in words:
            continue
        for match in _usage(word).finditer(data):
            start, end = match.span()
            before = data[start - 1 : start]
            if match[1] is not None or before.isalnum() or before in (b"_", b"."):
                continue
            called = data[end : end + 40].lstrip()[:1] == b"("
            if called or data[max(0, start - 40) : start].rstrip()[-1:] in (b"=", b"\\"):
                yield start, b""
