"""A wheel's RECORD: which files there are and what their hashes should be."""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from typing import NamedTuple

from darnel.features.anomalies import Findings
from darnel.features.package import Member

RECORD_BYTES = 16 << 20
"""Of RECORD, at most this much is used."""
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})
_UNLISTED = ("/RECORD", "/RECORD.jws", "/RECORD.p7s")
WRITTEN_BY_INSTALLERS = ("/INSTALLER", "/REQUESTED", "/direct_url.json", "/uv_cache.json", "/uv_build.json")
"""Files of a ``.dist-info`` folder that no wheel has."""


class Row(NamedTuple):
    """One line of RECORD."""

    path: str
    algorithm: str
    digest: str
    """URL-safe base64 without padding, ``""`` if none."""


def parse(data: bytes) -> list[Row]:
    """Rows of RECORD; lines that are no rows are left out."""
    rows: list[Row] = []
    lines = data[:RECORD_BYTES].decode("utf-8", "backslashreplace").splitlines()
    try:
        for fields in csv.reader(lines):
            if fields and fields[0]:
                algorithm, _, digest = (fields[1] if len(fields) > 1 else "").partition("=")
                rows.append(Row(fields[0].replace("\\", "/"), algorithm, digest.rstrip("=")))
    except csv.Error:
        pass
    return rows


def matches(row: Row, data: bytes, sha256: str) -> bool:
    """Whether content, whose sha256 is known, has the recorded hash (true without one, or with an unknown one)."""
    if not row.digest or row.algorithm not in _ALGORITHMS:
        return True
    known = row.algorithm == "sha256"
    digest = bytes.fromhex(sha256) if known else hashlib.new(row.algorithm, data).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=") == row.digest


class RecordCheck:
    """Compares the members of one pass with RECORD."""

    def __init__(self, data: bytes | None, folder: str, findings: Findings) -> None:
        self._rows = {row.path: row for row in parse(data or b"")}
        self._folder = folder
        self._findings = findings
        self._seen: set[str] = set()
        if not self._rows:
            findings.add("record-none", f"{folder}/RECORD", "missing or empty")

    def see(self, member: Member) -> None:
        """Check one member, whose sha256 is known."""
        if not self._rows:
            return
        row = self._rows.get(member.path)
        if row is None:
            if not (member.path.startswith(self._folder) and member.path.endswith(_UNLISTED)):
                self._findings.add("record-unlisted", member.path)
            return
        self._seen.add(member.path)
        if member.size == len(member.data) and not matches(row, member.data, member.sha256):
            self._findings.add("record-mismatch", member.path)

    def finish(self) -> None:
        """Record what RECORD lists and no member was."""
        for path in self._rows.keys() - self._seen:
            if not path.endswith((*_UNLISTED, *WRITTEN_BY_INSTALLERS, ".pyc", "/")):
                self._findings.add("record-absent", path)
