"""Minified JavaScript: no comments and white space, every semicolon written, names shortened."""

from __future__ import annotations

import re
from dataclasses import replace

from darnel.training.benchmarks.obfuscate.edits import text, tree_of, walk
from darnel.training.benchmarks.obfuscate.javascript_rename import renamed
from darnel.training.benchmarks.obfuscate.transform import Code, Transform

_OPAQUE = frozenset({"string", "template_string", "regex", "comment", "hash_bang_line"})
_ENDED = frozenset({
    "expression_statement", "variable_declaration", "lexical_declaration", "return_statement", "throw_statement",
    "break_statement", "continue_statement", "debugger_statement", "import_statement", "export_statement",
    "do_statement", "field_definition",
})  # fmt: skip
"""Statements behind which a line end may stand for a semicolon."""
_WORD_END, _WORD_START = re.compile(rb"[\w$\x80-\xff]$"), re.compile(rb"[\w$\\#@\x80-\xff]")
_NUMBER = re.compile(rb"\d[\w.]*")


def minified(code: Code) -> bytes | None:
    """The code in as few characters as can be had without understanding it."""
    short = renamed(code, short=True)
    code = replace(code, data=short) if short is not None else code
    root = tree_of(code.data, "javascript")
    if root is None:
        return None
    ends: set[int] = set()
    tokens: list[tuple[bytes, int]] = []
    for node in walk(root, _OPAQUE):
        if node.type.startswith("jsx_"):
            return None
        if node.type in _ENDED and not text(node).endswith(b";"):
            ends.add(node.end_byte)
        if (node.type in _OPAQUE or not node.child_count) and node.type != "comment" and text(node).strip():
            tokens.append((text(node), node.end_byte))
    result: list[bytes] = []
    before = b""
    for token, end in tokens:
        if before and _apart(before, token):
            result.append(b" ")
        result.append(token + b"\n" if token.startswith(b"#!") else token)
        before = token
        if end in ends:
            result.append(b";")
            before = b";"
    return b"".join(result) + b"\n" if result else None


def _apart(before: bytes, token: bytes) -> bool:
    """Whether the two would be read as something else without a blank."""
    if before.startswith(b"#!"):
        return False
    if _WORD_END.search(before) and _WORD_START.match(token):
        return True
    if before[-1:] in b"+-" and token[:1] == before[-1:]:
        return True
    if before[-1:] == b"/" and token[:1] in b"/*":
        return True
    return token.startswith(b".") and bool(_NUMBER.fullmatch(before))


TRANSFORMS = (Transform("minified", "javascript", minified),)
