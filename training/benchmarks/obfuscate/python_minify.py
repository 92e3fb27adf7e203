"""Minified Python: no comments, docstrings and blank lines, one blank to indent, statements joined, names shortened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from darnel.training.benchmarks.obfuscate.edits import text, tree_of
from darnel.training.benchmarks.obfuscate.padding import PYTHON_SIMPLE
from darnel.training.benchmarks.obfuscate.python_rename import renamed
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

if TYPE_CHECKING:
    from tree_sitter import Node

_CLAUSES = frozenset({
    "elif_clause", "else_clause", "except_clause", "except_group_clause", "finally_clause", "case_clause",
})  # fmt: skip
_SKIPPED = frozenset({"comment", "line_continuation"})
_SIMPLE = PYTHON_SIMPLE | {"future_import_statement"}
_WORDY = re.compile(rb"[\w\"'\x80-\xff]")
_NUMBER = re.compile(rb"\d[\w.]*")


def minified(code: Code) -> bytes | None:
    """The code in as few characters as can be had without understanding it."""
    short = renamed(code, short=True)
    code = replace(code, data=short) if short is not None else code
    root = tree_of(code.data, "python")
    if root is None:
        return None
    lines: list[bytes] = []
    _suite(root, 0, lines)
    return b"\n".join(lines) + b"\n" if lines else None


def _suite(block: Node, depth: int, lines: list[bytes], head: bytes = b"") -> None:
    """Write the statements of a block, behind ``head`` if all of them are simple."""
    statements = [child for child in block.named_children if child.type not in _SKIPPED]
    bare = [child for child in statements if not _docstring(child)]
    simple = all(child.type in _SIMPLE for child in bare)
    if head and not (simple and bare):
        lines.append(b" " * (depth - 1) + head)
        head = b""
    start = b" " * (depth - 1) + head if head else b" " * depth
    run: list[bytes] = []
    for child in bare:
        if child.type in _SIMPLE:
            run.append(squeezed(_leaves(child)))
            continue
        if run:
            lines.append(start + b";".join(run))
            run = []
        _compound(child, depth, lines)
    if not bare:
        run = [b"pass"] if block.type == "block" else []
    if run:
        lines.append(start + b";".join(run))


def _compound(node: Node, depth: int, lines: list[bytes]) -> None:
    head: list[bytes] = []
    for child in node.children:
        if child.type in _SKIPPED:
            continue
        if child.type == "block":
            _suite(child, depth + 1, lines, squeezed(head))
            head = []
        elif child.type in _CLAUSES or (node.type == "decorated_definition" and child.type != "decorator"):
            _compound(child, depth, lines)
        elif child.type == "decorator":
            lines.append(b" " * depth + squeezed(_leaves(child)))
        else:
            head += _leaves(child)
    if head and squeezed(head) != b";":
        lines.append(b" " * depth + squeezed(head))


def _leaves(node: Node) -> Iterator[bytes]:
    todo = [node]
    while todo:
        found = todo.pop()
        if found.type in _SKIPPED:
            continue
        if found.type == "string" or not found.child_count:
            piece = text(found)
            if piece.strip():
                yield piece
        else:
            todo += reversed(found.children)


def squeezed(pieces: Iterator[bytes] | list[bytes]) -> bytes:
    """Tokens one behind the other, with a blank only where two would become one."""
    result: list[bytes] = []
    before = b""
    for piece in pieces:
        words = before and _WORDY.match(before[-1:]) and _WORDY.match(piece[:1])
        if words or (piece.startswith(b".") and _NUMBER.fullmatch(before)):
            result.append(b" ")
        result.append(piece)
        before = piece
    return b"".join(result)


def _docstring(node: Node) -> bool:
    return node.type == "expression_statement" and node.child_count == 1 and node.children[0].type == "string"


TRANSFORMS = (Transform("minified", "python", minified),)
