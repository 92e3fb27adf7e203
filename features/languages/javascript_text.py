"""Small helpers of the JavaScript analyser: escapes, numbers, joined constants, children of nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from darnel.features.languages import folding
from darnel.features.languages.folding import MAX_BYTES, Folded

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = re.compile(
    r"((?:\\x[0-9a-fA-F]{2})+)|((?:\\u[0-9a-fA-F]{4})+)|\\(?:u\{([0-9a-fA-F]{1,6})\}|([0-7]{1,3})|(\r\n|[\s\S]))"
)
"""Runs of the two kinds that whole strings are spelled in are resolved at once."""
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\n": "", "\r\n": "", "\u2028": ""}


def unescape(text: str) -> str:
    """Resolve JavaScript string escapes."""

    def one(match: re.Match[str]) -> str:
        twos, fours, wide, octal, other = match.groups()
        if twos:
            return bytes.fromhex(twos.replace("\\x", "")).decode("latin-1")
        if fours:  # halves of a surrogate pair stay apart
            return "".join([chr(int(code, 16)) for code in fours[2:].split("\\u")])
        if wide:
            value = int(wide, 16)
            return chr(value) if value < 0x110000 else "\ufffd"
        return chr(int(octal, 8)) if octal else _SIMPLE.get(other, other)

    return _ESCAPE.sub(one, text)


def percent(text: str) -> str:
    """``unescape`` and ``decodeURIComponent``: percent sequences, ``%uXXXX`` included."""
    text = re.sub(r"%u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    return unquote(text, errors="replace")


def number(text: bytes) -> int | None:
    """Value of an integer literal, None for anything else."""
    try:
        return int(text.replace(b"_", b"").rstrip(b"n"), 0)
    except ValueError:
        return int(text, 10) if text.isdigit() and len(text) < 20 else None


def nth(node: Node | None, index: int) -> Node | None:
    """Named child of a node, None when it has no such child."""
    return node.named_child(index) if node is not None and index < node.named_child_count else None


def joined(items: list[Folded], step: str, by: str = "") -> Folded | None:
    """Concatenation of constants, steps united."""
    if sum(len(item.value) + len(by) for item in items) > MAX_BYTES:
        return None
    steps = tuple(dict.fromkeys(how for item in items for how in item.how))
    return Folded(by.join(item.text for item in items), (*steps, step) if step not in steps else steps)


def maybe_text(raw: bytes | None) -> str | None:
    """Decoded bytes as text; None stays None."""
    return folding.to_text(raw) if raw is not None else None
