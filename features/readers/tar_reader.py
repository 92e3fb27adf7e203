"""Entries of a tar stream, in order.

Header blocks are decoded as :mod:`tarfile` does; the loop around it is our own because
:class:`tarfile.TarFile` stops silently at the first odd block where npm's extractor goes on (members could hide there),
keeps every header in memory, and can be made to loop or to blow up by extended headers (CVE-2024-6232, CVE-2025-8194).
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

from darnel.features.anomalies import Findings
from darnel.features.readers.detect import BLOCK
from darnel.features.readers.entries import Entry
from darnel.features.readers.stream import Stream
from darnel.features.readers.tar_header import Header, decode

HEADER_BYTES = 1 << 16
"""Longest extended header (pax records, GNU long name) that is kept; the rest is passed over."""
EXTENDED_IN_A_ROW = 16
BAD_HEADERS = 1_000
"""So often reading goes on behind a damaged header."""
_ZERO = bytes(BLOCK)
_SCAN = 128 * BLOCK

_FOLDER_OR_LINK = {
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "device",
}
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


def read_tar(stream: Stream, findings: Findings, cap: int) -> Iterator[Entry]:
    """Yield the entries of ``stream``; members are read up to ``cap`` bytes.

    Damage ends up in ``findings``; after a damaged or surplus block reading goes on at the next valid header.
    """
    after_end = False
    global_pax: dict[str, str] = {}
    pax: dict[str, str] = {}
    extended = bad = 0
    while block := stream.take(BLOCK):
        if len(block) < BLOCK:
            findings.add("trailing-data" if after_end else "truncated", "", "last block is incomplete")
            break
        if block == _ZERO:
            after_end = True
            _pass_zeros(stream)
            continue
        info: Header | None
        try:
            info = decode(block)
        except (tarfile.TarError, ValueError, OverflowError, IndexError):
            info = None
        if info is None or info.size < 0:
            findings.add(
                "trailing-data" if after_end else "corrupt", "", f"no header at byte {stream.position - BLOCK}"
            )
            bad += 1
            if bad > BAD_HEADERS or not _resynchronise(stream):
                break
            continue
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, *_PAX_TYPES):
            extended += 1
            records = _extended(stream, info, findings)
            if info.type == tarfile.XGLTYPE:
                global_pax.update(records)
            elif extended <= EXTENDED_IN_A_ROW:
                pax.update(records)
            continue
        entry = _entry(stream, block, info, {**global_pax, **pax}, cap)
        pax, extended = {}, 0
        yield entry._replace(late=True) if after_end else entry
    else:
        if not after_end and not stream.framed and not stream.fault:
            findings.add("truncated", "", "no end marker")
    if stream.fault:
        findings.add(stream.fault, "", "the archive ends early")
    if stream.trailing:
        findings.add("trailing-data", "", "bytes after the compressed data")


_PAX_TYPES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_WANTED = frozenset({"path", "linkpath", "size", "GNU.sparse.name"})


def _extended(stream: Stream, info: Header, findings: Findings) -> dict[str, str]:
    """Content of a pax header or GNU long name, reduced to what is used."""
    data = stream.take(min(info.size, HEADER_BYTES))
    stream.skip(_padded(info.size) - len(data))
    if info.size > HEADER_BYTES:
        findings.add("corrupt", "", f"extended header of {info.size} bytes")
    if info.type in _PAX_TYPES:
        return _pax_records(data, findings)
    text = data.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return {"path" if info.type == tarfile.GNUTYPE_LONGNAME else "linkpath": text}


def _pax_records(data: bytes, findings: Findings) -> dict[str, str]:
    r"""Records ``LENGTH KEY=VALUE\n``; the first malformed one ends the list."""
    records: dict[str, str] = {}
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 8)
        digits = data[at:space] if space > 0 else b""
        end = at + int(digits) if digits.isdigit() else 0
        if end <= space + 1 or end > len(data) or data[end - 1 : end] != b"\n":
            findings.add("corrupt", "", "malformed pax header")
            break
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        name = key.decode("utf-8", "replace")
        if name in _WANTED:
            records[name] = value.decode("utf-8", "surrogateescape")
        at = end
    return records


def _entry(stream: Stream, header: bytes, info: Header, pax: dict[str, str], cap: int) -> Entry:
    name = pax.get("GNU.sparse.name") or pax.get("path") or info.name
    target = pax.get("linkpath") or info.linkname
    size = int(pax["size"]) if pax.get("size", "").isdecimal() and len(pax["size"]) < 20 else info.size
    kind = _FOLDER_OR_LINK.get(info.type, "file")
    if kind != "file":
        # Extractors do not expect content here, whatever the header says.
        return Entry(name, kind, target=target)
    notes: list[tuple[str, str]] = []
    if info.type == tarfile.GNUTYPE_SPARSE:
        notes.append(("odd-type", "sparse file"))
        more = header[482]
        while more:
            # The map of holes goes on in further blocks.
            block = stream.take(BLOCK)
            more = block[504] if len(block) == BLOCK else 0
    elif info.type not in _PLAIN:
        notes.append(("odd-type", f"type {info.type!r}"))
    elif "GNU.sparse.name" in pax:
        notes.append(("odd-type", "sparse file"))
    data = stream.take(min(size, cap))
    missing = size - len(data)
    if size > cap:
        notes.append(("member-cut", f"{size} bytes"))
        missing -= stream.skip(missing)
    if missing and stream.fault != "expansion-limit":
        notes.append(("truncated", f"{len(data)} of {size} bytes"))
    else:
        stream.take(_padded(size) - size)
    return Entry(name, "file", data, size, bool(info.mode & 0o111), notes=tuple(notes))


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _pass_zeros(stream: Stream) -> None:
    """Go to the next block that is not all zero."""
    while chunk := stream.take(_SCAN):
        rest = chunk.lstrip(b"\0")
        if rest:
            stream.unread(chunk[(len(chunk) - len(rest)) // BLOCK * BLOCK :])
            return


def _resynchronise(stream: Stream) -> bool:
    """Go to the next block that looks like a header; whether there is one."""
    while chunk := stream.take(_SCAN):
        at = chunk.find(b"ustar")
        while at >= 0:
            if at % BLOCK == 257:
                stream.unread(chunk[at - 257 :])
                return True
            at = chunk.find(b"ustar", at + 1)
    return False
