"""Where a Python file could hold anything that the analyser reports, from its bytes: in most files nowhere.

Parsing is what extraction costs most. A file is parsed unless its words prove that no entry of the lexicon, no
reflection, no comparison with the host and no reassembled string can be in it. Names are taken from ``python.toml``, so
that a new entry there is a new reason to parse here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from darnel.features.languages import python_idle, python_rows, python_shapes
from darnel.features.languages import python_known_words as known
from darnel.features.languages.python_mentions import (
    MEMBERS,
    QUOTES,
    Place,
    mentioned,
    renamed,
    usage,
)
from darnel.features.languages.python_words import Index

_NONE: set[bytes] = set()


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
    index = Index(data)
    words = python_shapes.telling_words(data, index)
    if any(True for _ in places(data, words, index)):
        return "name"
    return shown(data, words, python_shapes.telling(words))


def shown(data: bytes, words: set[bytes], told: python_shapes.Told) -> str:
    """The same, by the shape of expressions and strings alone; ``told`` is what their ``words`` tell."""
    if python_shapes.shaped(data, words, told):
        return "shape"
    return "text" if python_shapes.reassembles(data) or python_rows.joins(data, words) else ""


def places(data: bytes, words: set[bytes], index: Index | None = None) -> Iterator[Place]:
    """Yield where names stand that may mean something, in no order.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    words : set of bytes
        Its distinct words, but for those that are known to mean nothing.
    index : Index, optional
        Of ``data``, if there is one.
    """
    return python_idle.acting(data, words, _places(data, words, index))


def _places(data: bytes, words: set[bytes], index: Index | None) -> Iterator[Place]:
    words = words & known.asked()
    certain = words & known.certain()
    roots = [(root, *used) for root in words & known.roots() if (used := _used(root, words)) is not None]
    reached = words & known.REACHED if not words.isdisjoint(known.LOOKUPS) else _NONE
    builtins = words & known.BUILTINS
    named = certain.union((root for root, *_ in roots), reached, builtins)
    if not named:
        return
    found = (index or Index(data)).places(named)
    if certain:
        yield from _telling(data, {word: found.get(word, []) for word in certain}, words)
    quoted = not words.isdisjoint(known.NAMED)
    for root, attributes, read in roots:
        yield from mentioned(data, root, found.get(root, []), attributes, read, quoted, True)
    for root in reached:
        yield from mentioned(data, root, found.get(root, []), _NONE, _NONE)
    for word in builtins:
        yield from _builtin_used(data, word, found.get(word, []))


def _telling(data: bytes, certain: dict[bytes, list[int]], words: set[bytes]) -> Iterator[Place]:
    """Words of which each is a reason, where they stand so that they could mean something."""
    anywhere = not words.isdisjoint(known.LOOKUPS)  # in a string, too
    ends = known.names().ends
    imports = _import_spans(data)
    for word, places in certain.items():
        for at in places:
            end = at + len(word)
            if word in ends:
                imported = bisect_right(imports, at) % 2 == 1
                if imported or anywhere or _attribute(data, at):
                    yield at, (renamed(data, end) or word) if imported else b""
            elif word == b"chr":
                if anywhere or (data[at - 1 : at] not in _DOTTED and not _plain_character(data, at)):
                    yield at, b""
            elif anywhere or not (word in _QUOTED and data[at - 1 : at] in _DOTTED and data[end : end + 1] in QUOTES):
                yield at, renamed(data, end)
                for name in _from(data, end):
                    yield at, name


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


def _from(data: bytes, end: int) -> list[bytes]:
    """Names that are imported from the module whose name ends at ``end``."""
    found = MEMBERS.match(data, end)
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
_IMPORTED = re.compile(rb"import\b(?<!\wimport)(?:\s*\\?\s*\([^)]*|[^\n(]*)")
_SHADOWED = re.compile(rb"file(?:(?<=[(,\s]file)[ \t]*[:=,)]|(?<=\bas file)\b|(?<=\bfor file)\b)")
"""A name for something else: Python 3 has no builtin like this."""
_SAME = re.compile(rb"[(,]\s*(\w+)=\Z")
"""An argument, or a parameter."""
_NAME = re.compile(rb"[A-Za-z_]\w*")


def _used(root: bytes, words: set[bytes]) -> tuple[set[bytes], set[bytes]] | None:
    """Attributes that may be taken of what begins with a name, and those of them that count without a call."""
    names = known.names()
    firsts = words & names.last.get(root, _NONE)
    longer = [rest for rest in names.parts.get(root, ()) if rest <= words]
    if not firsts and not longer:
        return None
    # What is only called may be named: isinstance(x, types.FunctionType).
    read = names.read.get(root, _NONE) if b"partial" not in words else firsts
    return firsts.union(*longer), read.union(*longer)


def _builtin_used(data: bytes, word: bytes, places: list[int]) -> Iterator[Place]:
    shadowed = word == b"file" and _SHADOWED.search(data) is not None
    for start in places:
        match = usage(word).match(data, start)
        if match is None or match[1] is not None or data[start - 1 : start] == b".":
            continue
        end = match.end()
        left = data[max(0, start - 80) : start].rstrip()
        same = _SAME.search(left)
        if data[end : end + 40].lstrip()[:1] == b"(":
            if not left.endswith(b"def"):
                yield start, b""
        elif not shadowed and left[-1:] in (b"=", b"\\") and (same is None or same[1] != word):
            yield start, b""
