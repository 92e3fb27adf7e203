"""What a file is, told from its bytes: kind, format, encoding, and whether its name lies about it."""

from __future__ import annotations

import codecs
import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from math import log1p
from typing import NamedTuple

from darnel.features import containers, suffixes
from darnel.features.schema import Column

SAMPLE = 1 << 16
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.M)
_TEXT_CONTROLS = bytes({7, 8, 9, 10, 12, 13, 27, *range(0x20, 0x7F), *range(0x80, 0x100)})
_ESCAPING = frozenset(
    {"utf-7", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "unicode-escape", "rot13"}
)


class Kind(StrEnum):
    """What a file is. Text kinds (``source text config``) are told apart by suffix and shebang, the rest by content."""

    SOURCE = "source"
    TEXT = "text"
    CONFIG = "config"
    DOCUMENT = "document"
    IMAGE = "image"
    MEDIA = "media"
    FONT = "font"
    ARCHIVE = "archive"
    NATIVE = "native"
    BYTECODE = "bytecode"
    MODEL = "model"
    DATABASE = "database"
    BINARY = "binary"
    LFS = "lfs"
    EMPTY = "empty"


TEXT_KINDS = frozenset({Kind.SOURCE, Kind.TEXT, Kind.CONFIG})


class Content(NamedTuple):
    """What :func:`sniff` found.

    Attributes
    ----------
    kind : Kind
    format : str
        ``elf``, ``png``, ``zip``…; the suffix without its dot for text; ``""`` if unknown.
    encoding : str
        Python codec name for text kinds, ``""`` otherwise.
    mismatch : str
        ``""``, or how the name or the container lies: ``executable`` (native code or bytecode under an innocent
        suffix), ``double-extension``, ``archive`` (an archive under the suffix of something else), ``script`` (text
        under the suffix of a binary format), ``type`` (another binary format), ``appended`` (data after the end of an
        image or sound), ``payload`` (samples or pixels that are printable text), ``encoding`` (a source encoding
        that hides code from readers, such as UTF-7).
    appended : int
        Bytes after the end of the image, sound or executable's last section.
    """

    kind: Kind
    format: str = ""
    encoding: str = ""
    mismatch: str = ""
    appended: int = 0

    @property
    def is_text(self) -> bool:
        """Whether :func:`to_utf8` makes sense."""
        return self.kind in TEXT_KINDS


MISMATCHES = ("executable", "double-extension", "archive", "script", "type", "appended", "payload", "encoding")

COLUMNS = (
    *(Column(f"content.{kind}", f"file is of kind {kind}", "bool") for kind in Kind),
    *(Column(f"content.lies.{name}", f"name or container lies: {name}", "bool") for name in MISMATCHES),
    Column("content.appended", "log1p of bytes after the end of the image, sound or executable", "real"),
    Column("content.legacy_encoding", "text that is neither ASCII nor UTF-8", "bool"),
)


def values(content: Content) -> dict[str, float]:
    """``content.*`` columns of one file (missing = 0)."""
    out = {f"content.{content.kind}": 1.0}
    if content.mismatch:
        out[f"content.lies.{content.mismatch}"] = 1.0
    if content.appended:
        out["content.appended"] = log1p(content.appended)
    if content.encoding and content.encoding not in {"ascii", "utf-8", "utf-8-sig"}:
        out["content.legacy_encoding"] = 1.0
    return out


@cache
def _prefixes() -> dict[int, tuple[tuple[int, bytes, Kind, str], ...]]:
    """Magic by the byte value that stands at its offset; longest first."""
    table = tomllib.loads(resources.files("darnel.features").joinpath("magic.toml").read_text(encoding="utf-8"))
    rows: list[tuple[int, bytes, Kind, str]] = []
    for kind, formats in table.items():
        for name, patterns in formats.items():
            for pattern in patterns:
                offset, _, digits = pattern.rpartition(":")
                rows.append((int(offset or 0), bytes.fromhex(digits), Kind(kind), name))
    by_first: dict[int, list[tuple[int, bytes, Kind, str]]] = {}
    for row in sorted(rows, key=lambda row: -len(row[1])):
        by_first.setdefault(row[1][0] if row[0] == 0 else -1, []).append(row)
    return {first: tuple(found) for first, found in by_first.items()}


def _binary_format(data: bytes) -> tuple[Kind, str] | None:
    table = _prefixes()
    for offset, magic, kind, name in (*table.get(data[0], ()), *table.get(-1, ())):
        if data.startswith(magic, offset) and containers.plausible(name, data):
            return kind, name
    found = containers.special(data)
    return (Kind(found[0]), found[1]) if found else None


def _encoding(data: bytes) -> str:
    """Codec of a text, ``""`` if the bytes are no text."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(data) % 4 == 0:
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data if len(data) <= 2 * SAMPLE else data[:SAMPLE] + data[-SAMPLE:]
    nul = sample.count(0) if 0 in sample else 0
    if nul * 5 > len(sample) and len(sample) >= 8:
        even, odd = sample[0:-1:2].count(0), sample[1::2].count(0)
        if max(even, odd) > 10 * min(even, odd) + 2:
            return "utf-16-be" if even > odd else "utf-16-le"
    if data.isascii():
        return "ascii" if _few_controls(sample) else ""
    if not _few_controls(sample):
        return ""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A member cut at its limit may end inside a character.
        if error.start >= len(data) - 3:
            return "utf-8"
        high = len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100))))
        return "latin-1" if high < 0.35 * len(sample) else ""
    return "utf-8"


def _few_controls(sample: bytes) -> bool:
    """Text may hold a few control bytes (old comments, terminal art, a NUL planted to pass as binary)."""
    return len(sample.translate(None, _TEXT_CONTROLS)) <= 0.02 * len(sample) + 1


def sniff(path: str, data: bytes) -> Content:
    """Tell what a file is.

    Parameters
    ----------
    path : str
        Member path; its suffix only chooses among the text kinds and is otherwise checked against the content.
    data : bytes
        Content (a prefix is fine).

    Returns
    -------
    Content
        Never raises, whatever the bytes.
    """
    if not data or data.isspace():
        return Content(Kind.EMPTY)
    if data.startswith(b"version https://git-lfs"):
        return Content(Kind.LFS)
    suffix = suffixes.suffix(path)
    found = _binary_format(data)
    if found is None and not data.isascii() and containers.is_pickle(data):
        found = Kind.MODEL, "pickle"
    if found is not None:
        kind, name = found
        extra, printable = containers.surplus(name, data)
        lie = suffixes.lie(path, str(kind), name)
        if not lie and printable:
            lie = "payload"
        if not lie and extra > 64 and kind in {Kind.IMAGE, Kind.MEDIA}:
            lie = "appended"
        return Content(kind, name, "", lie, extra)
    encoding = _encoding(data)
    if not encoding:
        return Content(Kind.BINARY, "", "", suffixes.lie(path, "binary", ""))
    kind = Kind.TEXT
    if suffix in suffixes.SOURCE or data.startswith(b"#!"):
        kind = Kind.SOURCE
        if suffix in suffixes.PYTHON and encoding in {"ascii", "utf-8", "latin-1"}:
            encoding, hidden = _declared(data, encoding)
            if hidden:
                return Content(kind, suffix, encoding, "encoding")
    elif suffix in suffixes.CONFIG:
        kind = Kind.CONFIG
    return Content(kind, suffix, encoding, suffixes.lie(path, "text", ""))


def _declared(data: bytes, encoding: str) -> tuple[str, bool]:
    """Return the encoding that a Python file declares, and whether that one hides code from readers."""
    head = b"\n".join(data[:400].split(b"\n", 2)[:2])
    cookie = _COOKIE.search(head)
    if cookie is None:
        return encoding, False
    name = cookie[1].decode("ascii", "replace").lower()
    if name.replace("_", "-") in {"rot13", "rot-13"}:
        return "rot13", True
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return encoding, False
    if known in _ESCAPING or name in _ESCAPING:
        return known, True
    if encoding not in {"ascii", "utf-8"}:
        return known, False
    return encoding, False


def to_utf8(data: bytes, encoding: str) -> bytes:
    """Re-encode text as UTF-8 without a byte order mark; undecodable bytes become U+FFFD. Never raises.

    ASCII and valid UTF-8 come back unchanged (the same object), so byte offsets stay those of the file.
    """
    if encoding in {"", "ascii", "utf-8"}:
        return data
    if encoding == "utf-8-sig":
        return data[3:]
    try:
        if encoding == "rot13":
            return codecs.decode(data.decode("latin-1"), "rot13").encode("utf-8", "replace")
        return data.decode(encoding, "replace").encode("utf-8", "replace")
    except (LookupError, ValueError, TypeError):
        return data.decode("latin-1").encode("utf-8")
