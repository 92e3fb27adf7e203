"""A large Python file without the functions in which the analyser could find nothing: most of its source, mostly.

Parsing and what follows cost as much as the source is long, and what a file does is said in a few places of it. So a
file is cut at its functions, by regular expressions; what stands outside of functions stays, and so does each function
that could hold something by itself, or that uses what such code defines. Lines keep their numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import islice

from darnel.features.languages import python_rows, python_shapes
from darnel.features.languages.python_bare import bare
from darnel.features.languages.python_cuts import cut
from darnel.features.languages.python_mentions import Place
from darnel.features.languages.python_relevance import places
from darnel.features.languages.python_words import Index, words_of

ROUNDS = 8
"""How often what was found to stay is looked through for names that others use."""
TESTS = 4_000
"""Tests of parts of one file: after so many, all that is in question stays."""
MOST = 10_000
"""Places of names, and names that others use, in one file: with more, all of it stays."""
FAR = 400_000_000
"""Bytes that are looked through for names of functions that lead to others: with more, all functions stay."""
_ASSIGNED = re.compile(rb"(?m)^[ \t]*([A-Za-z_(\[*][^=\n]*)=(?!=)([^\n]*)")
_OWN_ASSIGNED = {
    word: re.compile(rb"(" + word + rb"(?<!\w" + word + rb")[ \t]*\.[ \t]*\w[^=\n(]{0,200})=(?!=)([^\n]*)")
    for word in (b"self", b"cls")
}
"""Attributes of the own object that are assigned to, by its name."""
_OWN = re.compile(rb"\b(?:self|cls)[ \t]*\.[ \t]*(\w+)")
_WITHIN = {
    b":=": re.compile(rb"\b(\w+)[ \t]*:="),
    b"with": re.compile(rb"\bwith[ \t(]+[\w.]+[ \t)]+as[ \t]+(\w+)"),
}
"""Names that statements and expressions give to what they hold, by what has to be there."""
_GLOBAL = re.compile(rb"(?m)^[ \t]*global[ \t]+([\w, \t]+)")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_TAKEN = re.compile(rb"\.[\s\\]*(\w+)")
_CALLED = re.compile(rb"[ \t]*\(")
_STORED = re.compile(rb"\b(?:self|cls)[ \t]*\.[ \t]*\w[^=\n(]{0,200}=(?!=)[^\n]*?\b(\w+)[ \t]*\(")
_HANDED = frozenset((b"(", b")", b",", b"]", b"}", b";", b"#"))
"""What follows a function that is called or handed on, but for the end of a line."""
_BLANK = frozenset((b" ", b"\t", b"\r", b"\n", b"\\", b""))
_INSTALLING = (b"cmdclass", b"setuptools", b"distutils")
"""In commands of an installer, each method runs."""

Test = Callable[[bytes], bool]


def abridge(data: bytes, tests: Sequence[Test]) -> bytes:
    """What of a source has to be analysed.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    tests : sequence of callable
        ``source -> bool``: further reasons to analyse a function. What is False for a text is False for a part of it.

    Returns
    -------
    bytes
        ``b""`` if nothing; else as many lines as ``data``, without comments and docstrings, and empty where functions
        stood in which there is nothing to find.
    """
    text = bare(data)
    index = Index(text)
    words = python_shapes.telling_words(text, index)
    named = list(islice(places(text, words, index), MOST + 1))
    told = python_shapes.telling(words)
    tests = (lambda part: python_shapes.shaped(part, words, told), python_shapes.reassembles, *tests)
    if not named and not python_rows.joins(text, words) and not any(test(text) for test in tests):
        return b""
    pieces = Pieces(text, index)
    if not pieces.functions or len(named) > MOST or not pieces.name(named):
        return text
    for test in tests:
        pieces.look(test)
    pieces.put_together(words)
    pieces.call()
    return pieces.join()


class Pieces:
    """A source cut at its functions and at the statements of the module.

    Parameters
    ----------
    data : bytes
        Source without docstrings and comments.
    index : Index
        Of its words.

    Attributes
    ----------
    starts : list of int
        Where each piece starts.
    functions : dict of int to bytes
        Names of those that are functions, by index.
    """

    def __init__(self, data: bytes, index: Index) -> None:
        self.data = data
        self._index = index
        self.starts, self.functions, self._unit = cut(data)
        self.ends = [*self.starts[1:], len(data)]
        self._installs = any(word in data for word in _INSTALLING)
        self._shares = b"global" in data
        self._kept: set[int] = set()
        self._tests = 0
        self._left: tuple[list[int], bytes] = [], b""
        """Functions that would go, and their source; what stays only grows."""

    def text(self, i: int) -> bytes:
        """Source of a piece."""
        return self.data[self.starts[i] : self.ends[i]]

    def name(self, named: Iterable[Place]) -> bool:
        """Keep the pieces that use names that may mean something, or what such pieces define; False: too many."""
        offsets = sorted(at for at, _ in named)
        new = {self._at(at) for at in offsets}
        names = {other for _, other in named if other}
        known: set[bytes] = set()
        for _ in range(ROUNDS):
            self._kept |= new
            for i in new:
                names |= self._defined(i, offsets, known)
            names -= known
            if len(names) * len(self.data) > MOST * MOST:
                return False
            if not names:
                break
            known |= names
            new = self._having(names) - self._kept
            names = set()
        return True

    def _at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def _having(self, names: Iterable[bytes]) -> set[int]:
        """Pieces in which one of the names stands, those that begin with a dot as attributes."""
        data = self.data
        wanted = set(names)
        found: set[int] = set()
        for word, starts in self._index.places({name.lstrip(b".") for name in wanted}).items():
            found.update(self._at(at) for at in starts if word in wanted or _taken(data, at))
        return found

    def _defined(self, i: int, offsets: list[int], known: set[bytes]) -> set[bytes]:
        """Names that a piece gives to what may mean something, for others to use."""
        data, start, end = self.data, self.starts[i], self.ends[i]
        names: set[bytes] = set()
        if i not in self.functions:
            for sign, pattern in _WITHIN.items():
                if data.find(sign, start, end) >= 0:
                    names.update(pattern.findall(data, start, end))
            for match in _ASSIGNED.finditer(data, start, end):
                if match.start() == start or self._means(match, offsets, known):
                    names |= _targets(match[1])
            return names
        # In a class or a block, what follows a function belongs to its piece.
        for match in _indented(self._unit).finditer(data, start - 1, end) if data[start] in b" \t" and start else ():
            if self._means(match, offsets, known):
                names |= _targets(match[1])
        found = _GLOBAL.findall(data, start, end) if self._shares else []
        shared = {name for listed in found for name in _NAME.findall(listed)}
        for pattern in (_ASSIGNED,) if shared else _OWN_ASSIGNED.values():
            for match in pattern.finditer(data, start, end):
                if self._means(match, offsets, known):
                    left = match[1]
                    names |= shared.intersection(_NAME.findall(left)).union(map(b".".__add__, _OWN.findall(left)))
        return names

    def _means(self, match: re.Match[bytes], offsets: list[int], known: set[bytes]) -> bool:
        """Whether what is assigned may be something of interest."""
        if bisect_right(offsets, match.end()) > bisect_right(offsets, match.start(2) - 1):
            return True
        value: bytes = match[2]
        return not known.isdisjoint(words_of(value)) or not known.isdisjoint(map(b".".__add__, _TAKEN.findall(value)))

    def look(self, test: Test) -> None:
        """Keep what a test finds among the functions that would go."""
        left = [i for i in self.functions if i not in self._kept]
        if len(left) != len(self._left[0]):
            self._left = left, b"".join(map(self.text, left))
        if left and test(self._left[1]):
            self._kept.update(self._narrowed(left, test))

    def _narrowed(self, pieces: list[int], test: Test) -> list[int]:
        """Those of the pieces for which a test that holds for all of them together holds."""
        self._tests += 2
        if len(pieces) == 1 or self._tests > TESTS:
            return pieces
        middle = len(pieces) // 2
        halves = [half for half in (pieces[:middle], pieces[middle:]) if test(b"".join(map(self.text, half)))]
        return [i for half in halves for i in self._narrowed(half, test)] if halves else pieces

    def put_together(self, words: set[bytes]) -> None:
        """Keep the functions that join literals of their own or of the module; ``words`` are those of the file."""
        if python_rows.joins(self.data, words):
            outside = python_rows.Rows(b"".join(self.text(i) for i in self._outside()))
            self._kept.update(i for i in self.functions if python_rows.joins(self.text(i), words, outside))

    def _outside(self) -> list[int]:
        return [i for i in range(len(self.starts)) if i not in self.functions]

    def call(self) -> None:
        """Keep the functions that lead from the module to those that are kept, and those that join two of them."""
        functions, kept = self.functions, self._kept
        names = {functions[i] for i in kept if i in functions}
        names = {name for name in names if not (name.startswith(b"__") and name.endswith(b"__"))}
        few = len(names) * len(self.data) <= MOST * MOST
        users = [i for i in (self._having(names) if few else functions) if i in functions and i not in kept]
        calls = Counter(
            self._at(at)
            for name, starts in self._index.places(names).items()
            for at in starts
            if _CALLED.match(self.data, at + len(name)) is not None
        )
        users = [i for i in users if self._leads(i, names, calls[i])]
        kept.update(users)
        names.update(functions[i] for i in users)
        kept.update(self._between(names))

    def _between(self, names: set[bytes]) -> Iterable[int]:
        """Functions by way of which the module leads to those with these names: first all that lead there by itself."""
        functions = self.functions
        mentions: dict[int, set[bytes]] = {}
        known = set(names)
        while names:
            if len(known) * len(self.data) > FAR:
                return functions
            found = self._mentioning(names, mentions)
            names = {functions[i] for i in found - self._kept if i in functions} - known
            known |= names
        inside: dict[bytes, list[int]] = {}
        for i in mentions.keys() & functions.keys():
            inside.setdefault(functions[i], []).append(i)
        todo = [i for i in mentions if i not in functions]
        reached: set[int] = set()
        while todo:
            for name in mentions[todo.pop()]:
                new = inside.pop(name, ())
                reached.update(new)
                todo += new
        return reached

    def _mentioning(self, names: set[bytes], mentions: dict[int, set[bytes]]) -> set[int]:
        """Pieces that call what has a name other than their own, or hand it on; added to ``mentions``."""
        data, functions = self.data, self.functions
        found = set()
        for name, starts in self._index.places(names).items():
            size = len(name)
            for i in {self._at(at) for at in starts if _handed(data, at + size)}:
                if functions.get(i) != name:
                    found.add(i)
                    mentions.setdefault(i, set()).add(name)
        return found

    def _leads(self, i: int, names: set[bytes], calls: int) -> bool:
        """Whether a function may hand what one of some functions returns to another, or runs without a call.

        ``calls``: how often it calls some of them; its own head counts as well.
        """
        data, start, end, own = self.data, self.starts[i], self.ends[i], self.functions[i]
        if self._installs or own.startswith(b"__") or data[start : start + 1] == b"@":
            return True
        if calls - (own in names) > 1 or (self._shares and _GLOBAL.search(data, start, end) is not None):
            return True
        return not names.isdisjoint(_STORED.findall(data, start, end))

    def join(self) -> bytes:
        """What is kept, and empty lines for the rest."""
        data = self.data
        return b"".join(
            b"\n" * data.count(b"\n", start, end) if i in self.functions and i not in self._kept else data[start:end]
            for i, (start, end) in enumerate(zip(self.starts, self.ends, strict=True))
        )


def _taken(data: bytes, at: int) -> bool:
    """Whether what stands at an offset is taken of something."""
    before = data[at - 1 : at]
    return before == b"." or (before.isspace() and data[max(0, at - 80) : at].rstrip(b" \t\r\n\\")[-1:] == b".")


def _handed(data: bytes, end: int) -> bool:
    """Whether what is named before an offset may be called there, or handed on: it is not assigned, and no text."""
    following = data[end : end + 1]
    if following not in _BLANK:
        return following in _HANDED
    after = data[end : end + 200]
    rest = after.lstrip(b" \t\r\n\\")
    return not rest or rest[:1] in _HANDED or b"\n" in after[: len(after) - len(rest)]


def _targets(left: bytes) -> set[bytes]:
    """Names that are assigned to, given what stands before the sign; none if that is an argument."""
    return set(_NAME.findall(left)) - {b"self", b"cls"} if left.count(b"(") == left.count(b")") else set()


@cache
def _indented(unit: bytes) -> re.Pattern[bytes]:
    """Assignments that are so deep."""
    return re.compile(rb"\n" + re.escape(unit) + rb"([A-Za-z_(\[*][^=\n]*)=(?!=)([^\n]*)")
