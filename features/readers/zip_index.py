"""Where the members of a zip are: from its central directory, or, when that is missing or broken, by their headers."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from darnel.errors import LimitError
from darnel.features.anomalies import Findings
from darnel.features.limits import Limits
from darnel.features.readers.detect import END_OF_ZIP

LOCAL = b"PK\3\4"
_CENTRAL = b"PK\1\2"
INDEX_BYTES = 256
"""Bytes of the central directory per member of :attr:`Limits.members`; all of it is held."""
_LOCAL_HEADER = struct.Struct("<4s2H1H2H3L2H")
_END_SEARCH = 22 + 0xFFFF
_OVERHEAD = 160
"""Bytes per member that local extra fields and data descriptors may take before something counts as hidden."""


class Slot(NamedTuple):
    """Where one member is and what is claimed about it."""

    name: str
    offset: int
    """Of the local header."""
    stored: int
    """Compressed bytes."""
    size: int
    """-1 if unknown, as is ``crc``."""
    crc: int
    method: int
    encrypted: bool
    mode: int
    """Unix mode, 0 if none."""


def index(raw: BinaryIO, size: int, limits: Limits, findings: Findings) -> list[Slot]:
    """All members in the order of the central directory.

    Raises
    ------
    LimitError
        The central directory is too large to be held.
    """
    end, length = _find_end(raw, size)
    if end is not None and length > limits.members * INDEX_BYTES:
        raise LimitError(f"the zip's index has {length} bytes; the limit is {limits.members} members (Limits.members)")
    if end is not None:
        try:
            with zipfile.ZipFile(raw) as archive:
                if len(archive.filelist) > 2 * limits.members:
                    raise LimitError(f"{len(archive.filelist)} members; the limit is {limits.members} (Limits.members)")
                slots = [_slot(info) for info in archive.filelist]
                start = archive.start_dir
        except LimitError:
            raise
        except Exception as error:
            # A hostile index makes zipfile raise far more than BadZipFile (struct, Unicode, NotImplemented, Value).
            findings.add("corrupt", "", f"the zip's index is unreadable ({type(error).__name__})")
        else:
            first = min((slot.offset for slot in slots), default=0)
            if _points_at_members(raw, slots, first):
                if first and _is_repeated(raw, first, size):
                    findings.add("repeated")
                elif first:
                    findings.add("leading-data", "", f"{first} bytes before the zip")
                _account(slots, start - first, end, size, findings)
                return slots
            findings.add("corrupt", "", "the zip's index points elsewhere")
    else:
        findings.add("truncated", "", "no end of central directory")
    return list(_scan(raw, size, limits))


def _slot(info: zipfile.ZipInfo) -> Slot:
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        # zipfile assumes cp437; most tools write UTF-8 without saying so.
        name = name.encode("cp437", "replace").decode("utf-8", "surrogateescape")
    mode = info.external_attr >> 16
    return Slot(
        name,
        info.header_offset,
        info.compress_size,
        info.file_size,
        info.CRC,
        info.compress_type,
        bool(info.flag_bits & 1),
        mode if stat.S_IFMT(mode) or mode & 0o777 else 0,
    )


def _find_end(raw: BinaryIO, size: int) -> tuple[int | None, int]:
    """Offset of the first byte after the end record (or None) and the size of the central directory."""
    start = max(0, size - _END_SEARCH)
    raw.seek(start)
    tail = raw.read(_END_SEARCH)
    at = tail.rfind(END_OF_ZIP)
    if at < 0 or len(tail) - at < 22:
        return None, 0
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if length == 0xFFFFFFFF and (zip64 := tail.rfind(b"PK\6\6", 0, at)) >= 0:
        length = int.from_bytes(tail[zip64 + 40 : zip64 + 48], "little")
    comment = int.from_bytes(tail[at + 20 : at + 22], "little")
    return start + at + 22 + comment, min(length, size)


def _account(slots: list[Slot], span: int, end: int, size: int, findings: Findings) -> None:
    """Record bytes between and after the members."""
    if end < size:
        findings.add("trailing-data", "", f"{size - end} bytes after the zip")
    accounted = sum(slot.stored + 30 + len(slot.name.encode("utf-8", "surrogateescape")) for slot in slots)
    gap = span - accounted
    if gap > _OVERHEAD * len(slots) + 4096:
        findings.add("hidden-data", "", f"{gap} bytes outside of the members")


def _points_at_members(raw: BinaryIO, slots: list[Slot], first: int) -> bool:
    """Whether the index fits to the file: its first member is where it says."""
    if not slots:
        return True
    if first < 0:
        return False
    raw.seek(first)
    return raw.read(4) == LOCAL


def _is_repeated(raw: BinaryIO, first: int, size: int) -> bool:
    """Whether what comes before the zip ends with the very same zip."""
    length = size - first
    if first < length:
        return False
    raw.seek(first - length)
    before = raw.read(length)
    raw.seek(first)
    return before == raw.read(length)


def _scan(raw: BinaryIO, size: int, limits: Limits) -> Iterator[Slot]:
    """Members by their local headers, front to back."""
    at = 0
    for _ in range(2 * limits.members):
        found = _search(raw, at, (LOCAL,))
        if found is None:
            return
        raw.seek(found)
        header = raw.read(30)
        if len(header) < 30:
            return
        _, _, flags, method, _, _, crc, stored, length, names, extra = _LOCAL_HEADER.unpack(header)
        name = raw.read(names).decode("utf-8", "surrogateescape")
        data = found + 30 + names + extra
        following: int | None = data + stored
        if flags & 8:
            length = crc = -1
        if (flags & 8 and not stored) or not _is_boundary(raw, data + stored, size):
            # The length is unknown or wrong (line ends "corrected" inside of a stored zip): look for the next header.
            following = _search(raw, data, (LOCAL, _CENTRAL))
            stored = (size if following is None else following) - data
        yield Slot(name, found, stored, length, crc, method, bool(flags & 1), 0)
        if following is None or following >= size:
            return
        at = following


def _is_boundary(raw: BinaryIO, at: int, size: int) -> bool:
    """Whether another record (or a data descriptor without signature, or the end) is at ``at``."""
    if at >= size:
        return at == size
    raw.seek(at)
    head = raw.read(20)
    return head.startswith(b"PK") or LOCAL in head or _CENTRAL in head


def _search(raw: BinaryIO, at: int, wanted: tuple[bytes, ...]) -> int | None:
    """Offset of the first of the four-byte signatures ``wanted`` at or after ``at``."""
    keep = b""
    raw.seek(at)
    count = 1 << 12
    while chunk := raw.read(count):
        window = keep + chunk
        hits = [hit for signature in wanted if (hit := window.find(signature)) >= 0]
        if hits:
            return at - len(keep) + min(hits)
        keep = window[-3:]
        at += len(chunk)
        count = min(2 * count, 1 << 20)
    return None
