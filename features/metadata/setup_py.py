"""setup.py read statically with tree-sitter: any Python version, broken syntax included, nothing is run.

Values are folded where that is plain: literals, concatenation, ``%`` and ``format`` are not; a name bound once at top
level to such a value is. Everything else counts as computed.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from time import perf_counter
from typing import Any

from tree_sitter import Language, Node

from darnel.features.languages import parsing

MAX_BYTES = 256 * 1024
"""Longer files are read up to here."""
SECONDS = 5.0
"""Wall-clock budget of parsing one: recovering from errors can take time that grows with the square of the size."""

_DEPTH = 12
_MAX_CALLS = 20
_SETUP = re.compile(rb"(setup)(?<!\wsetup)\s{0,20}\(")  # the word first: it is searched for as such
_PLAIN = re.compile(r"""(["'])([^"'\\\n\r\0]*)\1""")
"""A string literal that stands for what is written in it."""
_PASSIVE = (
    "import_statement",
    "import_from_statement",
    "future_import_statement",
    "function_definition",
    "class_definition",
    "decorated_definition",
    "pass_statement",
    "comment",
)


class Computed:
    """Stands for a value that cannot be read statically."""

    def __repr__(self) -> str:
        return "COMPUTED"


COMPUTED = Computed()


@dataclass(slots=True)
class SetupCall:
    """What setup.py passes to ``setup()``."""

    arguments: dict[str, Any] = field(default_factory=dict)
    """Folded value by keyword, or :data:`COMPUTED`."""
    lines: dict[str, int] = field(default_factory=dict)
    """1-based line by keyword."""
    calls: int = 0
    star: bool = False
    """Takes ``**`` arguments that cannot be read."""
    statements: int = 0
    """Top-level statements other than imports, definitions, assignments, docstrings and ``setup()`` itself."""
    broken: bool = False

    def text(self, key: str) -> str:
        """Give a keyword's value if it is a string, else ``""``."""
        value = self.arguments.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> list[str]:
        """List the strings of a keyword's value: a list's items, a dict's keys and values, or lines of a string."""
        value = self.arguments.get(key)
        if isinstance(value, str):
            return [line.strip() for line in value.splitlines() if line.strip()]
        found: list[str] = []
        for item in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []:
            found += (
                [item]
                if isinstance(item, str)
                else [x for x in item if isinstance(x, str)]
                if isinstance(item, list)
                else []
            )
        return found


class _Names(dict[str, "Node | None"]):
    """Top-level names and what they are bound to (None: bound twice), with a budget for folding.

    Without the budget ``a = [b, b, …]; b = [c, c, …]; …`` would unfold without end.
    """

    budget = 20_000


@cache
def _language() -> Language:
    import tree_sitter_python

    return Language(tree_sitter_python.language())


def read(data: bytes) -> SetupCall:
    """Find the call of ``setup()`` and fold its keyword arguments.

    Parameters
    ----------
    data : bytes
        A setup.py, in any state.

    Returns
    -------
    SetupCall
        Of several calls, keywords are merged; the last one wins.
    """
    data = data[:MAX_BYTES]
    tree = parsing.parse(_language(), data, perf_counter() + SECONDS)
    if tree is None:
        return SetupCall(broken=True)
    root = tree.root_node
    calls = _calls(root, data)
    found = SetupCall(calls=len(calls), broken=root.has_error)
    names = _Names()
    for statement in root.named_children:
        _bind(statement, names)
        holds_call = any(statement.start_byte <= call.start_byte < statement.end_byte for call in calls)
        found.statements += not holds_call and _acts(statement)
    for call in calls:
        _arguments(call, names, found)
    return found


def _calls(root: Node, data: bytes) -> list[Node]:
    """Find calls of ``setup()`` at any depth. Looking up the bytes first is far cheaper than walking every node."""
    found: list[Node] = []
    for match in islice(_SETUP.finditer(data), _MAX_CALLS):
        node = root.descendant_for_byte_range(match.start(1), match.end(1))
        while node is not None and node.type in ("identifier", "attribute"):
            node = node.parent
        if node is not None and _is_setup(node):
            found.append(node)
    return found


def _bind(statement: Node, names: _Names) -> None:
    inner = (
        statement.named_children[0] if statement.type == "expression_statement" and statement.named_children else None
    )
    left = inner.child_by_field_name("left") if inner is not None and inner.type == "assignment" else None
    if inner is not None and left is not None and left.type == "identifier":
        key = _source(left)
        # Bound twice: which value holds depends on the flow.
        names[key] = None if key in names else inner.child_by_field_name("right")


def _acts(statement: Node) -> bool:
    """Whether a top-level statement does more than import, define, assign or document."""
    if statement.type == "expression_statement" and statement.named_children:
        return statement.named_children[0].type not in ("assignment", "string", "concatenated_string")
    return statement.type not in _PASSIVE


def _is_setup(node: Node) -> bool:
    function = node.child_by_field_name("function") if node.type == "call" else None
    return function is not None and _source(function) in {
        "setup",
        "setuptools.setup",
        "core.setup",
        "distutils.core.setup",
        "distribute_setup.setup",
    }


def _source(node: Node) -> str:
    return (node.text or b"")[:200].decode("utf-8", "replace") if node.end_byte - node.start_byte <= 200 else ""


def _arguments(call: Node, names: _Names, found: SetupCall) -> None:
    arguments = call.child_by_field_name("arguments")
    for argument in arguments.named_children if arguments is not None else []:
        if argument.type == "keyword_argument":
            key, value = argument.child_by_field_name("name"), argument.child_by_field_name("value")
            if key is not None and value is not None:
                found.arguments[_source(key)] = _fold(value, names)
                found.lines[_source(key)] = argument.start_point[0] + 1
        elif argument.type == "dictionary_splat":
            splat = _fold(argument.named_children[0], names) if argument.named_children else COMPUTED
            if isinstance(splat, dict):
                found.arguments |= {key: item for key, item in splat.items() if isinstance(key, str)}
            else:
                found.star = True


def _fold(node: Node, names: _Names, depth: int = 0) -> Any:
    names.budget -= 1
    if depth > _DEPTH or names.budget < 0:
        return COMPUTED
    kind = node.type
    if kind == "identifier":
        bound = names.get(_source(node))
        return COMPUTED if bound is None else _fold(bound, names, depth + 1)
    if kind in ("parenthesized_expression",) and node.named_children:
        return _fold(node.named_children[0], names, depth + 1)
    if kind in ("list", "tuple", "set"):
        return [_fold(child, names, depth + 1) for child in node.named_children if child.type != "comment"]
    if kind == "dictionary":
        return _fold_dict(node, names, depth)
    if kind == "concatenated_string":
        return _join([_fold(child, names, depth + 1) for child in node.named_children if child.type != "comment"])
    if kind == "binary_operator" and any(child.type == "+" for child in node.children):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return _join([_fold(side, names, depth + 1) if side is not None else COMPUTED for side in (left, right)])
    if kind in ("string", "integer", "float", "true", "false", "none"):
        return _literal(node)
    return COMPUTED


def _fold_dict(node: Node, names: _Names, depth: int) -> Any:
    table: dict[Any, Any] = {}
    for pair in node.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is None or value is None:
            continue
        folded = _fold(key, names, depth + 1)
        table[folded if isinstance(folded, str | int | float) else COMPUTED] = _fold(value, names, depth + 1)
    return table


def _join(parts: list[Any]) -> Any:
    if parts and all(isinstance(part, str) for part in parts):
        return "".join(parts)
    if parts and all(isinstance(part, list) for part in parts):
        return [item for part in parts for item in part]
    return COMPUTED


def _literal(node: Node) -> Any:
    text = (node.text or b"").decode("utf-8", "replace")
    if plain := _PLAIN.fullmatch(text):
        return plain[2]
    if any(child.type == "interpolation" for child in node.named_children):
        return COMPUTED
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        # Python 2 literals (ur'', 0777, 10L): the text between the quotes is close enough.
        return text.strip("urbURB\"'") if node.type == "string" else COMPUTED
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
