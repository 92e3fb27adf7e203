"""Encodings of a whole file that a line of code undoes and evaluates: what both languages share."""

from __future__ import annotations

import random
import zlib
from base64 import b64encode


def in_lines(encoded: bytes, rng: random.Random, quote: bytes = b"'", joint: bytes = b"\n") -> bytes:
    """A string literal, in one piece or in lines of 76 characters put together by ``joint``."""
    if rng.random() < 0.6 or len(encoded) <= 76:
        return quote + encoded + quote
    return joint.join(quote + encoded[i : i + 76] + quote for i in range(0, len(encoded), 76))


def numbers(data: bytes, rng: random.Random) -> bytes:
    """Bytes as a list of decimal or hexadecimal numbers, without brackets."""
    joint, spelling = rng.choice((b",", b", ")), rng.choice((b"%d", b"%d", b"0x%02x"))
    return joint.join(spelling % byte for byte in data)


def packed(data: bytes) -> bytes:
    """zlib, then base64."""
    return b64encode(zlib.compress(data, 9))


def key(rng: random.Random) -> bytes:
    """A key of letters and digits."""
    return bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rng.randint(8, 24)))


def xored(data: bytes, with_key: bytes) -> bytes:
    """Every byte combined with the key's, again and again."""
    return bytes(byte ^ with_key[i % len(with_key)] for i, byte in enumerate(data))
