"""One parsed Python file: captures of the query, and cheap ways from a byte offset to line, statement and function."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darnel.features.languages import lexicon, parsing
from darnel.features.languages.python_strings import string_value
from darnel.features.languages.scopes import Scopes

if TYPE_CHECKING:
    from tree_sitter import Language, Node

_MAIN = re.compile(rb"if(?<!\wif)\s*\(?\s*__name__\s*==\s*['\"]__main__['\"]")
_ASSIGNED = re.compile(rb"([A-Za-z_]\w*)\s*:?=\s*\(?\s*lambda\b[^\n()]{0,60}:\s*\(?\Z")
_PLAIN = re.compile(rb"[A-Za-z_][\w.]*[ \t]*:?=")
"""An assignment to one name."""
_LISTS = frozenset({"pattern_list", "tuple_pattern", "expression_list", "tuple"})
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "__call__", "__enter__"})


MAX_READ = 100
"""Names that mean something where they are read, looked up in the tree one by one; if there are more, all attributes
are asked for at once."""
_UNORDERED = frozenset({"statement", "defined", "comment", "error", "doc", "function.name"})
"""Captures that are only counted, measured, put into sets or picked from, half of all: they need not be sorted."""
_DISTINCT = frozenset(
    {"string", "import", "assign", "grown", "compare", "except", "try", "class", "function.body", "opened"}
)
"""Captures of which no two begin at the same byte."""


@cache
def _grammar() -> tuple[Language, parsing.Patterns, parsing.Patterns]:
    """Return the grammar, the query, and one for attributes."""
    import tree_sitter_python
    from tree_sitter import Language

    language = Language(tree_sitter_python.language())
    query = parsing.Patterns(language, lexicon.query("python"))
    return language, query, parsing.Patterns(language, "(attribute) @attribute")


@cache
def read_words() -> frozenset[bytes]:
    """Last parts of the names that mean something where they are read."""
    return frozenset(word.encode() for word in lexicon.load("python")["names"].words())


@cache
def _read() -> re.Pattern[bytes]:
    """An attribute of one of these names."""
    return re.compile(
        rb"\.(?:[ \t\f\r\n]|\\\r?\n)*+(?:" + b"|".join(map(re.escape, sorted(read_words()))) + rb")(?!\w)"
    )


class Source:
    """A parsed file.

    Parameters
    ----------
    data : bytes
        UTF-8 or something close.
    deadline : float
        :func:`time.perf_counter` reading at which parsing gives up.

    Attributes
    ----------
    ok : bool
        False: the budget was spent, or the tree is one that a query would take too long on. Nothing else is set.
    captures : dict of str to list of Node
        By capture name of ``python.scm``; sorted, outer before inner, but for :data:`_UNORDERED`. Under ``attribute``
        are those that end with one of :func:`read_words`, among others if there are many, in any order.
    reads : bool
        Whether one of :func:`read_words` stands behind a dot.
    """

    def __init__(self, data: bytes, deadline: float) -> None:
        self.data = data
        language, query, _ = _grammar()
        tree = parsing.parse(language, data, deadline)
        captured = parsing.captures(query, tree.root_node, _UNORDERED, _DISTINCT) if tree is not None else None
        self.ok = tree is not None and captured is not None
        if tree is None or captured is None:
            return
        self.root = tree.root_node
        self.captures = captured
        dots = list(islice(map(re.Match.span, _read().finditer(data)), MAX_READ + 1))
        self.reads = bool(dots)
        self.captures["attribute"] = self._read(dots)
        self._imports: list[tuple[int, bytes]] | None = None
        self._strings: dict[tuple[int, int], tuple[str | bytes, str, bool]] = {}
        self.newlines = (np.frombuffer(data, dtype=np.uint8) == 10).nonzero()[0]
        found = self.get("statement")
        starts = np.fromiter(map(parsing.start_of, found), np.int64, len(found))
        starts.sort()
        self.statement_starts = starts[:1] if len(starts) < 2 else starts[np.append(True, starts[1:] != starts[:-1])]
        self.statements: list[int] = self.statement_starts.tolist()
        self.functions: dict[str, list[Node]] = {}
        """Bodies of functions by name."""
        self.module_functions: set[str] = set()
        """Names of functions defined at the start of a line."""
        self.classes = [(node, self._name(node)) for node in self.get("class")]
        self.main: list[int] = []
        """Starts of blocks that run if the file is the program."""
        self.given: list[int] = []
        """Starts of what lambdas return that are lambdas."""
        self.scopes = Scopes(self._functions())

    def get(self, name: str) -> list[Node]:
        """Return captured nodes."""
        return self.captures.get(name, [])

    def attribute(self, dot: int, end: int) -> Node | None:
        """The attribute that ends at an offset, with its last dot at another one."""
        node = self.root.descendant_for_byte_range(dot, end)
        return node if node is not None and node.type == "attribute" and node.end_byte == end else None

    def attributes(self) -> list[Node]:
        """All attributes, in any order."""
        found = parsing.captures(_grammar()[2], self.root, {"attribute"}) or {}
        return found.get("attribute", [])

    def text(self, node: Node) -> str:
        """Source text of a node; invalid UTF-8 is replaced."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def raw(self, node: Node) -> bytes:
        """Source bytes of a node."""
        return self.data[node.start_byte : node.end_byte]

    def string(self, node: Node) -> tuple[str | bytes, str, bool]:
        """:func:`string_value` of a string node; two passes ask, and long escaped payloads are dear to read."""
        place = node.start_byte, node.end_byte
        known = self._strings.get(place)
        if known is None:
            known = self._strings[place] = string_value(self.data[place[0] : place[1]])
        return known

    def line(self, offset: int) -> int:
        """1-based line of an offset."""
        return int(self.newlines.searchsorted(offset)) + 1

    def places(self, offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Lines (1-based), statements and functions of many offsets at once."""
        lines = self.newlines.searchsorted(offsets) + 1
        # Before the first statement, the offset 0 stands for one.
        found = self.statement_starts.searchsorted(offsets, "right")
        return lines, np.append(0, self.statement_starts)[found], self.scopes.owners(offsets)

    def statement(self, offset: int) -> int:
        """Start of the statement, clause or header around an offset."""
        i = bisect_right(self.statements, offset) - 1
        return self.statements[i] if i >= 0 else 0

    def function(self, offset: int) -> int:
        """Start of the innermost function body around an offset, -1 at module level."""
        return self.scopes.function(offset)

    def _read(self, dots: list[tuple[int, int]]) -> list[Node]:
        if len(dots) > MAX_READ:
            return self.attributes()
        found = [self.attribute(start, end) for start, end in dots]
        return [node for node in found if node is not None]

    def texts(self, nodes: list[Node]) -> Iterator[bytes]:
        """Source bytes of many nodes."""
        return map(self.data.__getitem__, map(slice, map(parsing.start_of, nodes), map(parsing.end_of, nodes)))

    def imports(self) -> list[tuple[int, bytes]]:
        """Start and text of each import statement."""
        if self._imports is None:
            nodes = self.get("import")
            self._imports = list(zip(map(parsing.start_of, nodes), self.texts(nodes), strict=True))
        return self._imports

    def _name(self, node: Node) -> str:
        name = node.child_by_field_name("name")
        return self.text(name) if name is not None else ""

    def _functions(self) -> list[tuple[int, int, str]]:
        # A function begins with its body: decorators and default values run where the function is defined. Headers
        # do not nest, so sorted names and sorted bodies belong together.
        class_ranges = [(node.start_byte, node.end_byte, name) for node, name in self.classes]
        class_starts = [start for start, _, _ in class_ranges]
        data = self.data
        headers, bodies = self.get("function.name"), self.get("function.body")
        names = sorted(zip(map(parsing.start_of, headers), map(parsing.end_of, headers), strict=True))
        found = []
        for (start, end), body, body_start, body_end in zip(
            names, bodies, map(parsing.start_of, bodies), map(parsing.end_of, bodies), strict=False
        ):
            name = data[start:end].decode("utf-8", "replace")
            self.functions.setdefault(name, []).append(body)
            if data.rfind(b"\n", max(0, start - 12), start) == start - 5 or start == 4:
                self.module_functions.add(name)
            if name in _CONSTRUCTORS:  # calling the class runs it
                i = bisect_right(class_starts, start) - 1
                while i >= 0 and class_ranges[i][1] < body_end:
                    i -= 1
                name = class_ranges[i][2] if i >= 0 else name
            found.append((body_start, body_end, name))
        listed = self._listed_lambdas()
        for node in self.get("lambda"):
            start = node.start_byte
            before = _ASSIGNED.search(data, max(0, start - 120), start)
            found.append((start, node.end_byte, listed.get(start) or (before[1].decode() if before else "")))
            inner = _unwrapped(node)
            if inner.type == "lambda" and (given := inner.child_by_field_name("body")) is not None:
                self.given.append(given.start_byte)
        if b"__main__" in data:
            found += self._main_blocks()
        return found

    def _listed_lambdas(self) -> dict[int, str]:
        """Names by the start of the body: ``a, b = lambda: x, lambda: y``."""
        found: dict[int, str] = {}
        nodes = self.get("assign") if self.get("lambda") else []
        for node, start in zip(nodes, map(parsing.start_of, nodes), strict=True):
            if _PLAIN.match(self.data, start) is not None:
                continue
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None or left.type not in _LISTS or right.type not in _LISTS:
                continue
            for name, value in zip(left.named_children, right.named_children, strict=False):
                body = _unwrapped(value).child_by_field_name("body")
                if body is not None and name.type == "identifier":
                    found[body.start_byte] = self.text(name)
        return found

    def _main_blocks(self) -> list[tuple[int, int, str]]:
        # Not run on import, so it is a function that nobody calls.
        found = []
        for match in list(_MAIN.finditer(self.data))[:20]:
            node = self.root.named_descendant_for_byte_range(match.start() + 1, match.start() + 1)
            if node is not None and node.type == "if_statement":
                block = node.child_by_field_name("consequence")
                if block is not None:
                    found.append((block.start_byte, block.end_byte, ""))
                    self.main.append(block.start_byte)
        return found


def _unwrapped(node: Node) -> Node:
    """Without the brackets around it."""
    while node.type == "parenthesized_expression" and (inner := node.named_child(0)) is not None:
        node = inner
    return node
