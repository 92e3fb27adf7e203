"""Small edits of source text by the syntax tree, and fresh names."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from darnel.training.benchmarks.source import root_of

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_NODES = 300_000
_WORD = re.compile(rb"[A-Za-z_$][\w$]*")


class Edit(NamedTuple):
    """Replace the bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: bytes


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """``data`` with ``edits`` made; of those that overlap, the first."""
    pieces, at = [], 0
    for edit in sorted(edits):
        if edit.start >= at:
            pieces += [data[at : edit.start], edit.text]
            at = edit.end
    return b"".join([*pieces, data[at:]])


def tree_of(data: bytes, language: str) -> Node | None:
    """Root of the syntax tree; None if there is an error in it, or parsing takes too long."""
    root = root_of(data, language)
    return None if root is None or root.has_error else root


def walk(root: Node, leave: frozenset[str] = frozenset()) -> Iterator[Node]:
    """Nodes in document order, parents first, at most :data:`MAX_NODES`; without what is inside of types ``leave``."""
    todo = [root]
    seen = 0
    while todo and seen < MAX_NODES:
        node = todo.pop()
        seen += 1
        yield node
        if node.type not in leave:
            todo += reversed(node.children)


def text(node: Node | None) -> bytes:
    """Source of a node, ``b""`` without one."""
    return (node.text or b"") if node is not None else b""


def words(data: bytes) -> frozenset[bytes]:
    """Everything in ``data`` that could be a name."""
    return frozenset(_WORD.findall(data))


class Names:
    """Fresh names in one style, none of which is used already.

    Parameters
    ----------
    data : bytes
        Code whose words are taken.
    rng : random.Random
    short : bool
        One or two letters, as minifiers give.
    """

    def __init__(self, data: bytes, rng: random.Random, *, short: bool = False) -> None:
        self._taken = set(words(data)) | _RESERVED
        self._rng = rng
        self._style = "short" if short else rng.choice(("hex", "bars", "underscores", "letters"))
        self._count = 0

    def fresh(self) -> bytes:
        """One more name."""
        while True:
            name = self._one()
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _one(self) -> bytes:
        self._count += 1
        if self._style == "hex":
            return b"_0x%06x" % self._rng.randrange(1 << 24)
        if self._style == "bars":
            return b"I" + bytes(self._rng.choice(b"lI1") for _ in range(9))
        if self._style == "underscores":
            return b"_" * (self._count + 1)
        if self._style == "letters":
            return bytes(self._rng.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(self._rng.randint(6, 12)))
        number, name = self._count - 1, b""
        while number >= 0:
            name = bytes([97 + number % 26]) + name
            number = number // 26 - 1
        return name


_RESERVED = frozenset(
    b"if in is or do of as and not for try def del let new var int str set map len abs all any bin chr dir hex id max "
    b"min oct ord pow sum zip bool dict eval exec exit hash help iter list next open repr type vars None True False "
    b"else elif from pass with case enum void this null true self async await break class const raise while yield "
    b"catch throw super print input bytes float range slice tuple round import lambda return global assert delete "
    b"switch static typeof export except finally default continue function nonlocal debugger instanceof".split()
)
