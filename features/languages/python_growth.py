"""Texts that grow: ``x += "…"`` line by line, and loops that add one computed character at a time.

Packers write payloads like this, so that no expression holds them. Only straight lines are followed, a loop over
constants included; an addition under a condition, or anything else in the loop, leaves the value as it was assigned.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from darnel.features.languages.python_constants import MAX_ITEMS, Constant, Environment, concatenate

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_folding import Folder
    from darnel.features.languages.python_source import Source

MAX_ROUNDS = 5_000
"""Rounds of a loop; the steps of folding bound a file as well."""
_STRAIGHT = frozenset({"module", "block"})
_OWNERS = frozenset({"module", "function_definition", "with_statement", "try_statement"})

Additions = dict[bytes, list[tuple[int, "Node"]]]
"""Augmented assignments by name, with their start."""


def additions(source: Source) -> Additions:
    """Collect ``name += value`` of a file, in order."""
    found: Additions = {}
    for node in source.get("grown"):
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier" and node.child_count == 3 and node.children[1].type == "+=":
            found.setdefault(source.data[left.start_byte : left.end_byte], []).append((node.start_byte, node))
    for nodes in found.values():
        nodes.sort(key=_first)
    return found


def _first(pair: tuple[int, Node]) -> int:
    return pair[0]


def grown(folder: Folder, key: bytes, assigned: int, used: int, value: Constant, depth: int) -> Constant:
    """Value of a name at ``used``, given what it was assigned at ``assigned``.

    Returns
    -------
    Constant
        ``value`` itself where an addition is not constant or does not always happen.
    """
    nodes = folder.additions.get(key)
    if not nodes or isinstance(value.value, list):
        return value
    first, last = bisect_left(nodes, assigned, key=_first), bisect_left(nodes, used, key=_first)
    folder.steps += last - first  # every use adds up again: a file of nothing else must not take quadratic time
    scope = folder.source.function(assigned)
    parts, loops = [value], set()
    for start, node in nodes[first:last][:MAX_ITEMS]:
        if folder.source.function(start) != scope:
            continue
        loop = _loop(node)
        if loop is not None:
            if loop.id in loops or not loop.end_byte <= used:
                continue
            loops.add(loop.id)
            whole = _total(parts)
            result = _run(folder, loop, key, whole, depth) if whole is not None else None
            if result is None:
                return value
            parts = [result]
            continue
        right = node.child_by_field_name("right")
        added = folder.fold(right, None, depth) if right is not None and _straight(node) else None
        if added is None:
            return value
        parts.append(added)
    return (_total(parts) or value) if len(parts) > 1 else parts[0]


def _total(parts: list[Constant]) -> Constant | None:
    if isinstance(parts[0].value, int):
        return parts[0] if len(parts) == 1 else None
    return parts[0] if len(parts) == 1 else concatenate(parts)


def _loop(node: Node) -> Node | None:
    """The ``for`` whose body an augmented assignment stands in, if that is always reached."""
    statement = node.parent
    block = statement.parent if statement is not None else None
    loop = block.parent if block is not None and block.type == "block" else None
    return loop if loop is not None and loop.type == "for_statement" and _straight_statement(loop) else None


def _straight(node: Node) -> bool:
    return node.parent is not None and _straight_statement(node.parent)


def _straight_statement(statement: Node) -> bool:
    """Whether a statement is always reached in its function or module, as far as its parent tells."""
    block = statement.parent
    if block is None or block.type not in _STRAIGHT:
        return False
    owner = block if block.type == "module" else block.parent
    return owner is not None and owner.type in _OWNERS


def _run(folder: Folder, loop: Node, key: bytes, start: Constant, depth: int) -> Constant | None:
    """Value of ``key`` after a loop of plain assignments, None when something else is in it."""
    left, right, body = (loop.child_by_field_name(name) for name in ("left", "right", "body"))
    if left is None or right is None or body is None or loop.child_by_field_name("alternative") is not None:
        return None
    data = folder.source.data
    targets = [left] if left.type == "identifier" else left.named_children
    keys = [data[target.start_byte : target.end_byte] for target in targets]
    steps: list[tuple[bytes, bool, Node]] = []
    for statement in body.named_children:
        inner = statement.named_child(0) if statement.type == "expression_statement" else None
        if statement.type == "comment":
            continue
        if inner is None or inner.type not in {"assignment", "augmented_assignment"}:
            return None
        target, value = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if target is None or value is None or target.type != "identifier":
            return None
        adds = inner.type == "augmented_assignment"
        if adds and inner.children[1].type != "+=":
            return None
        steps.append((data[target.start_byte : target.end_byte], adds, value))
    rows = folder.rows(right, len(keys), {}, depth)
    if rows is None or len(rows) > MAX_ROUNDS:
        return None
    pieces = [start]
    env: Environment = {}
    for row in rows:
        env.update(zip(keys, map(Constant, row), strict=False))
        for name, adds, value in steps:
            constant = folder.fold(value, env, depth)
            if constant is None or (name == key and not adds):
                return None
            if name == key:
                pieces.append(constant)
            elif adds:
                return None
            else:
                env[name] = constant
    return _total(pieces)
