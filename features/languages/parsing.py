"""Tree-sitter on hostile input: bounded time, and no overflow of the C stack.

Three things go wrong when nesting is used as an attack. The parser frees its stack recursively (one C frame per open
bracket), so it runs on a thread with a stack sized for the source. A query counts depth in 16 bits and takes quadratic
time on deep trees, so captures start no deeper than :data:`MAX_DEPTH`. And it takes quadratic time on the flat nodes
that error recovery leaves behind, so such trees are not queried.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection
from operator import attrgetter
from string import ascii_letters
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tree_sitter import Language, Node, Tree

MAX_DEPTH = 2_000
"""Captures below this depth of the syntax tree are dropped. Generated parsers reach some hundreds."""
MAX_FLAT = 20_000
"""Children of one error node."""
MAX_SEEN = 200_000
"""Nodes looked at while searching for such a node."""
INLINE_BYTES = 16 * 1024
"""Shorter sources cannot overflow any platform's stack and are parsed on the calling thread."""
_FRAME_BYTES = 128
_BASE_STACK = 4 << 20
_SMALL = 1_024
"""Bytes that are parsed without a look at the clock: 4 kB of ``!*`` already take JavaScript's grammar six seconds."""
_READ = 4_096
"""Bytes of a node's text that are read at once."""

MAX_TOKENS = 500_000
"""Words and signs in what is parsed at once. A tree and what is captured of it take up to 400 bytes for each, so that a
limit in bytes of source alone would let two megabytes of ``a;a;a;`` take half a gigabyte."""
TYPESCRIPT_TOKENS = MAX_TOKENS // 2
"""The same for TypeScript, where ``a<`` may begin type arguments or a comparison, and the parser follows both."""
SHELL_TOKENS = MAX_TOKENS // 5
"""The same for shell, whose grammar keeps many more states while it recovers from errors."""
_BLOCK = 4_096
_PART = 256 * _BLOCK

_CAPTURE = re.compile(r"@([\w.]+)")
_T = TypeVar("_T")
_lock = threading.Lock()


def affordable(data: bytes, limit: int, level: int = 0, tokens: int = MAX_TOKENS) -> int:
    """How much of a source may be parsed at once so that its tree stays within memory, wherever the bytes are chosen.

    Parameters
    ----------
    data : bytes
        Source.
    limit : int
        Most bytes.
    level : int
        Levels of code around this one, whose trees are in memory as well; each has a quarter of the one around it.
    tokens : int
        Most words, signs and line ends at level 0.

    Returns
    -------
    int
        At most ``limit``; depends on the content alone.
    """
    tokens >>= 2 * level
    if len(data) <= min(limit, tokens):
        return limit
    import numpy as np

    counts: list[NDArray[np.int64]] = []
    for at in range(0, len(data), _PART):  # in parts: masks over all of a large file would take several times its size
        kinds = np.frombuffer(data[max(at - 1, 0) : at + _PART].translate(_KINDS), np.uint8)
        # A sign is a token; so is the first byte of a word.
        starts = kinds == 2
        starts[1:] |= (kinds[1:] == 1) & (kinds[:-1] != 1)
        own = starts[1:] if at else starts
        counts.append(np.add.reduceat(own, np.arange(0, len(own), _BLOCK), dtype=np.int64))
    blocks = np.concatenate(counts)
    blocks[::-1].sort()
    held = int(np.searchsorted(np.cumsum(blocks), tokens, side="right"))
    return limit if held >= len(blocks) else min(limit, max(held, 1) * _BLOCK)


_KINDS = bytes(1 if c >= 128 or c == 95 or chr(c).isalnum() else 0 if c in b" \t\r\f\0" else 2 for c in range(256))


def parse(language: Language, data: bytes, deadline: float) -> Tree | None:
    """Parse ``data``.

    Parameters
    ----------
    language : tree_sitter.Language
    data : bytes
        UTF-8; other encodings give errors inside the tree, not exceptions.
    deadline : float
        :func:`time.perf_counter` reading at which to give up.

    Returns
    -------
    Tree or None
        None when the deadline passed.
    """
    from tree_sitter import Parser

    def work() -> Tree | None:
        parser = Parser(language)
        if len(data) <= _SMALL:
            return parser.parse(data)
        whole = memoryview(data)
        parts: list[memoryview] = []

        done = False

        def read(offset: int, _: object) -> memoryview | bytes:
            if done:  # the text of a node was asked for, which has to be bytes
                return data[offset : offset + _READ]
            parts.append(whole[offset:])
            return parts[-1]

        try:
            return parser.parse(read, progress_callback=lambda _offset, _error: perf_counter() > deadline)
        except ValueError:  # cancelled
            return None
        finally:
            # tree-sitter 0.26 never lets go of what it was given to read. These are empty shells then: copies of the
            # source would stay in memory for good.
            done = True
            for part in parts:
                part.release()

    return work() if len(data) <= INLINE_BYTES else _on_stack(_BASE_STACK + _FRAME_BYTES * len(data), work)


start_of, end_of = attrgetter("start_byte"), attrgetter("end_byte")


class Patterns:
    """A query, whose captures have names of one character while it runs.

    The binding makes the name anew for every captured node; those of one character are ready-made in Python.

    Parameters
    ----------
    language : tree_sitter.Language
    text : str
        What :class:`tree_sitter.Query` reads, with at most 52 names of captures.
    """

    def __init__(self, language: Language, text: str) -> None:
        from tree_sitter import Query

        short = dict(zip(dict.fromkeys(_CAPTURE.findall(text)), ascii_letters, strict=False))
        self.query = Query(language, _CAPTURE.sub(lambda match: "@" + short[match[1]], text))
        self.names = {character: name for name, character in short.items()}
        """By the character that stands for it."""


def captures(
    patterns: Patterns, root: Node, unordered: Collection[str] = (), distinct: Collection[str] = ()
) -> dict[str, list[Node]] | None:
    """All captures of ``patterns`` below ``root``, each list in source order, outer nodes first, but for ``unordered``.

    Of those that are ``distinct`` no two begin at the same byte, so that they need one sort only.

    None when the tree is one that queries take quadratic time on. There is no progress callback on purpose: in
    tree-sitter 0.26 it is called through a dangling pointer and aborts the interpreter.
    """
    from tree_sitter import QueryCursor

    if root.has_error and _flat(root):
        return None
    cursor = QueryCursor(patterns.query)
    cursor.set_max_start_depth(MAX_DEPTH)
    found = {patterns.names[short]: nodes for short, nodes in cursor.captures(root).items()}
    for name, nodes in found.items():  # come in an order that differs from run to run
        if name not in unordered and len(nodes) > 1:
            if name not in distinct:
                nodes.sort(key=end_of, reverse=True)
            nodes.sort(key=start_of)
    return found


def _flat(root: Node) -> bool:
    # For every token a query looks for a later named sibling; recovery can leave a million tokens in one flat node.
    todo, seen = [root], 0
    while todo:
        node = todo.pop()
        if node.type == "ERROR" and node.child_count > MAX_FLAT:
            return True
        children = node.children
        seen += len(children)
        if seen > MAX_SEEN:
            return True
        todo += [child for child in children if child.has_error and child.child_count]
    return False


def _on_stack(size: int, work: Callable[[], _T]) -> _T:
    result: list[_T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    with _lock:  # the size is a setting of the whole process
        before = threading.stack_size((size + 0xFFFF) & ~0xFFFF)
        try:
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if failure:
        raise failure[0]
    return result[0]
