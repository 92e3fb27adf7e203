"""String literals of a JavaScript file: cut into pieces, escaped, encoded, or moved into a rotated array."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from darnel.training.benchmarks.obfuscate import literals
from darnel.training.benchmarks.obfuscate.edits import Edit, Names, applied, text, tree_of, walk
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_EXPRESSION = frozenset({
    "import_statement", "export_statement", "import_specifier", "export_specifier", "namespace_import",
    "namespace_export", "import_attribute", "jsx_attribute", "method_definition", "field_definition",
})  # fmt: skip


class Literal(NamedTuple):
    """A literal that can be written in another way."""

    start: int
    end: int
    value: bytes
    quote: bytes


def strings(code: Code) -> Iterator[Literal]:
    """Literals without escapes where any expression may stand; no directives, property names or module names."""
    root = tree_of(code.data, "javascript")
    if root is None:
        return
    statement = -1
    for node in walk(root, frozenset({"template_string"})):
        if node.type == "expression_statement":
            statement = node.start_byte
        # At the start of a statement an expression in brackets would be an argument list of the line before.
        if node.type != "string" or node.start_byte == statement or not _replaceable(node):
            continue
        quote = code.data[node.start_byte : node.start_byte + 1]
        value = code.data[node.start_byte + 1 : node.end_byte - 1]
        if literals.SHORTEST <= len(value) <= literals.LONGEST and not any(m in value for m in (b"\\", b"\n", b"\r")):
            yield Literal(node.start_byte, node.end_byte, value, quote)


def _replaceable(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type in _NO_EXPRESSION:
        return False
    return parent.type != "pair" or parent.child_by_field_name("key") != node


def _each(spell: Callable[[Literal, Code], bytes]) -> Callable[[Code], bytes | None]:
    def make(code: Code) -> bytes | None:
        edits = [Edit(found.start, found.end, spell(found, code)) for found in strings(code)]
        return applied(code.data, edits) if edits else None

    return make


def _split(found: Literal, code: Code) -> bytes:
    if code.rng.random() < 0.3:
        parts = b",".join(found.quote + part + found.quote for part in literals.pieces(found.value, code.rng))
        return b"[" + parts + b'].join("")'
    return b"(" + literals.split(found.value, code.rng, found.quote) + b")"


def _escaped(found: Literal, code: Code) -> bytes:  # noqa: ARG001
    return literals.escaped(found.value, found.quote)


def _encoded(code: Code) -> bytes | None:
    style = code.rng.choice(literals.JAVASCRIPT_STYLES)
    return _each(lambda found, _: literals.javascript_decoded(found.value, style))(code)


def _array(code: Code) -> bytes | None:
    """As javascript-obfuscator does: all strings in one array that is rotated before use, read by a function."""
    found = list(strings(code))
    if not found:
        return None
    values = sorted({literal.value for literal in found})
    code.rng.shuffle(values)
    place = {value: number for number, value in enumerate(values)}
    offset, turns = code.rng.randrange(16, 512), code.rng.randrange(1, 400) % max(2, len(values))
    coded = code.rng.random() < 0.5
    stored = values[len(values) - turns :] + values[: len(values) - turns]
    names = Names(code.data, code.rng)
    array, read, turned, count, number = (names.fresh() for _ in range(5))
    listed = b",".join(b"'" + (b64encode(value) if coded else value.replace(b"'", b"\\x27")) + b"'" for value in stored)
    item = array + b"[" + number + b"-0x%x]" % offset
    got = b"Buffer.from(" + item + b",'base64').toString()" if coded else item
    head = b"var %b=[%b];(function(%b,%b){while(%b-->0){%b.push(%b.shift());}}(%b,0x%x));" % (
        array, listed, turned, count, count, turned, turned, array, turns,
    )  # fmt: skip
    head += b"function %b(%b){return %b;}\n" % (read, number, got)
    start = _after_directives(code.data)
    edits = [Edit(one.start, one.end, read + b"(0x%x)" % (offset + place[one.value])) for one in found]
    return applied(code.data, [Edit(start, start, head), *edits])


def _after_directives(data: bytes) -> int:
    """Offset of the first line after hash-bang, comments and directives."""
    root = tree_of(data, "javascript")
    at = 0
    for node in root.children if root is not None else ():
        directive = node.type == "expression_statement" and text(node).startswith((b"'use ", b'"use '))
        if not directive and node.type not in ("hash_bang_line", "comment"):
            break
        at = node.end_byte
    if at == 0:
        return 0
    end = data.find(b"\n", at)
    rest = data[at : end if end >= 0 else len(data)]
    return at if rest.strip() else end + 1 if end >= 0 else at


TRANSFORMS = (
    Transform("split-strings", "javascript", _each(_split)),
    Transform("escaped-strings", "javascript", _each(_escaped)),
    Transform("encoded-strings", "javascript", _encoded),
    Transform("string-array", "javascript", _array),
)
