"""Identifiers of a JavaScript file renamed by its syntax tree: what it declares, unless it exports it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from darnel.training.benchmarks.obfuscate.edits import Edit, Names, applied, text, tree_of, walk, words
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

if TYPE_CHECKING:
    from tree_sitter import Node

_REFLECTS = frozenset([b"eval", b"Function"])
_KEPT = frozenset(
    [b"arguments", b"undefined", b"require", b"module", b"exports", b"__dirname", b"__filename", b"async"]
)
_NAMED = {
    "variable_declarator": "name",
    "function_declaration": "name",
    "generator_function_declaration": "name",
    "function_expression": "name",
    "class_declaration": "name",
    "class": "name",
    "arrow_function": "parameter",
    "catch_clause": "parameter",
    "import_specifier": "alias",
}
_SHORT = frozenset({"shorthand_property_identifier", "shorthand_property_identifier_pattern"})


def _targets(node: Node | None) -> Iterator[Node]:
    """Names that a pattern binds."""
    todo = [node] if node is not None else []
    while todo:
        found = todo.pop()
        if found.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield found
        elif found.type in ("pair_pattern",):
            todo += [child for child in [found.child_by_field_name("value")] if child is not None]
        elif found.type in ("object_assignment_pattern", "assignment_pattern"):
            todo += [child for child in [found.child_by_field_name("left")] if child is not None]
        elif found.type in ("object_pattern", "array_pattern", "rest_pattern"):
            todo += found.named_children


def _bound(root: Node) -> tuple[set[bytes], set[bytes]]:
    """Names that the file declares, and those that others see."""
    bound: set[bytes] = set()
    kept: set[bytes] = set(_KEPT)
    for node in walk(root):
        found: list[Node] = []
        if node.type in _NAMED:
            found = list(_targets(node.child_by_field_name(_NAMED[node.type])))
        elif node.type == "formal_parameters":
            found = [target for child in node.named_children for target in _targets(child)]
        elif node.type == "for_in_statement" and node.child_by_field_name("kind") is not None:
            found = list(_targets(node.child_by_field_name("left")))
        elif node.type in ("import_clause", "namespace_import"):
            found = [child for child in node.named_children if child.type == "identifier"]
        elif node.type == "export_specifier":
            kept |= {text(child) for child in node.named_children}
        elif node.type == "export_statement":
            declared = node.child_by_field_name("declaration")
            for child in walk(declared) if declared is not None else ():
                if child.type in _NAMED and child.parent is not None and child.parent in (node, declared):
                    kept |= {text(target) for target in _targets(child.child_by_field_name("name"))}
            if declared is not None:
                kept |= {text(target) for target in _targets(declared.child_by_field_name("name"))}
        bound |= {text(target) for target in found}
    return bound, kept


def renamed(code: Code, *, short: bool = False) -> bytes | None:
    """The code with its own names replaced; None if there are none, or it cannot be parsed."""
    root = tree_of(code.data, "javascript")
    if root is None or any(node.type == "with_statement" for node in walk(root)):
        return None
    bound, kept = _bound(root)
    if words(code.data) & _REFLECTS:
        kept |= {word for node in walk(root) if node.type == "string_fragment" for word in words(text(node))}
    own = sorted(bound - kept)
    if not own:
        return None
    names = Names(code.data, code.rng, short=short)
    fresh = {name: names.fresh() for name in own}
    edits = []
    for node in walk(root):
        if node.type not in _SHORT and node.type != "identifier":
            continue
        name = text(node)
        if name not in fresh:
            continue
        if node.type in _SHORT:
            edits.append(Edit(node.start_byte, node.end_byte, name + b": " + fresh[name]))
        elif node.parent is not None and node.parent.type == "import_specifier":
            if node.parent.child_by_field_name("alias") == node:
                edits.append(Edit(node.start_byte, node.end_byte, fresh[name]))
        else:
            edits.append(Edit(node.start_byte, node.end_byte, fresh[name]))
    return applied(code.data, edits)


TRANSFORMS = (Transform("renamed", "javascript", renamed),)
