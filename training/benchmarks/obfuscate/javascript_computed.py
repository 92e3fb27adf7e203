"""Names of modules, properties and globals computed where they are used, in JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darnel.training.benchmarks.obfuscate import literals
from darnel.training.benchmarks.obfuscate.edits import Edit, applied, text, tree_of, walk
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

if TYPE_CHECKING:
    from tree_sitter import Node

_GLOBALS = frozenset([b"process", b"Buffer", b"setTimeout", b"setInterval", b"fetch", b"atob", b"unescape"])
_TAGS = frozenset({"jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element", "decorator"})


def _computed(code: Code) -> bytes | None:
    root = tree_of(code.data, "javascript")
    if root is None:
        return None
    spelling = code.rng.choice(("plus", "plus", "join", "reverse", "base64", "escapes"))
    share = code.rng.choice((0.5, 1.0))
    declared = {
        text(node.child_by_field_name("name")) for node in walk(root) if node.type in ("variable_declarator", "class")
    } | {text(child) for node in walk(root) if node.type == "formal_parameters" for child in node.named_children}
    edits: list[Edit] = []
    for node in walk(root):
        if node.type == "call_expression":
            edits += _required(node, code, spelling)
        elif code.rng.random() > share:
            continue
        elif node.type == "member_expression":
            edits += _member(node, code, spelling)
        elif node.type == "identifier" and text(node) in _GLOBALS - declared and _read(node):
            edits.append(
                Edit(node.start_byte, node.end_byte, b"globalThis[" + _name(text(node), code, spelling) + b"]")
            )
    return applied(code.data, edits) if edits else None


def _name(name: bytes, code: Code, spelling: str) -> bytes:
    if spelling == "join":
        return b"[" + b",".join(b'"' + part + b'"' for part in literals.pieces(name, code.rng)) + b'].join("")'
    if spelling == "reverse" and name.isascii():
        return b'"' + name[::-1] + b'".split("").reverse().join("")'
    if spelling == "base64":
        return literals.javascript_decoded(name, "base64")
    if spelling == "escapes":
        return literals.escaped(name, b'"')
    return literals.split(name, code.rng, b'"') if len(name) > 1 else b'"' + name + b'"'


def _required(node: Node, code: Code, spelling: str) -> list[Edit]:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or text(function) != b"require" or arguments.named_child_count != 1:
        return []
    wanted = arguments.named_children[0]
    name = text(wanted)[1:-1]
    if wanted.type != "string" or not name or b"\\" in name or b'"' in name:
        return []
    return [Edit(wanted.start_byte, wanted.end_byte, _name(name, code, spelling))]


def _member(node: Node, code: Code, spelling: str) -> list[Edit]:
    base, wanted = node.child_by_field_name("object"), node.child_by_field_name("property")
    if base is None or wanted is None or wanted.type != "property_identifier":
        return []
    if (node.parent is not None and node.parent.type in _TAGS) or text(base) in (b"import", b"new"):
        return []
    if any(child.type == "optional_chain" for child in node.children):
        return []
    return [Edit(base.end_byte, node.end_byte, b"[" + _name(text(wanted), code, spelling) + b"]")]


def _read(node: Node) -> bool:
    """Whether the identifier stands for a value that is used."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("member_expression", "call_expression", "new_expression", "arguments", "subscript_expression"):
        return True
    return parent.type == "variable_declarator" and parent.child_by_field_name("value") == node


TRANSFORMS = (Transform("computed-names", "javascript", _computed),)
