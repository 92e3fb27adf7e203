"""Entries of a zip, one at a time, through its index."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from darnel.features.readers.budget import Budget
from darnel.features.readers.codecs import CodecError, Decompressor, Deflate, bzip2, zip_lzma
from darnel.features.readers.entries import Entry
from darnel.features.readers.stream import Stream
from darnel.features.readers.zip_index import LOCAL, Slot

WHOLE_BYTES = 4 << 20
"""Smaller members are read at once."""
_STORED, _DEFLATED = 0, 8
_OVERHEAD = 1 << 10
"""Bytes by which deflated data may be larger than it was and still be read at once."""


def read_zip(raw: BinaryIO, slots: Iterable[Slot], budget: Budget) -> Iterator[Entry]:
    """Yield the entries of ``slots``; members are read up to ``Limits.member_bytes``.

    A link or device in a zip has content like any file, and installers that do not know links write it out as a
    file: it is recorded *and* read.
    """
    for slot in slots:
        yield read_slot(raw, slot, budget)


def read_slot(raw: BinaryIO, slot: Slot, budget: Budget) -> Entry:
    """One entry, with everything that is wrong with it in its notes."""
    if slot.name.endswith("/") and slot.size <= 0:
        return Entry(slot.name, "folder")
    notes: list[tuple[str, str]] = []
    kind = stat.S_IFMT(slot.mode)
    if kind == stat.S_IFLNK:
        notes.append(("symlink", ""))
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        notes.append(("device", f"mode {slot.mode:o}"))
    data, size = _content(raw, slot, budget, notes)
    return Entry(slot.name, "file", data, size, bool(slot.mode & 0o111), notes=tuple(notes))


def _content(raw: BinaryIO, slot: Slot, budget: Budget, notes: list[tuple[str, str]]) -> tuple[bytes, int]:
    if slot.encrypted:
        notes.append(("encrypted", ""))
        return b"", max(slot.size, 0)
    raw.seek(slot.offset)
    header = raw.read(30)
    if len(header) < 30 or not header.startswith(LOCAL):
        notes.append(("corrupt", "no local header"))
        return b"", max(slot.size, 0)
    names, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    local = raw.read(names)
    if slot.name.isascii() and local != slot.name.encode():
        notes.append(("header-mismatch", local.decode("utf-8", "backslashreplace")))
    raw.seek(slot.offset + 30 + names + extra)
    whole = _whole(raw, slot, budget)
    if whole is not None:
        budget.remaining -= len(whole)
        return whole, len(whole)
    raw.seek(slot.offset + 30 + names + extra)
    try:
        stream = Stream(raw, None, budget, slot.stored, _codec(raw, slot))
    except CodecError as error:
        notes.append(("unreadable", str(error)))
        return b"", max(slot.size, 0)
    return _checked(stream, slot, budget.limits.member_bytes, notes)


def _whole(raw: BinaryIO, slot: Slot, budget: Budget) -> bytes | None:
    """Content of a small member that is exactly what the index says; None leaves it to a stream, which says more."""
    if not 0 <= slot.size < min(WHOLE_BYTES, budget.limits.member_bytes, budget.remaining):
        return None
    if slot.stored > slot.size + _OVERHEAD:
        return None
    data = raw.read(slot.stored)
    if slot.method == _DEFLATED:
        inflate = zlib.decompressobj(-15)
        try:
            data = inflate.decompress(data, slot.size + 1)
        except zlib.error:
            return None
        if not inflate.eof:
            return None
    elif slot.method != _STORED:
        return None
    return data if len(data) == slot.size and zlib.crc32(data) == slot.crc else None


def _codec(raw: BinaryIO, slot: Slot) -> Decompressor | None:
    match slot.method:
        case 0:
            return None
        case 8:
            return Deflate()
        case 12:
            return bzip2()
        case 14:
            head = raw.read(4)
            properties = raw.read(int.from_bytes(head[2:4], "little"))
            if len(properties) != 5:
                raise CodecError("impossible LZMA properties")
            return zip_lzma(properties)
        case other:
            raise CodecError(f"compression method {other}")


def _checked(stream: Stream, slot: Slot, cap: int, notes: list[tuple[str, str]]) -> tuple[bytes, int]:
    data = stream.take(cap)
    size = len(data)
    if size == cap and stream.take(1):
        size = max(slot.size, cap + 1)
        notes.append(("member-cut", f"{size} bytes"))
    elif stream.fault:
        notes.append((stream.fault, f"{size} of {slot.size} bytes"))
        size = max(slot.size, size)
    else:
        if slot.size not in (-1, size):
            notes.append(("lying-size", f"{slot.size} declared, {size} real"))
        if slot.crc not in (-1, zlib.crc32(data)):
            notes.append(("bad-crc", ""))
    return data, size
