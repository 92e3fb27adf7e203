"""Identifiers of a Python file renamed by its syntax tree.

Renamed is what the file binds in functions and at module level: variables, parameters, functions, classes, imports
(with an ``as``). Kept are names bound in class bodies, attributes, parameters that are passed by keyword, what the
module offers and other files mention, and words in strings where the file evaluates strings or reads its namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from darnel.training.benchmarks.obfuscate.edits import MAX_NODES, Edit, Names, applied, text, tree_of, walk, words
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

if TYPE_CHECKING:
    from tree_sitter import Node

_REFLECTS = frozenset([b"locals", b"globals", b"vars", b"eval", b"exec", b"__dict__"])
_LEFT = {
    "assignment": "left",
    "augmented_assignment": "left",
    "named_expression": "name",
    "for_statement": "left",
    "for_in_clause": "left",
}
_PATTERNS = frozenset({
    "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "dictionary_splat_pattern",
    "as_pattern_target", "tuple", "list", "parenthesized_expression",
})  # fmt: skip
_SHOWN = frozenset({"keyword_pattern", "class_pattern", "future_import_statement"})
_OPENS = {"class_definition": "class", "function_definition": "function", "lambda": "function"}
_PARAMETERS = frozenset({"parameters", "lambda_parameters"})
_DEFAULTS = frozenset({"default_parameter", "typed_default_parameter"})
_DEFINITIONS = frozenset({"function_definition", "class_definition"})


class Bindings:
    """Names that may be renamed, and where they stand.

    Parameters
    ----------
    root : Node
    """

    def __init__(self, root: Node) -> None:
        self.bound: set[bytes] = set()
        self.kept: set[bytes] = set()
        self.uses: list[Node] = []
        """Identifiers that mean a variable."""
        self.imports: list[Node] = []
        """Imported names without ``as``."""
        self.offered: set[bytes] = set()
        """Bound at module level, or parameters: other files may use them."""
        self._parameters: set[bytes] = set()
        self._keywords: set[bytes] = set()
        todo = [(root, "module")]
        seen = 0
        while todo and seen < MAX_NODES:
            node, scope = todo.pop()
            seen += 1
            self._look(node, scope)
            scope = _OPENS.get(node.type, scope)
            todo += [(child, scope) for child in node.children]
        self.kept |= self._parameters & self._keywords
        self.offered |= self._parameters

    def _bind(self, node: Node | None, scope: str) -> None:
        names = {text(target) for target in _targets(node)}
        if scope == "class":
            self.kept |= names
        else:
            self.bound |= names
            self.offered |= names if scope == "module" else set()

    def _look(self, node: Node, scope: str) -> None:
        kind = node.type
        if kind == "identifier":
            self._identifier(node)
        elif kind in _LEFT:
            self._bind(node.child_by_field_name(_LEFT[kind]), scope)
        elif kind in _DEFINITIONS:
            self._bind(node.child_by_field_name("name"), scope)
        elif kind == "as_pattern_target":
            self._bind(node, scope)
        elif kind in _PARAMETERS:
            for child in node.named_children:
                own = child.child_by_field_name("name") if child.type in _DEFAULTS else child
                if child.type == "typed_parameter":
                    own = child.named_children[0]
                found = {text(target) for target in _targets(own)}
                self.bound |= found
                self._parameters |= found
        elif kind in ("import_statement", "import_from_statement"):
            self._import(node, scope)
        elif kind in _SHOWN or (kind == "interpolation" and any(child.type == "=" for child in node.children)):
            self.kept |= {text(child) for child in walk(node) if child.type == "identifier"}

    def _identifier(self, node: Node) -> None:
        parent = node.parent
        if parent is None:
            return
        if parent.type == "attribute" and parent.child_by_field_name("attribute") == node:
            return
        if parent.type == "keyword_argument" and parent.child_by_field_name("name") == node:
            self._keywords.add(text(node))
            return
        if parent.type == "dotted_name" and parent.parent is not None and parent.parent.type != "decorator":
            return
        self.uses.append(node)

    def _import(self, node: Node, scope: str) -> None:
        module = node.child_by_field_name("module_name")
        for child in node.named_children:
            if child == module:
                continue
            if child.type == "aliased_import":
                self._bind(child.child_by_field_name("alias"), "class" if scope == "class" else "function")
            elif child.type == "dotted_name":
                first = text(child.children[0])
                if len(child.children) == 1 and scope != "class":
                    self.bound.add(first)
                    self.imports.append(child)
                else:
                    self.kept.add(first)


def _targets(node: Node | None) -> Iterator[Node]:
    todo = [node] if node is not None else []
    while todo:
        found = todo.pop()
        if found.type == "identifier":
            yield found
        elif found.type in _PATTERNS:
            todo += found.named_children


def renamed(code: Code, *, short: bool = False) -> bytes | None:
    """The code with its own names replaced; None if there are none, or it cannot be parsed."""
    root = tree_of(code.data, "python")
    if root is None:
        return None
    found = Bindings(root)
    kept = found.kept | (code.elsewhere & found.offered)
    if words(code.data) & _REFLECTS:
        kept = kept | {word for node in walk(root) if node.type == "string_content" for word in words(text(node))}
    else:
        kept = kept | {text(node) for node in walk(root) if node.type == "string_content"}
    own = sorted(name for name in found.bound - kept if not name.startswith(b"__") and name != b"_")
    if not own:
        return None
    names = Names(code.data, code.rng, short=short)
    fresh = {name: names.fresh() for name in own}
    edits = [Edit(n.start_byte, n.end_byte, fresh[text(n)]) for n in found.uses if text(n) in fresh]
    edits += [
        Edit(n.start_byte, n.end_byte, text(n) + b" as " + fresh[text(n)]) for n in found.imports if text(n) in fresh
    ]
    return applied(code.data, edits)


TRANSFORMS = (Transform("renamed", "python", renamed),)
