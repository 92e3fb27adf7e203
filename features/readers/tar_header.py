"""One header block of a tar, decoded.

:meth:`tarfile.TarInfo.frombuf` takes as long as the analysis of a small file. Headers as the common tools write them
are read here; whatever is spelled otherwise is left to it, so that both say the same.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from typing import NamedTuple

# Mode, owner, group; size, time; checksum. Then, further on, the numbers of a device.
_NUMBERS = re.compile(rb"(?:[0-7]{7}\0|[0-7]{6} \0){3}(?:[0-7]{11}[\0 ]){2}[0-7]{6}(?:\0 | \0)")
_DEVICE = re.compile(rb"(?:\0{8}|[0-7]{7}\0|[0-7]{6} \0){2}")
_COMMON = frozenset(
    (
        *(tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE),
        *(tarfile.XHDTYPE, tarfile.XGLTYPE),
    )
)


class Header(NamedTuple):
    """What a header says."""

    name: str
    type: bytes
    size: int
    """Bytes; below 0 in what no tool writes."""
    linkname: str
    mode: int


def decode(block: bytes) -> Header:
    """Decode a block of 512 bytes.

    Raises
    ------
    tarfile.TarError, ValueError, OverflowError, IndexError
        It is no header.
    """
    kind = block[156:157]
    if (
        kind in _COMMON
        and len(block) == tarfile.BLOCKSIZE
        and _NUMBERS.fullmatch(block, 100, 156)
        and _DEVICE.fullmatch(block, 329, 345)
        and _sum(block) == int(block[148:154], 8)
    ):
        name = _text(block[:100])
        if kind == tarfile.AREGTYPE and name.endswith("/"):
            kind = tarfile.DIRTYPE
        if kind == tarfile.DIRTYPE:
            name = name.rstrip("/")
        if block[345] and (prefix := _text(block[345:500])):
            name = f"{prefix}/{name}"
        return Header(name, kind, int(block[124:135], 8), _text(block[157:257]), int(block[100:107], 8))
    info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    return Header(info.name, info.type, info.size, info.linkname, info.mode)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _sum(block: bytes) -> int:
    """Sum of the bytes, those of the checksum itself taken for spaces."""
    # Of ASCII the sum that Adler-32 begins with, from 1 and modulo 65521, does not overflow.
    total = (zlib.adler32(block) & 0xFFFF) - 1 if block.isascii() else sum(block)
    return total - sum(block[148:156]) + 256
