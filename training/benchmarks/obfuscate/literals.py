"""How a short text can be spelled so that it is not read at a glance: in pieces, escaped, encoded."""

from __future__ import annotations

import random
from base64 import b64encode
from itertools import pairwise

SHORTEST = 4
"""Bytes of a literal that is worth hiding."""
LONGEST = 4_096


def pieces(text: bytes, rng: random.Random) -> list[bytes]:
    """``text`` (UTF-8) cut into two to six parts, between characters."""
    characters = text.decode("utf-8")
    count = min(rng.randint(2, 6), len(characters))
    cuts = sorted(rng.sample(range(1, len(characters)), count - 1)) if count > 1 else []
    edges = [0, *cuts, len(characters)]
    return [characters[a:b].encode() for a, b in pairwise(edges)]


def split(text: bytes, rng: random.Random, quote: bytes = b"'", prefix: bytes = b"") -> bytes:
    """An expression that puts the parts of ``text`` together; ``text`` needs no escapes within ``quote``."""
    return b"+".join(prefix + quote + part + quote for part in pieces(text, rng))


def escaped(text: bytes, quote: bytes = b"'", prefix: bytes = b"") -> bytes:
    r"""A literal with every ASCII character as ``\xNN``; others stay."""
    return prefix + quote + b"".join(b"\\x%02x" % byte if byte < 128 else bytes([byte]) for byte in text) + quote


def python_decoded(text: bytes, style: str, *, as_bytes: bool) -> bytes:
    """A Python expression that decodes ``text``; ``style`` is one of :data:`PYTHON_STYLES`."""
    end = b"" if as_bytes else b".decode()"
    if style == "base64":
        return b"__import__('base64').b64decode('" + b64encode(text) + b"')" + end
    if style == "hex":
        return b"bytes.fromhex('" + text.hex().encode() + b"')" + end
    return b"bytes([" + b",".join(b"%d" % byte for byte in text) + b"])" + end


PYTHON_STYLES = ("base64", "hex", "numbers")


def javascript_decoded(text: bytes, style: str) -> bytes:
    """A JavaScript expression that decodes ``text``; ``style`` is one of :data:`JAVASCRIPT_STYLES`."""
    if style == "base64":
        return b"Buffer.from('" + b64encode(text) + b"','base64').toString()"
    if style == "hex":
        return b"Buffer.from('" + text.hex().encode() + b"','hex').toString()"
    if style == "codes" and text.isascii():
        return b"String.fromCharCode(" + b",".join(b"%d" % byte for byte in text) + b")"
    return b"Buffer.from([" + b",".join(b"%d" % byte for byte in text) + b"]).toString()"


JAVASCRIPT_STYLES = ("base64", "hex", "codes", "numbers")
