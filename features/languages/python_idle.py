"""Where names in a Python source do nothing, from its bytes: in texts that nobody runs, annotations and checks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache

from darnel.features.languages import lexicon
from darnel.features.languages import python_known_words as known
from darnel.features.languages.python_bare import FORMATTED, TOKEN, long_strings
from darnel.features.languages.python_literals import without_literals
from darnel.features.languages.python_mentions import Place
from darnel.features.languages.python_source import read_words

_NAME_ALONE = re.compile(rb"[\w.]+")
_CALLED = re.compile(rb"(?!file\()[\w.]+\(")
_FIELDS = (
    re.compile(rb"\"(?<=[fFtTrR]\")(?!\"\")([^\n]*)"),
    re.compile(rb"'(?<=[fFtTrR]')(?!'')([^\n]*)"),
)
"""What follows the beginning of a string with fields, or of another one."""
_DOTTED = re.compile(rb"\w+(?:[ \t]*\.[ \t]*\w+)*")
_DEFINED = re.compile(rb"def(?<!\wdef)[ \t]+\w+[ \t]*\(")
_TYPE = rb"(?:[^=:(){}\n\"'\[]|(?<=\w)\[)*\Z"
"""What stands in an annotation before a name: brackets of generic classes, and no list of which something is taken."""
_PARAMETER = re.compile(rb"[(,]\s*\*{0,2}[A-Za-z_]\w*[ \t]*:" + _TYPE)
_RETURNED = re.compile(rb"\)[ \t]*->" + _TYPE)
_VARIABLE = re.compile(rb"\n[ \t]*(?:self\.|cls\.)?([A-Za-z_]\w*)[ \t]*:" + _TYPE)
_WORDS = frozenset(b"lambda else try finally".split())
_FOLLOWING = re.compile(rb"[ \t]*[,)=\]|\[:\r\n]")
_ANNOTATION = re.compile(rb"[\w.|\[\], \t]*(?<!,)(?<!,[ \t])(?![\w.|\[\], \t])")
_STATEMENT = re.compile(rb"[ \t]*(?:=(?!=)|\r?\n\s*(?:[@\"'\w]|\Z))")
_OPERATORS = re.compile(rb"\s*(?:if|for|or|and|in|is|not|else|async)\b")
_CHECK = re.compile(rb"\b(?:isinstance|issubclass)\([^()\n]{0,200},[ \t]*\(?[^()\n]{0,200}\Z")
_HEADER = 2_000
"""Bytes before a name in which the function is looked for whose parameter it may annotate."""
_HOOKS = frozenset({"command", "evaluate", "load", "reflect"})


@cache
def _running() -> frozenset[bytes]:
    """Parts of names of what runs text, or looks names up in it."""
    table = lexicon.load("python")["to_hook"]
    names = [name for name, ids in table.exact.items() if not _HOOKS.isdisjoint(ids)]
    names += [tail for tail, ids in table.tails.items() if not _HOOKS.isdisjoint(ids)]
    parts = {part.encode() for name in names for part in name.split(".") if part}
    return frozenset(parts | known.ALWAYS | known.LOOKUPS | known.REACHED)


def acting(data: bytes, words: set[bytes], found: Iterable[Place]) -> Iterator[Place]:
    """Yield those of some places where a name may do something.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    words : set of bytes
        Its distinct words.
    found : iterable of Place
        Where names stand. What stands in a text counts if anything in the source runs text; names alone in quotes and
        calls always count.
    """
    texts = Texts(data)
    annotated = words.isdisjoint(known.REFLECTING)
    later: list[Place] = []
    runs = False
    for place in found:
        at = place[0]
        text = texts.around(at)
        if text is not None:
            if _NAME_ALONE.fullmatch(text) is None and _CALLED.match(data, at) is None:
                later.append(place)
                continue
        elif annotated and _mentions_class(data, at):
            continue
        elif not runs:
            name = _DOTTED.match(data, at)
            runs = name is None or not _running().isdisjoint(re.split(rb"[ \t.]+", name[0]))
        yield place
    if runs:
        yield from later


class Texts:
    """String literals of a source, looked for where they are needed.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._edges: list[int] | None = None
        self._certain = len(data)
        self._looked = 0
        """Bytes in which fields were looked for."""
        self._plain = 0
        """Bytes in which there is no string in triple quotes."""

    def around(self, at: int) -> bytes | None:
        """What a plain literal says in which an offset is, None if it is in none; literals with fields are code."""
        data = self.data
        start = data.rfind(b"\n", 0, at) + 1
        quoted = data.find(b'"', start, at) >= 0 or data.find(b"'", start, at) >= 0
        edges = self._edges
        if edges is None:
            if not quoted and not self._long(at):
                return None
            strings, self._certain = long_strings(data)
            edges = self._edges = [edge for span in strings for edge in span]
        i = bisect_right(edges, at)
        if not quoted and i % 2 == 0:
            return None
        if at >= self._sure(at):
            return None
        if i % 2:
            start, end = edges[i - 1], edges[i]
            return None if FORMATTED.search(data[max(0, start - 2) : start]) else data[start + 3 : end - 3]
        start = max(start, edges[i - 1] if i else 0)
        for token in TOKEN.finditer(data, start):
            first = token.start()
            if token.lastgroup is not None or first > at or data[first] == 35:
                return None
            if b"{" in token[0] and FORMATTED.search(data[max(0, first - 2) : first]) is not None:
                return None
            if token.end() > at:
                return token[0][1:-1]
        return None

    def _long(self, at: int) -> bool:
        """Whether a string in triple quotes may begin before an offset."""
        start = max(0, self._plain - 2)
        if at > self._plain and self.data.find(b'"""', start, at) < 0 and self.data.find(b"'''", start, at) < 0:
            self._plain = at
        return at > self._plain

    def _sure(self, at: int) -> int:
        """Up to where it is clear what is a text: since Python 3.12 fields may hold quotes, and more lines.

        As far as that matters for an offset.
        """
        if self._looked <= at < self._certain:
            end = self.data.find(b"\n", at, self._certain) + 1 or self._certain
            for pattern in _FIELDS:
                for match in pattern.finditer(self.data, self._looked, min(end, self._certain)):
                    if match[1].count(b"{") != match[1].count(b"}"):
                        self._certain = min(self._certain, match.start())
            self._looked = end
        return self._certain


def _mentions_class(data: bytes, at: int) -> bool:
    """Whether what is named stands in an annotation or is what something is checked to be of, and is not called."""
    name = _DOTTED.match(data, at)
    if name is None or data[name.end() : name.end() + 20].lstrip()[:1] == b"(":
        return False
    if name[0].rpartition(b".")[2].strip() in read_words():
        return False
    end = name.end()
    line = data[max(data.rfind(b"\n", 0, at), at - 500, 0) : at]
    if _FOLLOWING.match(data, end) is None:
        return False
    if _CHECK.search(line) is not None or (b":" in line and _declares(data, line, end)):
        return True
    if b"->" in line and _RETURNED.search(line) is not None:
        return True
    head = _head(data, at)
    if head < 0:
        return False
    header = without_literals(data[head:at])
    if b"lambda" in header or b"{" in header or header.count(b"(") <= header.count(b")"):
        return False
    return _PARAMETER.search(header) is not None


def _head(data: bytes, at: int) -> int:
    """Where the parameters of the function begin that was defined last before an offset, -1 if there is none."""
    first = max(0, at - _HEADER)
    start = data.rfind(b"def", first, at)
    while start >= 0:
        head = _DEFINED.match(data, start, at)
        if head is not None:
            return head.end() - 1
        start = data.rfind(b"def", first, start)
    return -1


def _declares(data: bytes, line: bytes, end: int) -> bool:
    """Whether a statement gives a variable a type, the name in which ends at ``end``."""
    found = _VARIABLE.match(line)
    annotation = _ANNOTATION.match(data, end)
    if found is None or found[1] in _WORDS or annotation is None:
        return False
    after = annotation.end()
    return _STATEMENT.match(data, after) is not None and _OPERATORS.match(data, after) is None
