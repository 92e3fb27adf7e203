"""What a clean release's container does not have: the kinds, and how they are counted.

Readers record, they never stop at an oddity that leaves the rest judgeable. A kind is recorded at most
:data:`PER_KIND` times per pass, so a hostile archive cannot fill the memory with its own complaints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from darnel.features.package import Anomaly
from darnel.features.schema import Column

PER_KIND = 100
"""Anomalies of one kind that are kept per pass; counts saturate here."""
DETAIL_CHARACTERS = 160


class Kind(NamedTuple):
    """One kind of anomaly."""

    name: str
    doc: str


_TABLE = """
traversal            a member's path climbs out with ".."
absolute-path        a member's path is absolute or names a drive
backslash            a member's path uses backslashes
odd-name             control, invisible, bidirectional or private-use characters in a member's path, or NUL
non-utf8-name        a member's path is not valid UTF-8
path-depth           a path with more components (or characters) than the limit; shortened from the left
symlink              a symbolic link (never followed)
hardlink             a hard link (never followed)
linked-code          a link whose own name is that of source code, so that code comes in under another name
device               a device, FIFO or socket
odd-type             an archive entry of an unknown or sparse type, read as a plain file
duplicate            two members with the same path
repeated             the whole archive is stored several times in a row, byte for byte (a download appended twice)
case-collision       two members whose paths differ only in case
encrypted            an encrypted member (not readable)
unreadable           a member or file that could not be read (permissions, unknown compression, I/O error)
truncated            the archive or a member ends before it should
corrupt              damaged headers or compressed data
bad-crc              a checksum does not match the content
lying-name           the artefact's own file name claims another format than its content has
lying-format         a member's name claims another format than its content has
lying-size           the declared size is not the real one
header-mismatch      a zip member's local header contradicts the index
hidden-data          bytes between the members of a zip that its index does not account for
leading-data         bytes before the archive starts
trailing-data        bytes or members after the archive's end
expansion-limit      reading stopped: more uncompressed bytes than the limits allow (zip bomb)
members-limit        reading stopped: more members than the limit
member-cut           a member larger than the limit, read up to there
no-top-folder        files at the archive's top where the format wants one folder
several-top-folders  more than one top folder where the format wants one
nested-unreadable    an archive inside that cannot be read
nested-skipped       an archive inside that was not looked into (too large, too deep)
record-mismatch      a file's hash is not the one in RECORD
record-unlisted      a file that RECORD does not list
record-absent        a file that RECORD lists and that is not there
record-none          a wheel or installed distribution without a usable RECORD
identity-mismatch    name or version differ between file name, folder and manifest
skipped              something that was deliberately not read (version control object stores, files outside)
lfs-pointer          a Git LFS pointer instead of the content
empty                no file at all
"""

KINDS: tuple[Kind, ...] = tuple(Kind(*line.split(maxsplit=1)) for line in _TABLE.strip().splitlines())
"""All kinds, in column order."""

NO_FEATURES = frozenset({"repeated", "lying-name", "identity-mismatch", "skipped"})
"""Recorded and shown, but kept out of the columns: they tell how a file was named, fetched or kept, not what is in it.
In one public malware corpus 371 sdists are downloads appended to themselves and 475 wheels are called ``.tar.gz``; a
model would learn that instead of malice."""

COLUMNS: tuple[Column, ...] = tuple(
    Column(f"anomaly.{kind.name}", f"times seen (at most {PER_KIND}): {kind.doc}")
    for kind in KINDS
    if kind.name not in NO_FEATURES
)
"""Package columns."""

_NAMES = frozenset(kind.name for kind in KINDS)


class Findings:
    """Collects the anomalies of one pass, bounded per kind."""

    def __init__(self) -> None:
        self.items: list[Anomaly] = []
        self._counts: Counter[str] = Counter()

    def add(self, kind: str, path: str = "", detail: str = "") -> None:
        """Record one anomaly; ``kind`` must be one of :data:`KINDS`."""
        if kind not in _NAMES:
            raise ValueError(f"unknown anomaly kind {kind!r}: declare it in features/anomalies.py")
        self._counts[kind] += 1
        if self._counts[kind] <= PER_KIND:
            self.items.append(Anomaly(kind, path, printable(detail)[:DETAIL_CHARACTERS]))


def printable(text: str) -> str:
    r"""``text`` with everything that is not printable written as an escape (``\x1b``, ``\u202e``)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def values(anomalies: Iterable[Anomaly]) -> dict[str, float]:
    """``anomaly.*`` column values: how often each kind occurs; kinds that do not occur are left out."""
    counts = Counter(a.kind for a in anomalies if a.kind not in NO_FEATURES)
    return {f"anomaly.{kind}": float(count) for kind, count in counts.items()}
