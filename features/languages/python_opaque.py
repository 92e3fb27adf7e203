"""Code that is executed and cannot be read: the result of decoding, decrypting or unmarshalling that did not fold.

What the folder can compute is analysed as code. What it cannot (a marshalled code object, a cipher whose key comes from
elsewhere, a decoded file) leaves nothing to analyse, which is itself worth telling apart from ``exec`` of plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

_DECODERS = (
    r"marshal\.loads|decrypt|decompress|b(?:16|32|64|85)decode|a85decode|unhexlify|fromhex|a2b_"
    r"|\.decode\s*\(\s*['\"](?:base64|hex|zlib|rot)|\bfernet\b"
)
_OPAQUE = re.compile(_DECODERS + r"|\bloads\s*\(|\.translate\s*\(", re.IGNORECASE)
_INSIDE = re.compile(_DECODERS + r"|[\w)\]][ \t]*\^[ \t]*[\w(]", re.IGNORECASE)
"""In the body of a function, and behind a second name: not ``loads``, which is JSON's there, but exclusive or."""
_NAME = re.compile(r"([A-Za-z_]\w*)(?:\.(?:decode|encode|replace|strip)\([^()]{0,200}\))*\Z")
"""A name, as it is or as text of it."""
_CALLED = re.compile(r"(?:[A-Za-z_]\w*\.){0,2}([A-Za-z_]\w*)[ \t]*\(")
_ASSIGNED = re.compile(rb"[ \t]*=(?!=)[ \t]*([^\n]{1,300})")
_WITHIN = re.compile(rb"[\w.]")
_DEFINES = re.compile(rb"([ \t]*)(?:async[ \t]+)?def[ \t]+")
_OPENS = re.compile(rb"[ \t]*\(")
_REACH = 400_000
"""Bytes of a file in which assignments to a name, and functions, are looked for."""
_MOST = 20
"""Assignments looked at."""
_STEPS = 3
"""Names that are followed one after the other."""
_BODY = 3_000
"""Bytes of a function that are looked at."""


def opaque(source: str, data: bytes) -> bool:
    """Whether what is executed is the result of decoding: directly, by a name that was given it, or by a function.

    Parameters
    ----------
    source : str
        The argument as written; it did not fold to a constant.
    data : bytes
        The file.
    """
    return _made(source, data, _OPAQUE, _STEPS)


def _made(source: str, data: bytes, pattern: re.Pattern[str], steps: int) -> bool:
    if pattern.search(source) is not None:
        return True
    if not steps:
        return False
    name = _NAME.match(source)
    if name is not None:
        further = _OPAQUE if steps == _STEPS else _INSIDE
        if any(_made(value, data, further, steps - 1) for value in _given(name[1], data)):
            return True
    called = _CALLED.match(source)
    return called is not None and any(_INSIDE.search(body) is not None for body in _bodies(called[1], data))


def _given(name: str, data: bytes) -> list[str]:
    """What is assigned to a name, up to the end of the line."""
    word = name.encode()
    found: list[str] = []
    at = data.find(word, 0, _REACH)
    while at >= 0 and len(found) < _MOST:
        match = _ASSIGNED.match(data, at + len(word), _REACH)
        if match is not None and (not at or _WITHIN.match(data, at - 1) is None):
            found.append(match[1].decode("utf-8", "replace").strip())
            at = match.end() - 1
        at = data.find(word, at + 1, _REACH)
    return found


def _bodies(name: str, data: bytes) -> list[str]:
    """The lines of functions of that name."""
    found = []
    for indent, start in islice(_definitions(name.encode(), data), _MOST):
        kept: list[bytes] = []
        for line in data[start : start + _BODY].split(b"\n"):
            text = line.lstrip(b" \t\r")
            if kept and text and len(line) - len(text) <= indent and text[:1] not in (b")", b"#"):
                break
            kept.append(text)
        found.append(b"\n".join(kept).decode("utf-8", "replace"))
    return found


def _definitions(name: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    """Indents of functions of that name, and where their parameters begin.

    Lines that hold the name are looked at: an expression for the starts of lines would be tried at every byte.
    """
    floor, at = 0, data.find(name, 0, _REACH)
    while at >= 0:
        head = _DEFINES.match(data, data.rfind(b"\n", floor, at) + 1 or floor, _REACH)
        if head is not None and data.startswith(name, head.end(), _REACH):
            opens = _OPENS.match(data, head.end() + len(name), _REACH)
            if opens is not None:
                yield len(head[1]), opens.end()
        floor = data.find(b"\n", at) + 1
        at = data.find(name, floor, _REACH) if floor else -1
