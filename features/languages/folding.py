"""What a reader would not see: decoding, decompressing and reassembling constants, within budgets.

Language-neutral functions on ``str`` and ``bytes``. Nothing is executed; every function returns None instead of
raising, and no result is longer than :data:`MAX_BYTES`.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import lzma
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_BYTES = 1 << 20
"""Longest value any folding step may produce; longer ones are cut (decompression) or refused."""
MAX_DEPTH = 4
"""How many decodings on suspicion are stacked."""
MIN_SUSPECT = 24
"""Shortest literal that is decoded on suspicion, characters."""


class Folded(NamedTuple):
    """A constant and how it was spelled."""

    value: str | bytes
    how: tuple[str, ...] = ()
    """Steps, innermost first: ``concat``, ``base64``, … A trailing ``?`` marks a decoding on suspicion."""

    def then(self, value: str | bytes | None, step: str) -> Folded | None:
        """Return the result of one more step, or None when the step failed or the value got too long."""
        if value is None or len(value) > MAX_BYTES:
            return None
        return Folded(value, self.how if step in self.how[-1:] else (*self.how, step))

    @property
    def text(self) -> str:
        """The value as text."""
        return self.value if isinstance(self.value, str) else to_text(self.value)


def to_text(data: bytes) -> str:
    """UTF-8, or UTF-16 when it is clearly that, else Latin-1: never fails."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if len(data) >= 4 and len(data) % 2 == 0 and data[1::2].count(0) * 8 > len(data) * 3:
        return data.decode("utf-16-le", "replace")  # PowerShell's -EncodedCommand
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def to_bytes(value: str | bytes) -> bytes:
    """UTF-8 of text; bytes as they are."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _ascii(value: str | bytes) -> bytes | None:
    try:
        return value if isinstance(value, bytes) else value.encode("ascii")
    except UnicodeEncodeError:
        return None


_STANDARD = bytes.maketrans(b"-_", b"+/")
_NO_BASE64 = bytes(c for c in range(256) if not (chr(c).isascii() and chr(c).isalnum()) and c not in b"+/-_")


def decode_base64(value: str | bytes) -> bytes | None:
    """Decode standard or URL-safe base64; padding may be missing, other characters are skipped (as Python does)."""
    raw = _ascii(value)
    if raw is None:
        return None
    raw = raw.translate(_STANDARD, _NO_BASE64)
    raw = raw[: len(raw) - 1] if len(raw) % 4 == 1 else raw
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))[:MAX_BYTES]
    except (ValueError, binascii.Error):
        return None


def decode_hex(value: str | bytes) -> bytes | None:
    r"""Hex digits, white space and separators (``:``, ``-``, ``\x``) allowed between pairs."""
    raw = _ascii(value)
    if raw is None:
        return None
    try:
        return bytes.fromhex(re.sub(rb"\\x|[\s:\-]", b"", raw).decode())[:MAX_BYTES]
    except ValueError:
        return None


def decode_base(value: str | bytes, base: str) -> bytes | None:
    """Decode ``16``, ``32``, ``64``, ``a85`` or ``b85``."""
    raw = _ascii(value)
    if raw is None:
        return None
    try:
        if base == "64":
            return decode_base64(raw)
        if base == "16":
            return decode_hex(raw)
        if base == "32":
            return base64.b32decode(raw + b"=" * (-len(raw) % 8), casefold=True)[:MAX_BYTES]
        return (base64.a85decode(raw) if base == "a85" else base64.b85decode(raw))[:MAX_BYTES]
    except (ValueError, binascii.Error):
        return None


def decompress(data: bytes, kind: str = "") -> bytes | None:
    """Inflate at most :data:`MAX_BYTES`; what follows, and what is missing at a truncated end, is ignored.

    Parameters
    ----------
    data : bytes
        Compressed data.
    kind : {"", "zlib", "deflate", "gzip", "bz2", "lzma"}
        ``""`` goes by the magic number.
    """
    kind = kind or compression(data)
    try:
        if kind in {"zlib", "gzip", "deflate"}:
            return zlib.decompressobj({"zlib": 47, "gzip": 31, "deflate": -15}[kind]).decompress(data, MAX_BYTES)
        if kind == "bz2":
            return bz2.BZ2Decompressor().decompress(data, MAX_BYTES)
        if kind == "lzma":
            # The limit bounds the dictionary: a 13-byte header may ask for 4 GiB.
            return lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, MAX_BYTES)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError, MemoryError):
        pass
    return None


_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")


def compression(data: bytes) -> str:
    """Kind of compression by magic number, ``""`` if none."""
    if data.startswith(_ZLIB):
        return "zlib"
    if data.startswith(b"\x1f\x8b"):
        return "gzip"
    if data.startswith(b"BZh") and data[4:10] == b"1AY&SY":
        return "bz2"
    return "lzma" if data.startswith((b"\xfd7zXZ\x00", b"]\x00\x00")) else ""


def rot13(text: str) -> str:
    """ROT13."""
    return codecs.encode(text, "rot13")


def xor(data: bytes, key: bytes) -> bytes | None:
    """Repeating-key XOR."""
    if not key or len(data) > MAX_BYTES:
        return None
    stream = (key * (len(data) // len(key) + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")


def from_codes(codes: Sequence[int]) -> str | None:
    """Text from character codes."""
    if len(codes) > MAX_BYTES:
        return None
    try:
        return "".join(map(chr, codes))
    except (ValueError, OverflowError, TypeError):
        return None


_PLAIN = bytes(range(32, 127)) + b"\t\n\r"
_CONTROL = bytes(range(32)) + b"\x7f"


def printable(data: bytes) -> bool:
    """At least 90 % printable ASCII, or valid UTF-8 without control characters; empty is not."""
    if not data:
        return False
    odd = data.translate(None, _PLAIN)
    if len(odd) * 10 <= len(data):
        return True
    if len(odd.translate(None, _CONTROL)) < len(odd):
        return False
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    # Random bytes that happen to be UTF-8 are symbols from everywhere; a text has letters.
    return sum(map(str.isalnum, text)) * 2 >= len(text)


# No WebAssembly: it reaches nothing but what it is handed, and builds put it into the code in base64. Compiling it is
# an observation of its own. Nor images and fonts.
BINARIES: tuple[tuple[bytes, str], ...] = (
    (b"MZ\x90", "pe"),
    (b"MZ\x00\x00", "pe"),
    (b"\x7fELF", "elf"),
    (b"PK\x03\x04", "zip"),
    (b"\xcf\xfa\xed\xfe", "mach-o"),
    (b"\xca\xfe\xba\xbe", "mach-o"),
    (b"\xe3\x00\x00\x00", "marshal"),
    (b"c\x00\x00\x00", "marshal"),
)


def binary(data: bytes) -> str:
    """Kind of executable or archive by magic number, ``""`` if none."""
    for magic, kind in BINARIES:
        if data.startswith(magic):
            return kind
    return ""


_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*|[A-Za-z0-9_\-\s]+={0,2}\s*")
_HEX = re.compile(r"(?:(?:\\x|0x)?[0-9A-Fa-f]{2}[\s:,\-]?)+")
_DIGITS = re.compile(r"[0-9A-Fa-f]+")
_LETTERS = re.compile(r"[a-z]")
_UPPER_OR_DIGIT = re.compile(r"[A-Z0-9+/]")
_HEX_HEAD = re.compile(r"(?:(?:\\x|0x)?[0-9A-Fa-f]{2}[\s:,\-]?){12}")


def suspect(folded: Folded) -> Iterator[Folded]:
    """Decode a literal nobody decodes nearby, as long as it makes sense.

    Base64 and hex of at least :data:`MIN_SUSPECT` characters are decoded; a result counts when it is mostly
    printable, compressed (then inflated) or starts with the magic number of a binary; up to :data:`MAX_DEPTH` times,
    reversed once.

    Yields
    ------
    Folded
        Each layer, outermost first; its steps end with ``?`` (``base64?``).
    """
    here: Folded | None = folded
    for _ in range(MAX_DEPTH):
        here = _peel(here) if here is not None else None
        if here is None:
            return
        yield here


def suspicious(value: str | bytes) -> bool:
    """Cheap test: could :func:`suspect` find anything? One regular expression, linear."""
    if len(value) < MIN_SUSPECT:
        return False
    if isinstance(value, bytes):
        return bool(compression(value)) or (value.isascii() and suspicious(value.decode("ascii")))
    head = value[:500]
    if _HEX_HEAD.match(head):
        return True
    if not _LETTERS.search(head) or not _UPPER_OR_DIGIT.search(head) or head.count(" ") * 20 > len(head):
        return False
    return _BASE64.fullmatch(head.strip("=") or "!") is not None


def _peel(folded: Folded) -> Folded | None:
    value = folded.value
    if isinstance(value, bytes):
        if compression(value):
            inflated = decompress(value)
            return folded.then(inflated, "compress?") if inflated else None
        if binary(value) or not value.isascii():
            return None
        value = value.decode("ascii")
    if not suspicious(value):
        return None
    digits = _DIGITS.fullmatch(value) is not None  # of nothing else, most hexadecimal texts are
    if (len(value) % 2 == 0) if digits else (_HEX.fullmatch(value) is not None):
        raw = bytes.fromhex(value)[:MAX_BYTES] if digits else decode_hex(re.sub(r"0x|,", "", value))
        if raw is not None and _sensible(raw):
            return folded.then(_best(raw), "hex?")
    for text, steps in ((value, ("base64?",)), (value[::-1], ("reverse?", "base64?"))):
        if digits or _BASE64.fullmatch(text):
            raw = decode_base64(text)
            if raw is not None and _sensible(raw):
                return Folded(_best(raw), (*folded.how, *steps))
    return None


def _sensible(raw: bytes) -> bool:
    return len(raw) >= 8 and (bool(compression(raw)) or bool(binary(raw)) or printable(raw) or _wide(raw))


def _wide(raw: bytes) -> bool:
    return len(raw) >= 16 and raw[1::2].count(0) * 8 > len(raw) * 3 and printable(raw[::2])


def _best(raw: bytes) -> str | bytes:
    return raw if compression(raw) or binary(raw) else to_text(raw)


_CODE = re.compile(
    # Blanks of one line only: from each of many empty lines on, all that follow would be read again.
    r"(?m)^[^\S\n]*+(?:import\s+[\w.]+|from\s+[\w.]+\s+import\b|def\s+\w+\(|class\s+\w+)|\b(?:exec|eval|compile|__import__)\s*\("
    r"|\b(?:require|Function|function)\s*\(|\bos\.system\b|=>\s*\{"
)


_CODE_WORDS = ("import", "def", "class", "exec", "eval", "compile", "require", "unction", "os.system", "=>")
"""One of them is in every match."""


def code_like(text: str) -> bool:
    """Whether text looks like a program rather than prose or data (the first 20,000 characters)."""
    text = text[:20_000]
    for word in _CODE_WORDS:
        if word in text:
            return _CODE.search(text) is not None
    return False
