"""What called functions are, by how they are spelled: most are told by their bytes, without a look at the tree."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from darnel.features.languages import lexicon
from darnel.features.languages.python_names import Name, Names, normal
from darnel.features.remember import remembered

if TYPE_CHECKING:
    from tree_sitter import Node


class Entry(NamedTuple):
    """A called function of which more than its name may count."""

    name: Name
    ids: tuple[str, ...]
    api: str
    hooks: tuple[str, ...]


VARIES = Entry(Name(""), (), "", ())
"""It depends on the place: what it is called on is assigned more than once, or is no name."""
_DOTTED = re.compile(rb"[A-Za-z_][A-Za-z0-9_.]*\Z")
_STRING_METHODS = frozenset((b"join", b"decode", b"replace", b"format", b"encode", b"translate", b"hex"))


class _Known(NamedTuple):
    """What tells that a name may be one that the lexicon has among calls."""

    words: frozenset[bytes]
    """Last parts."""
    lasts: frozenset[str]
    """The same as text."""
    firsts: frozenset[str]
    """First parts of names below which everything is known."""
    whole: frozenset[str]


@cache
def _known() -> _Known:
    table = lexicon.load("python")
    sections = table["calls"], table["to_hook"]
    lasts = frozenset(word for section in sections for word in section.words())
    firsts = frozenset(name.partition(".")[0] for section in sections for name in section.below)
    whole = frozenset(name for section in sections for name in section.exact)
    return _Known(frozenset(word.encode() for word in lasts), lasts, firsts, whole)


@remembered(1 << 16)
def entry_of(name: Name) -> Entry:
    """Look a resolved name up."""
    table = lexicon.load("python")
    ids, api = table["calls"].get(name.dotted)
    hooks, _ = table["to_hook"].get(name.dotted)
    return Entry(name, ids, api, hooks)


@remembered(1 << 16)
def _called(dotted: str) -> Entry | str:
    """Entry of a resolved name; the name itself when nothing is known of it, as the ends of most tell."""
    known = _known()
    if dotted.rpartition(".")[2] in known.lasts or dotted.partition(".")[0] in known.firsts:
        entry = entry_of(Name(dotted))
        if entry.ids or entry.hooks:
            return entry
    return dotted


def folds(text: bytes) -> bool:
    """Whether a called function is spelled as a method of a literal that gives text."""
    return text[:1] in b"\"'(" and text.rpartition(b".")[2] in _STRING_METHODS


class Spelled:
    """Resolves the called functions of one file.

    Parameters
    ----------
    names : Names

    Attributes
    ----------
    immediate : list of int
        Starts of what lambdas return that are called where they stand.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.immediate: list[int] = []
        self._known = _known()
        self._local = {name.encode() for name in names.local}

    def entry(self, text: bytes, function: Node) -> Entry | str:
        """Resolve a spelling that is new in the file.

        Parameters
        ----------
        text : bytes
            The called expression as written.
        function : Node
            Its node.

        Returns
        -------
        Entry or str
            :data:`VARIES` when each such call has to be resolved; the name when only that counts.
        """
        names = self.names
        if _DOTTED.match(text) is None:
            return self._odd(text, function)
        base, dot, rest = text.partition(b".")
        if base not in names.bases:
            imported = names.imports.get(base)
            if imported is not None:
                return _called(normal(imported + text[len(base) :].decode()))
            if base in self._local:
                return _called("." + rest.rpartition(b".")[2].decode() if dot else "")
            if dot or not names.stars:
                return self._shadowed(text) if base in names.defined else _called(normal(text.decode()))
        elif dot and rest.rpartition(b".")[2] not in self._known.words and text not in names.bindings:
            return self._shadowed(text)
        if names.varies(base) or names.varies(text.rpartition(b".")[0]):
            return VARIES
        return self._resolved(text, function)

    def cut(self, text: bytes) -> Entry | str:
        """Resolve the last part of a spelling that is too long to be looked at."""
        return _called("." + text.decode("utf-8", "replace"))

    def _shadowed(self, text: bytes) -> Entry | str:
        """Of a local name only the end is known, unless it has the name of a known function."""
        spelling = text.decode()
        base, dot, rest = spelling.partition(".")
        if base in self._known.whole:
            return _called(normal(spelling))
        return _called("." + rest.rpartition(".")[2] if dot else "")

    def _odd(self, text: bytes, function: Node) -> Entry | str:
        """Resolve what is not spelled as names with dots between them."""
        if b"lambda" in text and function.type == "parenthesized_expression":
            self._immediate(function)
            return VARIES
        last = text.rpartition(b".")[2].strip(b"()")
        base = text.partition(b".")[0].partition(b"[")[0].partition(b"(")[0]
        literal = base[:1] in (b'"', b"'")
        if literal or (last not in self._known.words and last.isascii() and function.type == "attribute"):
            dotted = "." + last.decode("utf-8", "replace")
            return entry_of(Name(dotted)) if folds(text) else _called(dotted)
        return VARIES if not base or self.names.varies(base) else self._resolved(text, function)

    def _resolved(self, text: bytes, function: Node) -> Entry | str:
        entry = entry_of(self.names.value(function))
        return entry if entry.ids or entry.hooks or folds(text) else entry.name.dotted

    def _immediate(self, function: Node) -> None:
        inner = function.named_child(0)
        body = inner.child_by_field_name("body") if inner is not None and inner.type == "lambda" else None
        if body is not None:
            self.immediate.append(body.start_byte)
