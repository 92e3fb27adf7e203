"""From entries as stored to members as analysed: paths, anomalies, limits, archives inside archives."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO

from darnel.errors import LimitError
from darnel.features.anomalies import Findings
from darnel.features.package import Member
from darnel.features.readers.budget import Budget
from darnel.features.readers.detect import (
    BLOCK,
    COMPRESSED,
    SOURCE_SUFFIXES,
    Container,
    claimed,
    is_tar_header,
    lies,
    sniff,
    suffix,
)
from darnel.features.readers.entries import Entry
from darnel.features.readers.layout import Layout, is_noise
from darnel.features.readers.paths import clean, shorten
from darnel.features.readers.stream import Stream
from darnel.features.readers.tar_reader import read_tar
from darnel.features.readers.zip_index import index
from darnel.features.readers.zip_reader import read_zip

LFS_POINTER = b"version https://git-lfs"


def entries_of(raw: BinaryIO, size: int, container: Container, budget: Budget, findings: Findings) -> Iterator[Entry]:
    """Entries of any container; a compressed file that is no tar is one nameless entry.

    Raises
    ------
    LimitError
        A zip's index is beyond the limits.
    """
    limits = budget.limits
    if container is Container.ZIP:
        yield from read_zip(raw, index(raw, size, limits, findings), budget)
        return
    stream = Stream(raw, container, budget)
    block = stream.take(BLOCK)
    stream.unread(block)
    if is_tar_header(block):
        yield from read_tar(stream, findings, limits.member_bytes)
        return
    data = stream.take(limits.member_bytes)
    more = bool(stream.take(1))
    if stream.fault:
        findings.add(stream.fault, "", "the compressed file ends early")
    if data:
        yield Entry("", "file", data, len(data) + more, notes=(("member-cut", ""),) if more else ())


def walk(
    entries: Iterator[Entry],
    budget: Budget,
    findings: Findings,
    layout: Layout,
    *,
    nesting: int,
    see: Callable[[Member], None] | None = None,
) -> Iterator[Member]:
    """Members of one archive and of the archives directly inside it.

    Parameters
    ----------
    entries : iterator of Entry
        Consumed one at a time.
    budget : Budget
        Shared with the archives inside.
    findings : Findings
        Where anomalies go.
    layout : Layout
        How stored paths become package paths.
    nesting : int
        Levels of archives to look into.
    see : callable, optional
        Called with every member of this archive itself (the RECORD check).
    """
    # Hashes instead of the names: 100,000 long names would be most of the memory.
    seen: dict[int, tuple[int, int, int]] = {}
    surplus = repeated = False
    for entry in entries:
        if budget.members <= 0:
            findings.add("members-limit", "", f"more than {budget.limits.members} members")
            return
        budget.members -= 1
        stored, kinds = clean(entry.name)
        path, expected = layout.strip(stored)
        short = shorten(path, budget.limits.path_depth) or "_"
        if entry.kind == "file":
            digest = sha256(entry.data).hexdigest()
            this = (hash(short), entry.size, hash(digest))
            twin = seen.setdefault(hash(short.casefold()), this)
            if twin is not this:
                if entry.late and twin == this:
                    repeated = True
                    continue
                findings.add("duplicate" if twin[0] == this[0] else "case-collision", short)
                if twin == this:
                    continue  # nothing new to judge
        if entry.late and not surplus and entry.kind != "folder":
            surplus = True
            findings.add("trailing-data", short, "members after the end of the archive")
        for kind in kinds:
            findings.add(kind, short)
        if entry.kind == "folder":
            continue
        if len(short) < len(path):
            findings.add("path-depth", short)
        path = short
        if not expected:
            findings.add("several-top-folders" if "/" in stored else "no-top-folder", path)
        for kind, detail in entry.notes:
            findings.add(kind, path, detail)
        if entry.kind != "file":
            findings.add(entry.kind, path, entry.target)
            if suffix(path) in SOURCE_SUFFIXES:
                findings.add("linked-code", path, entry.target)
            continue
        member = Member(path, entry.data, entry.size, entry.executable, digest)
        if see is not None:
            see(member)
        if entry.data.startswith(LFS_POINTER):
            findings.add("lfs-pointer", path)
        yield member
        yield from look_inside(member, budget, findings, nesting)
        if budget.remaining <= 0:
            findings.add("expansion-limit")
            break
    if repeated:
        findings.add("repeated")


def look_inside(member: Member, budget: Budget, findings: Findings, nesting: int) -> Iterable[Member]:
    """Members of the archive that ``member`` is, as ``outer.zip!/inner/path``; nothing if it is none."""
    data, path = member.data, member.path
    container = sniff(data[:BLOCK], data[-22:])
    if container is None:
        if data and claimed(path) is not None and not is_noise(path.rpartition("/")[2]):
            findings.add("lying-format", path, "not an archive")
        return ()
    if lies(path, container):
        findings.add("lying-format", path, f"is {container}")
    if nesting <= 0 or member.size > len(data) or len(data) > budget.limits.nested_bytes:
        findings.add("nested-skipped", path, f"{container}, {member.size} bytes")
        return ()
    return _inside(path, data, container, budget, findings, nesting)


def _inside(
    path: str, data: bytes, container: Container, budget: Budget, findings: Findings, nesting: int
) -> Iterator[Member]:
    inner = Findings()
    count = 0
    entries = entries_of(io.BytesIO(data), len(data), container, budget, inner)
    stem = path.rpartition("/")[2].rpartition(".")[0] or "_"
    try:
        for found in walk(entries, budget, inner, Layout(), nesting=nesting - 1):
            count += 1
            name = stem if found.path == "_" and container in COMPRESSED else found.path
            yield found._replace(path=f"{path}!/{name}")
    except LimitError as error:
        inner.add("nested-skipped", "", str(error))
    if not count and inner.items:
        findings.add("nested-unreadable", path, f"{container}")
    for kind, where, detail in inner.items:
        findings.add(kind, f"{path}!/{where}" if where else path, detail)
