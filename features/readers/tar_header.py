"""One header block of a tar: the common kind is read here, anything unusual by :meth:`tarfile.TarInfo.frombuf`."""

from __future__ import annotations

import struct
import tarfile
from typing import NamedTuple

_FIELDS = struct.Struct("100s8s8s8s12s12s8s1s100s72s8s8s155s12x")
_COMMON = frozenset((tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE, tarfile.XGLTYPE))


class Header(NamedTuple):
    """What is used of a header."""

    name: str
    """Undecodable bytes as lone surrogates."""
    mode: int
    size: int
    type: bytes
    linkname: str


def header(block: bytes) -> Header | None:
    """Read a header block.

    Parameters
    ----------
    block : bytes
        512 bytes.

    Returns
    -------
    Header or None
        None if it is none: a wrong checksum, fields that are no numbers, another length.
    """
    return _plain(block) or _any(block)


def _plain(block: bytes) -> Header | None:
    """A file, folder or pax header whose numbers are plain octal digits, in a sixth of the time; None for others."""
    if len(block) != tarfile.BLOCKSIZE or block[156:157] not in _COMMON:
        return None
    name, *fields, checksum, kind, linkname, _, major, minor, prefix = _FIELDS.unpack(block)
    try:
        mode, _, _, size, _ = (_octal(field) for field in fields)
        if _octal(checksum) != sum(block) - sum(checksum) + 8 * 32:
            return None
        _octal(major.strip(b"\0") or b"0"), _octal(minor.strip(b"\0") or b"0")
    except ValueError:
        return None
    stem = _text(name)
    if kind == tarfile.DIRTYPE:
        stem = stem.rstrip("/")
    above = _text(prefix)
    return Header(f"{above}/{stem}" if above else stem, mode, size, kind, _text(linkname))


def _octal(field: bytes) -> int:
    digits = field.rstrip(b"\0 ")
    if not digits.isdigit():  # int() takes signs, blanks and underscores too
        raise ValueError
    return int(digits, 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _any(block: bytes) -> Header | None:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError, OverflowError, IndexError):
        return None
    return Header(info.name, info.mode, info.size, info.type, info.linkname)
