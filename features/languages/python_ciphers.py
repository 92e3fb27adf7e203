"""What substitution ciphers are written with: alphabets, and a choice for every character."""

from __future__ import annotations

import string
from collections.abc import Callable
from operator import eq, ne
from typing import TYPE_CHECKING, Any

from darnel.features.languages.python_constants import Constant, Environment, joined

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_folding import Folder

_COMPARISONS: dict[bytes, Callable[[Any, Any], bool]] = {
    b"in": lambda item, items: item in items,
    b"not in": lambda item, items: item not in items,
    b"==": eq,
    b"!=": ne,
}
_ALPHABETS = {
    f"string.{name}": getattr(string, name)
    for name in "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits punctuation printable".split()  # noqa: SIM905
}
_ENDS = frozenset(name[-4:].encode() for name in _ALPHABETS)


def choice(folder: Folder, node: Node, env: Environment, depth: int) -> Constant | None:
    """Value of ``a if left in right else b`` over constants, None when unknown."""
    if node.named_child_count != 3:
        return None
    chosen, condition, other = node.named_children
    if condition.type != "comparison_operator" or condition.named_child_count != 2:
        return None
    left, right = condition.named_children
    test = _COMPARISONS.get(folder.source.data[left.end_byte : right.start_byte].strip())
    parts = folder.all((left, right), env, depth) if test is not None else None
    if parts is None or test is None:
        return None
    result = folder.fold(chosen if test(parts[0].value, parts[1].value) else other, env, depth)
    return Constant(result.value, joined(result.how, "replace")) if result is not None else None


def alphabet(folder: Folder, node: Node, _env: Environment, _depth: int) -> Constant | None:
    """Value of ``string.ascii_letters`` and its like, None for any other attribute."""
    if folder.source.data[node.end_byte - 4 : node.end_byte] not in _ENDS:
        return None
    value = _ALPHABETS.get(folder.names.value(node).dotted)
    return Constant(value) if value is not None else None
