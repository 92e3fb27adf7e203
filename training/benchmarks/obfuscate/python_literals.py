"""String literals of a Python file: cut into pieces, escaped, or encoded one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from darnel.training.benchmarks.obfuscate import literals
from darnel.training.benchmarks.obfuscate.edits import Edit, applied, text, tree_of, walk
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

_OPAQUE = frozenset({"string", "concatenated_string", "case_pattern"})


class Literal(NamedTuple):
    """A literal that can be written in another way."""

    start: int
    end: int
    value: bytes
    quote: bytes
    prefix: bytes
    """``b`` or nothing."""


def strings(code: Code) -> Iterator[Literal]:
    """Plain literals of one line without escapes; no docstrings, f-strings or parts of a concatenation."""
    root = tree_of(code.data, "python")
    if root is None:
        return
    docstring = -1
    for node in walk(root, _OPAQUE):
        if node.type == "expression_statement" and node.child_count == 1 and node.children[0].type == "string":
            docstring = node.start_byte
            continue
        if node.type != "string" or node.start_byte == docstring:
            continue
        opening, closing = text(node.children[0]), text(node.children[-1])
        prefix = opening.rstrip(b"'\"").lower()
        value = code.data[node.start_byte + len(opening) : node.end_byte - len(closing)]
        if prefix not in (b"", b"b", b"u", b"r") or any(child.type == "interpolation" for child in node.children):
            continue
        if len(value) < literals.SHORTEST or len(value) > literals.LONGEST:
            continue
        if any(mark in value for mark in (b"\\", b"\n", b"\r", closing[:1])):
            continue
        yield Literal(node.start_byte, node.end_byte, value, closing[:1], b"b" if prefix == b"b" else b"")


def _each(spell: Callable[[Literal, Code], bytes]) -> Callable[[Code], bytes | None]:
    def make(code: Code) -> bytes | None:
        edits = [Edit(found.start, found.end, b"(" + spell(found, code) + b")") for found in strings(code)]
        return applied(code.data, edits) if edits else None

    return make


def _split(found: Literal, code: Code) -> bytes:
    return literals.split(found.value, code.rng, found.quote, found.prefix)


def _escaped(found: Literal, code: Code) -> bytes:  # noqa: ARG001
    return literals.escaped(found.value, found.quote, found.prefix)


def _encoded(code: Code) -> bytes | None:
    style = code.rng.choice(literals.PYTHON_STYLES)
    return _each(lambda found, _: literals.python_decoded(found.value, style, as_bytes=bool(found.prefix)))(code)


TRANSFORMS = (
    Transform("split-strings", "python", _each(_split)),
    Transform("escaped-strings", "python", _each(_escaped)),
    Transform("encoded-strings", "python", _encoded),
)
