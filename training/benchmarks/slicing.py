"""The part of a file that does the harm: top-level statements that carry it, and those they cannot do without.

A small program slice (Weiser 1981) over top-level statements: backwards through the names that a statement uses, and
forwards to the calls that set off what was chosen. It errs towards taking more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from darnel.training.benchmarks.source import dedent, is_definition, root_of

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_PARTS = 20_000
MAX_NODES = 300_000
_BUILD = re.compile(rb"^\s*(?:from\s+(?:setuptools|distutils|numpy\.distutils)\b|import\s+(?:setuptools|distutils)\b)")
_SETUP = re.compile(rb"^(?:[A-Za-z_][\w.]*\.)?setup\s*\(")
_PARENT_CALL = re.compile(
    rb"^\s*(?:super\s*\([^()]*\)|[A-Za-z_][\w.]*)\.(?:run|do_egg_install|initialize_options|finalize_options|__init__)"
    rb"\s*\(.*\)\s*;?\s*$",
    re.DOTALL,
)
_SCOPES = frozenset({
    "function_definition", "lambda", "class_definition", "function_expression", "arrow_function",
    "function_declaration", "generator_function", "generator_function_declaration", "class_declaration", "class",
    "method_definition",
})  # fmt: skip
_BOUND = {
    "assignment": "left", "augmented_assignment": "left", "named_expression": "name", "for_statement": "left",
    "variable_declarator": "name", "assignment_expression": "left", "for_in_statement": "left",
}  # fmt: skip
_NAMES = frozenset({"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"})
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})


@dataclass(frozen=True, slots=True)
class Part:
    """One top-level statement.

    Parameters
    ----------
    start, end : int
        Byte offsets.
    text : bytes
        What to take when it is chosen.
    defines, uses : frozenset of str
        Names that it binds at top level, and names that occur in it.
    brings : bool
        Only brings in modules.
    acts : bool
        Does something when the file runs and binds nothing.
    callable : bool
        Defines a function or class and does nothing else.
    dropped : bool
        Belongs to the packaging, never taken.
    """

    start: int
    end: int
    text: bytes
    defines: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    brings: bool = False
    acts: bool = False
    callable: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """What was taken.

    Parameters
    ----------
    code : bytes
        The statements in their order.
    spans : list of (int, int)
        Byte ranges they came from, ascending.
    """

    code: bytes
    spans: list[tuple[int, int]] = field(default_factory=list)


def cut(data: bytes, language: str, seeds: Iterable[tuple[int, int]]) -> Slice | None:
    """Take the statements that carry ``seeds`` and whatever they depend on.

    Parameters
    ----------
    data : bytes
        UTF-8 source.
    language : str
        ``python`` or ``javascript``.
    seeds : iterable of (order, line)
        Where observations were made (:class:`darnel.features.facts.Observation`).

    Returns
    -------
    Slice or None
        None if nothing that could be moved carries them, or the file takes too long to parse.
    """
    parts = parts_of(data, language)
    if not parts:
        return None
    chosen = _seeded(parts, data, list(seeds))
    chosen = _closed(parts, chosen)
    if not any(not parts[i].brings for i in chosen):
        return None
    taken = [parts[i] for i in sorted(chosen)]
    code = taken[0].text.rstrip(b"\r\n")
    for before, part in pairwise(taken):
        gap = data[before.end : part.start]
        code += b"\n" * (min(max(gap.count(b"\n"), 1), 3) if not gap.strip() else 1) + part.text.rstrip(b"\r\n")
    code += b"\n"
    return Slice(code.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), [(part.start, part.end) for part in taken])


def parts_of(data: bytes, language: str) -> list[Part]:
    """Top-level statements; empty if there are too many or parsing takes too long."""
    root = root_of(data, language)
    if root is None or root.child_count > MAX_PARTS:
        return []
    parts = [_part(node, data, language) for node in root.children if node.type not in ("comment", "hash_bang_line")]
    if language == "python":
        build = frozenset().union(*(part.defines for part in parts if part.brings and part.dropped))
        if build:
            nodes = {node.start_byte: node for node in root.children}
            parts = [_without_command(part, nodes[part.start], data, build) for part in parts]
    return parts


def _part(node: Node, data: bytes, language: str) -> Part:
    text = data[node.start_byte : node.end_byte]
    defines, uses = _names(node)
    definition = is_definition(node, language)
    brings = node.type in _IMPORTS or _only_requires(node, language)
    dropped = False
    if language == "python":
        dropped = bool(node.type in _IMPORTS and _BUILD.match(text)) or _is_setup(node, data)
    elif node.type == "export_statement":
        dropped = not defines
    return Part(
        node.start_byte,
        node.end_byte,
        text,
        defines,
        uses,
        brings,
        acts=not definition and not brings and not defines,
        callable=definition,
        dropped=dropped,
    )


def _is_setup(node: Node, data: bytes) -> bool:
    """A call of ``setup``, alone or under ``if __name__ == "__main__"``."""
    if node.type == "expression_statement":
        return bool(_SETUP.match(data[node.start_byte : node.end_byte]))
    if node.type == "if_statement" and (body := node.child_by_field_name("consequence")) is not None:
        return any(_is_setup(child, data) for child in body.children)
    return False


def _only_requires(node: Node, language: str) -> bool:
    if language != "javascript" or node.type not in ("lexical_declaration", "variable_declaration"):
        return False
    for child in node.named_children:
        value = child.child_by_field_name("value")
        while value is not None and value.type == "member_expression":
            value = value.child_by_field_name("object")
        called = (
            value.child_by_field_name("function") if value is not None and value.type == "call_expression" else None
        )
        if called is None or called.text != b"require":
            return False
    return True


def _names(top: Node) -> tuple[frozenset[str], frozenset[str]]:
    defines: set[str] = set()
    uses: set[str] = set()
    # (node, inside of a function or class, on the left side of a binding)
    todo = [(top, False, False)]
    seen = 0
    while todo and seen < MAX_NODES:
        node, inner, bound = todo.pop()
        seen += 1
        kind = node.type
        if kind in _NAMES:
            name = (node.text or b"").decode("utf-8", "replace")
            (defines if bound and not inner else uses).add(name)
            continue
        if kind == "wildcard_import":
            defines.add("*")
        if kind in _SCOPES and not inner:
            named = node.child_by_field_name("name")
            if named is not None and named.text:
                defines.add(named.text.decode("utf-8", "replace"))
        deeper = inner or kind in _SCOPES
        imported = kind in _IMPORTS or kind in ("import_clause", "as_pattern_target")
        place = _BOUND.get(kind)
        for i, child in enumerate(node.children):
            which = node.field_name_for_child(i)
            if (kind == "attribute" and which == "attribute") or (kind == "keyword_argument" and which == "name"):
                continue
            if kind == "import_from_statement" and which == "module_name":
                continue
            if kind == "aliased_import" and which == "name" and node.child_by_field_name("alias") is not None:
                continue
            if kind == "dotted_name" and i:
                continue
            todo.append((child, deeper, bound or imported or (place is not None and which == place)))
    return frozenset(defines), frozenset(uses)


def _seeded(parts: Sequence[Part], data: bytes, seeds: Sequence[tuple[int, int]]) -> set[int]:
    lines = [(data.count(b"\n", 0, p.start) + 1, data.count(b"\n", 0, p.end) + 1) for p in parts] if seeds else []
    chosen: set[int] = set()
    for order, line in seeds:
        by_order = [i for i, p in enumerate(parts) if p.start < order <= p.end]
        chosen.update(by_order or [i for i, (first, last) in enumerate(lines) if first <= line <= last])
    return {i for i in chosen if not parts[i].dropped}


def _closed(parts: Sequence[Part], chosen: set[int]) -> set[int]:
    chosen = set(chosen)
    while True:
        needed = frozenset[str]().union(*(parts[i].uses for i in chosen)) | {"*"}
        made = frozenset[str]().union(*(parts[i].defines for i in chosen if not parts[i].brings))
        called = frozenset[str]().union(*(parts[i].defines for i in chosen if parts[i].callable))
        more = {
            i
            for i, part in enumerate(parts)
            if i not in chosen
            and not part.dropped
            and (part.defines & needed or (part.acts and part.uses & made) or (part.callable and part.uses & called))
        }
        if not more:
            return chosen
        chosen |= more


def _without_command(part: Part, node: Node, data: bytes, build: frozenset[str]) -> Part:
    """A build command's class as plain code: the body of ``run``, or a class of its own that is run at once."""
    bases = node.child_by_field_name("superclasses") if node.type == "class_definition" else None
    body = node.child_by_field_name("body")
    if bases is None or body is None or not _names(bases)[1] & build:
        return part
    run = next((m for m in body.children if m.type == "function_definition" and _named(m) == b"run"), None)
    block = run.child_by_field_name("body") if run is not None else None
    if run is None or block is None:
        return part
    kept = [s for s in block.children if not _PARENT_CALL.match(data[s.start_byte : s.end_byte])]
    if not [s for s in kept if s.type not in ("comment", "pass_statement")]:
        return replace(part, dropped=True)
    text = b"\n".join(data[s.start_byte : s.end_byte] for s in kept)
    text = dedent(text, block.start_point[1])
    if not re.search(rb"\bself\b|\breturn\b|\byield\b", text):
        return replace(part, text=text, acts=True, defines=frozenset())
    name = _named(node)
    gaps = [(s.start_byte, s.end_byte) for s in block.children if s not in kept]
    pieces, at = [], node.start_byte
    for start, end in [(bases.start_byte, bases.end_byte), *gaps]:
        pieces += [data[at:start], b"pass" if (start, end) in gaps else b""]
        at = end
    pieces.append(data[at : node.end_byte])
    return replace(part, text=b"".join(pieces) + b"\n" + name + b"().run()", acts=True)


def _named(node: Node) -> bytes:
    name = node.child_by_field_name("name")
    return (name.text or b"") if name is not None else b""
