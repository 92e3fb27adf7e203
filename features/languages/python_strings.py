"""Python string literals: prefixes, escapes, ``%`` and ``str.format`` with constants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Node

_OPEN = re.compile(rb"([A-Za-z]{0,3})(\"\"\"|'''|\"|')")
_ESCAPE = re.compile(
    r"(?P<run>(?:\\x[0-9A-Fa-f]{2}){2,})|\\(?:\r\n|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|N\{[^}]{1,80}\}|([\s\S]))"
)
_RUN, _TWO, _OCTAL, _OTHER = 1, 2, 5, 6
"""Groups of it."""
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": ""}
_SIMPLE |= {char: char for char in "\\'\""}
PRINTABLE_ESCAPE = re.compile(rb"\\(?:x[2-7][0-9A-Fa-f]|u00[2-7][0-9A-Fa-f]|U000000[2-7][0-9A-Fa-f]|[01][0-7]{2})")
_PLACE = re.compile(r"%(?:\((\w+)\))?[-+ #0-9.]*([sdriuxXc%])")
_FIELD = re.compile(r"\{\{|\}\}|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
MANY_ESCAPES = 4
"""Printable characters written as numeric escapes before a literal counts as hidden that way."""


def string_value(raw: bytes) -> tuple[str | bytes, str, bool]:
    """Value of one string literal as written in the source.

    Parameters
    ----------
    raw : bytes
        The literal with prefix and quotes; the closing quote may be missing.

    Returns
    -------
    (str or bytes, str, bool)
        The value (of an f-string: with its braces), ``"escape"`` or ``""``, and whether it is an f-string.
    """
    opening = _OPEN.match(raw)
    if opening is None:
        return "", "", False
    prefix, quote = opening[1].lower(), opening[2]
    end = len(raw) - len(quote) if raw.endswith(quote) and len(raw) >= opening.end() + len(quote) else len(raw)
    body = raw[opening.end() : end]
    is_bytes, formatted = b"b" in prefix, b"f" in prefix
    how = ""
    if b"\\" in body and b"r" not in prefix:
        if len(PRINTABLE_ESCAPE.findall(body, 0, 20_000)) >= MANY_ESCAPES:
            how = "escape"
        if is_bytes:
            text = _ESCAPE.sub(_unescape_bytes, body.decode("latin-1"))
            return text.encode("latin-1", "replace"), how, formatted
        return _ESCAPE.sub(_unescape, body.decode("utf-8", "replace")), how, formatted
    return (body if is_bytes else body.decode("utf-8", "replace")), how, formatted


def _unescape(match: re.Match[str]) -> str:
    kind = match.lastindex
    if kind is None:
        return match[0]
    if kind == _RUN:
        return _run(match[0])
    if kind == _OTHER:
        return _SIMPLE.get(match[kind], match[0])
    code = int(match[kind], 8 if kind == _OCTAL else 16)
    return chr(code) if code < 0x110000 else "\ufffd"


def _unescape_bytes(match: re.Match[str]) -> str:
    kind = match.lastindex
    if kind == _RUN:
        return _run(match[0])
    if kind == _TWO:
        return chr(int(match[kind], 16))
    if kind == _OCTAL:
        return chr(int(match[kind], 8) & 255)
    return _SIMPLE.get(match[kind], match[0]) if kind == _OTHER else match[0]


def _run(escapes: str) -> str:
    r"""Characters of a run of ``\xNN``, as payloads are spelled: at once, as there are many."""
    return bytes.fromhex(escapes.replace("\\x", "")).decode("latin-1")


Part = tuple[str | None, str, "Node | None", bytes]
"""Part of an f-string: text and how it was hidden, or (text None) an expression, None for what cannot be folded, with
its bytes if it is a name."""


def template_of(data: bytes, node: Node) -> list[Part]:
    """Parts of an f-string of a source."""
    parts: list[Part] = []
    for child in node.named_children[1:-1]:
        if child.type == "interpolation":
            inner = child.child_by_field_name("expression") if child.named_child_count == 1 else None
            name = inner is not None and inner.type == "identifier"
            parts.append((None, "", inner, data[inner.start_byte : inner.end_byte] if inner and name else b""))
        else:
            text, step, _ = string_value(b'"""' + data[child.start_byte : child.end_byte] + b'"""')
            parts.append((str(text).replace("{{", "{").replace("}}", "}"), step, None, b""))
    return parts


def fixed(template: str) -> str:
    """Return what a template says by itself, without its places and fields."""
    return _FIELD.sub("", _PLACE.sub("", template))


def percent(template: str, arguments: Sequence[Any]) -> str | None:
    """``template % arguments`` for the simple conversions; None when the counts differ."""
    left = list(arguments)
    missing = False

    def place(match: re.Match[str]) -> str:
        nonlocal missing
        if match[2] == "%":
            return "%"
        if match[1] or not left:
            missing = True
            return ""
        value = left.pop(0)
        if isinstance(value, int) and match[2] in "cxX":
            return (
                chr(value)
                if match[2] == "c" and 0 <= value < 0x110000
                else format(value, match[2] if match[2] != "c" else "d")
            )
        return value.decode("latin-1") if isinstance(value, bytes) else str(value)

    text = _PLACE.sub(place, template)
    return None if missing else text


def formatted(template: str, arguments: Sequence[Any], named: dict[str, Any]) -> str | None:
    """``template.format(…)`` for plain fields; None when one is missing. Widths and conversions are ignored."""
    count = 0
    missing = False

    def place(match: re.Match[str]) -> str:
        nonlocal count, missing
        if match[1] is None:
            return match[0][0]
        name = match[1]
        value: Any = None
        if not name or name.isdigit():
            index = int(name) if name else count
            count += not name
            value = arguments[index] if index < len(arguments) else None
        else:
            value = named.get(name)
        missing = missing or value is None
        return str(value)

    text = _FIELD.sub(place, template)
    return None if missing else text
