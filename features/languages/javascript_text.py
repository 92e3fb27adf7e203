"""Escapes and numbers of JavaScript as text."""

from __future__ import annotations

import re
from urllib.parse import unquote

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(\r\n|[\s\S]))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\n": "", "\r\n": "", "\u2028": ""}


def unescape(text: str) -> str:
    """Resolve JavaScript string escapes."""

    def one(match: re.Match[str]) -> str:
        wide, four, two, octal, other = match.groups()
        code = wide or four or two
        if code:
            value = int(code, 16)
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
