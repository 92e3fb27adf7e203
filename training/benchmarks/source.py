"""Editing source text as its authors would have: line ends, indentation, where statements start; and does it parse."""

from __future__ import annotations

from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from darnel.features.languages.parsing import parse

if TYPE_CHECKING:
    from tree_sitter import Language, Node

PARSE_SECONDS = 5.0
MAX_NODES = 400_000
_DEFINITIONS = {
    "python": frozenset({"function_definition", "class_definition", "decorated_definition"}),
    "javascript": frozenset({"function_declaration", "generator_function_declaration", "class_declaration"}),
}
_MULTILINE = frozenset({"string", "template_string", "comment", "regex"})


@cache
def grammar(language: str) -> Language:
    """Grammar of ``python`` or ``javascript``."""
    from tree_sitter import Language

    if language == "python":
        import tree_sitter_python

        return Language(tree_sitter_python.language())
    import tree_sitter_javascript

    return Language(tree_sitter_javascript.language())


def root_of(data: bytes, language: str) -> Node | None:
    """Root of the syntax tree of UTF-8 ``data``, None if parsing takes too long."""
    tree = parse(grammar(language), data, perf_counter() + PARSE_SECONDS)
    return tree.root_node if tree is not None else None


def errors(data: bytes, language: str) -> int:
    """Places that the grammar cannot parse; a very large number if parsing takes too long."""
    root = root_of(data, language)
    if root is None:
        return MAX_NODES
    found = seen = 0
    todo = [root] if root.has_error else []
    while todo and seen < MAX_NODES:
        node = todo.pop()
        seen += 1
        found += node.is_error or node.is_missing
        todo += [child for child in node.children if child.has_error]
    return found


def is_definition(node: Node, language: str) -> bool:
    """Whether a statement only defines a function or class."""
    return node.type in _DEFINITIONS[language]


def newline_of(data: bytes) -> bytes:
    r"""``\r\n`` if most lines of ``data`` end so, else ``\n``."""
    feeds = data.count(b"\n")
    return b"\r\n" if feeds and 2 * data.count(b"\r\n") > feeds else b"\n"


def readable(data: bytes) -> bool:
    """UTF-8 without a cookie or mark that says otherwise: bytes can be inserted anywhere between characters."""
    head = b"\n".join(data[:400].split(b"\n", 2)[:2])
    if b"coding" in head and b"utf-8" not in head.lower() and b"utf8" not in head.lower():
        return False
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def indent(code: bytes, prefix: bytes, language: str) -> bytes:
    """``code`` with ``prefix`` before every line that is not empty and not inside a literal of several lines."""
    root = root_of(code, language)
    inside: set[int] = set()
    todo = [root] if root is not None else []
    while todo:
        node = todo.pop()
        first, last = node.start_point[0], node.end_point[0]
        if first == last:
            continue
        if node.type in _MULTILINE:
            inside.update(range(first + 1, last + 1))
        else:
            todo += node.children
    lines = code.split(b"\n")
    return b"\n".join(
        prefix + line if line.strip() and number not in inside else line for number, line in enumerate(lines)
    )


def dedent(code: bytes, width: int) -> bytes:
    """``code`` with at most ``width`` leading blanks taken from every line."""
    lines = []
    for line in code.split(b"\n"):
        kept = 0
        while kept < width and line[kept : kept + 1] in (b" ", b"\t"):
            kept += 1
        lines.append(line[kept:])
    return b"\n".join(lines)


class Inserted(NamedTuple):
    """A changed file and the 1-based lines that are new, last one included."""

    data: bytes
    first: int
    last: int


def insert(data: bytes, offset: int, block: bytes) -> Inserted:
    r"""Put ``block`` (with ``\n`` line ends) in at ``offset``, with the line ends of ``data``."""
    newline = newline_of(data)
    # A newline before the block, or blank lines around it, are part of it but not of the answer.
    lead = len(block) - len(block.lstrip(b"\n"))
    trail = len(block) - len(block.rstrip(b"\n"))
    first = data.count(b"\n", 0, offset) + lead + 1
    last = first + block.count(b"\n") - lead - trail
    return Inserted(data[:offset] + block.replace(b"\n", newline) + data[offset:], first, last)


def append(data: bytes, block: bytes) -> Inserted:
    """Put ``block`` at the end, after one empty line."""
    gap = b"" if not data else b"\n" if data.endswith(b"\n") else b"\n\n"
    return insert(data, len(data), gap + block.rstrip(b"\n") + b"\n")


def line_prefix(data: bytes, offset: int) -> bytes | None:
    """Blanks between the start of the line and ``offset``; None if there is anything else."""
    start = data.rfind(b"\n", 0, offset) + 1
    prefix = data[start:offset]
    return prefix if not prefix.strip(b" \t") else None
