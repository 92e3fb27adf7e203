"""Names of modules, attributes and built-in functions computed where they are used, in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darnel.training.benchmarks.obfuscate import literals
from darnel.training.benchmarks.obfuscate.edits import Edit, applied, text, tree_of, walk
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

if TYPE_CHECKING:
    from tree_sitter import Node

_BUILTINS = frozenset([b"exec", b"eval", b"open", b"compile", b"__import__"])


def _computed(code: Code) -> bytes | None:
    root = tree_of(code.data, "python")
    if root is None:
        return None
    spelling = code.rng.choice(("pieces", "pieces", "reversed", "base64", "characters"))
    edits: list[Edit] = []
    modules: set[bytes] = set()
    for node in walk(root, frozenset({"string", "future_import_statement"})):
        spell = {"import_statement": _imported, "import_from_statement": _imported_from}.get(node.type)
        if spell is not None and (lines := spell(node, code, spelling, modules)):
            edits.append(Edit(node.start_byte, node.end_byte, b"; ".join(lines)))
    for node in walk(root, frozenset({"string", "decorator"})):
        if node.type == "call":
            edits += _called(node, code, spelling, modules)
    return applied(code.data, edits) if edits else None


def _name(name: bytes, code: Code, spelling: str) -> bytes:
    if spelling == "reversed":
        return b"'" + name[::-1] + b"'[::-1]"
    if spelling == "base64":
        return literals.python_decoded(name, "base64", as_bytes=False)
    if spelling == "characters" and name.isascii():
        return b"''.join(map(chr, [" + b",".join(b"%d" % byte for byte in name) + b"]))"
    return literals.split(name, code.rng) if len(name) > 1 else b"'" + name + b"'"


def _imported(node: Node, code: Code, spelling: str, modules: set[bytes]) -> list[bytes]:
    lines = []
    for child in node.named_children:
        aliased = child.type == "aliased_import"
        module = text(child.child_by_field_name("name") if aliased else child)
        bound = text(child.child_by_field_name("alias")) if aliased else module.partition(b".")[0]
        modules.add(bound)
        if aliased and b"." in module:
            lines.append(bound + b" = __import__('importlib').import_module(" + _name(module, code, spelling) + b")")
        else:
            lines.append(bound + b" = __import__(" + _name(module, code, spelling) + b")")
    return lines


def _imported_from(node: Node, code: Code, spelling: str, modules: set[bytes]) -> list[bytes]:
    module = node.child_by_field_name("module_name")
    if module is None or module.type != "dotted_name" or any(c.type == "wildcard_import" for c in node.children):
        return []
    lines = []
    for child in node.named_children:
        if child == module:
            continue
        aliased = child.type == "aliased_import"
        name = text(child.child_by_field_name("name") if aliased else child)
        bound = text(child.child_by_field_name("alias")) if aliased else name
        spelled = _name(name, code, spelling)
        modules.add(bound)
        lines.append(
            bound + b" = getattr(__import__(" + _name(text(module), code, spelling)
            + b", fromlist=[" + spelled + b"]), " + spelled + b")"
        )  # fmt: skip
    return lines


def _called(node: Node, code: Code, spelling: str, modules: set[bytes]) -> list[Edit]:
    function = node.child_by_field_name("function")
    if function is None:
        return []
    if function.type == "identifier" and text(function) in _BUILTINS:
        spelled = _name(text(function), code, spelling)
        whole = b"getattr(__import__(" + _name(b"builtins", code, spelling) + b"), " + spelled + b")"
        return [Edit(function.start_byte, function.end_byte, whole)]
    path: list[bytes] = []
    inner = function
    while inner.type == "attribute":
        path.append(text(inner.child_by_field_name("attribute")))
        below = inner.child_by_field_name("object")
        if below is None:
            return []
        inner = below
    if not path or inner.type != "identifier" or text(inner) not in modules:
        return []
    whole = text(inner)
    for name in reversed(path):
        whole = b"getattr(" + whole + b", " + _name(name, code, spelling) + b")"
    return [Edit(function.start_byte, function.end_byte, whole)]


TRANSFORMS = (Transform("computed-names", "python", _computed),)
