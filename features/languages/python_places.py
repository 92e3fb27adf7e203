"""Places of a Python file at which a value may be: expressions, names and what uses them, calls of a function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from darnel.features.facts import Observation

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_source import Source

MAX_USES = 80
"""Uses of one name, calls of one function."""
MAX_DEPTH = 2_000
"""Levels of the syntax tree; what lies deeper is not followed."""
MAX_WORDS = 5_000
"""Places at which the letters of a name stand, in one search."""

_NAME = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,3}\Z")
_GLOBAL = re.compile(rb"\bglobal[ \t]+([\w, \t]{1,200})")
_ELSEWHERE = (b"os.", b"sys.")
_VALUES = frozenset(["call", "attribute", "subscript", "string", "concatenated_string", "binary_operator"])
_LETTERS = frozenset(bytes((c,)) for c in range(256) if c >= 128 or c == 95 or chr(c).isalnum())
PLACES = frozenset(["identifier", "attribute"])
"""What has a name or a dotted name."""

Key = tuple[int, bytes]
"""Start of a function body (-1: the file), and a name or dotted name."""


class Places:
    """What all classes of sources have in common.

    Parameters
    ----------
    source : Source
        The parsed file.
    sinks : dict of int to Observation
        By the offset at which they end.
    """

    def __init__(self, source: Source, sinks: dict[int, Observation]) -> None:
        self.source = source
        self.sinks = sinks
        self.ranges = {start: (start, end) for start, end, _ in source.scopes.functions}
        self.named: dict[int, bytes] = {
            start: name.encode() for start, _, name in source.scopes.functions if name.isidentifier()
        }
        self.handles: dict[Key, int] = {}
        """Names of files and connections that sinks gave, with the order of the sink."""
        self.globals: set[bytes] = set()
        if b"global" in source.data:
            for match in _GLOBAL.finditer(source.data):
                self.globals.update(match[1].replace(b",", b" ").split())
        self._cursor = source.root.walk()
        self._places: dict[tuple[int, int, bytes], list[Node]] = {}
        for order in sinks:
            node = self.ending(order)
            if node is not None:
                for key in self._named_after(node):
                    self.handles.setdefault(key, order)

    def around(self, node: Node) -> list[Node]:
        """The node and what is around it, from the inside: one descent, where asking for parents takes one for each."""
        cursor, start, end = self._cursor, node.start_byte, node.end_byte
        cursor.reset(self.source.root)
        found = [self.source.root]
        while found[-1].id != node.id and cursor.goto_first_child_for_byte(start) is not None:
            here = cursor.node
            if here is None or here.start_byte > start or here.end_byte < end or len(found) > MAX_DEPTH:
                break
            found.append(here)
        return found[::-1] if found[-1].id == node.id else []

    def ending(self, order: int) -> Node | None:
        """The expression that ends at an offset."""
        leaf = self.source.root.descendant_for_byte_range(max(order - 1, 0), order)
        around = self.around(leaf) if leaf is not None else []
        for node, parent in zip(around, [*around[1:9], None], strict=False):
            if node.end_byte != order:
                return None
            if node.type in _VALUES and (node.type != "string" or parent is None or parent.type != node.type):
                return node
            if node.type == "identifier" and (parent is None or parent.end_byte != order or parent.type != "attribute"):
                return node
        return None

    def _named_after(self, node: Node) -> Iterator[Key]:
        """Names that are given to the value of a node."""
        around = self.around(node)[1:4]
        parent = next((outer for outer in around if outer.type not in ("await", "parenthesized_expression")), None)
        if parent is None:
            return
        if parent.type == "assignment":
            yield from self.targets(parent.child_by_field_name("left"))
        elif parent.type == "as_pattern":
            yield from self.targets(parent.named_child(1))

    def key(self, node: Node) -> Key | None:
        """What a name or dotted name is known as."""
        text = self.source.data[node.start_byte : min(node.end_byte, node.start_byte + 120)]
        if _NAME.match(text) is None or text.startswith(_ELSEWHERE):
            return None
        return (-1 if b"." in text or text in self.globals else self.source.function(node.start_byte)), text

    def targets(self, node: Node | None) -> Iterator[Key]:
        """What assigning to a node changes: names, and the containers that it is stored in."""
        todo = [node] if node is not None else []
        for _ in range(40):
            if not todo:
                return
            here = todo.pop()
            if here.type in PLACES:
                key = self.key(here)
                if key is not None:
                    yield key
            elif here.type == "subscript":
                value = here.child_by_field_name("value")
                todo += [value] if value is not None else []
            else:
                todo += here.named_children[:20]

    def _words(self, name: bytes, start: int, end: int, before: bytes = b"") -> Iterator[int]:
        """Where a word stands, but for after ``before``."""
        data, size = self.source.data, len(name)
        at = data.find(name, start, end)
        for _ in range(MAX_WORDS):
            if at < 0:
                return
            left, right = data[at - 1 : at], data[at + size : at + size + 1]
            if not (left in _LETTERS or left == before or right in _LETTERS):
                yield at
            at = data.find(name, at + size, end)

    def uses(self, key: Key) -> list[Node]:
        """Places at which a name is read, in source order."""
        scope, name = key
        start, end = self.ranges.get(scope, (0, len(self.source.data)))
        place = start, end, name
        known = self._places.get(place)
        if known is None:
            known = self._places[place] = []
            for at in self._words(name, start, end, b"."):
                node = self.source.root.descendant_for_byte_range(at, at + len(name))
                if node is not None and node.type in PLACES and node.byte_range == (at, at + len(name)):
                    known.append(node)
                    if len(known) >= MAX_USES:
                        break
        return known

    def calls(self, name: bytes) -> list[Node]:
        """Calls of a function or method by its name."""
        place = 0, -1, name
        known = self._places.get(place)
        if known is None:
            known = self._places[place] = []
            for at in self._words(name, 0, len(self.source.data)):
                end = at + len(name)
                if self.source.data[end : end + 8].lstrip()[:1] != b"(":
                    continue
                node = self.source.root.descendant_for_byte_range(at, end)
                around = self.around(node)[1:3] if node is not None and node.type == "identifier" else []
                call = next((outer for outer in around if outer.type != "attribute"), None)
                if call is not None and call.type == "call":
                    known.append(call)
                    if len(known) >= MAX_USES:
                        break
        return known
