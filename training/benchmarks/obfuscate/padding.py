"""Statements pushed off the screen: so many blanks to the right that an editor does not show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from darnel.training.benchmarks.obfuscate.edits import Edit, applied, text, tree_of, walk
from darnel.training.benchmarks.obfuscate.transform import Code, Transform
from darnel.training.benchmarks.source import line_prefix

if TYPE_CHECKING:
    from tree_sitter import Node

NARROWEST, WIDEST = 300, 700
"""Blanks."""
PYTHON_SIMPLE = frozenset({
    "expression_statement", "import_statement", "import_from_statement", "return_statement", "raise_statement",
    "assert_statement", "delete_statement", "global_statement", "nonlocal_statement", "pass_statement",
    "break_statement", "continue_statement", "print_statement", "exec_statement", "type_alias_statement",
})  # fmt: skip
_GAP = re.compile(rb"[ \t]*\r?\n[ \t]*")
_BLOCKS = frozenset({"program", "statement_block"})
_DECLARED = frozenset({"import_statement", "export_statement", "comment", "hash_bang_line"})


def _blanks(code: Code) -> bytes:
    return b" " * code.rng.randint(NARROWEST, WIDEST)


def _python(code: Code) -> bytes | None:
    root = tree_of(code.data, "python")
    if root is None:
        return None
    share = code.rng.choice((0.2, 0.6, 1.0))
    edits: list[Edit] = []
    for node in walk(root, PYTHON_SIMPLE):
        if node.type not in PYTHON_SIMPLE or _docstring(node) or line_prefix(code.data, node.start_byte) is None:
            continue
        if code.rng.random() > share and edits:
            continue
        before = node.prev_sibling
        start = node.start_byte
        behind = before is not None and before.type in PYTHON_SIMPLE and not _docstring(before)
        if before is not None and behind and _GAP.fullmatch(code.data[before.end_byte : start]):
            edits.append(Edit(before.end_byte, start, b";" + _blanks(code)))
        else:
            edits.append(Edit(start, start, b"pass;" + _blanks(code)))
    return applied(code.data, edits) if edits else None


def _docstring(node: Node) -> bool:
    return node.type == "expression_statement" and node.child_count == 1 and node.children[0].type == "string"


def _javascript(code: Code) -> bytes | None:
    root = tree_of(code.data, "javascript")
    if root is None:
        return None
    share = code.rng.choice((0.2, 0.6, 1.0))
    edits: list[Edit] = []
    for node in walk(root, frozenset({"template_string"})):
        if node.parent is None or node.parent.type not in _BLOCKS or not node.is_named or node.type in _DECLARED:
            continue
        if code.rng.random() > share and edits:
            continue
        before = node.prev_sibling
        if before is not None and before.is_named and before.type not in _DECLARED:
            if code.data[before.end_byte : node.start_byte].strip():
                continue
            end = b"" if text(before).endswith(b";") else b";"
            edits.append(Edit(before.end_byte, node.start_byte, end + _blanks(code)))
        else:
            edits.append(Edit(node.start_byte, node.start_byte, _blanks(code)))
    return applied(code.data, edits) if edits else None


TRANSFORMS = (Transform("padding", "python", _python), Transform("padding", "javascript", _javascript))
