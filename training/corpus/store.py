"""The cache of a corpus build: raw features and sketches by content and version, in one SQLite file. No code in it."""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import numpy as np

from darnel.errors import CorpusError
from darnel.features.raw import RawPackage
from darnel.training.sketch import Sketch

_TABLES = """
CREATE TABLE IF NOT EXISTS raw (key TEXT, schema TEXT, data BLOB, failure TEXT,
  PRIMARY KEY (key, schema)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scan (key TEXT, version TEXT, body TEXT, signature BLOB, shingles INTEGER, counts TEXT,
  PRIMARY KEY (key, version)) WITHOUT ROWID;
"""


NOT_EXTRACTED = "not extracted"


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a package says of it beside its features.

    Parameters
    ----------
    sketch : Sketch
        For campaigns.
    counts : dict of str to int
        For strata: the columns of :data:`darnel.training.corpus.extraction.COUNTS`.
    """

    sketch: Sketch
    counts: dict[str, int]


class Store:
    """One file, written by one process.

    Parameters
    ----------
    path : Path
        Made if it is not there.

    Raises
    ------
    CorpusError
        The file is no cache of darnel's.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise CorpusError(f"{path}: not usable as a cache ({error}); remove it or give another --cache") from None

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what is pending and close the file."""
        self._db.commit()
        self._db.close()

    def done(self, schema: str) -> dict[str, str]:
        """Keys of all contents that were extracted, or failed, under ``schema``, with why they failed or ``""``."""
        return dict(self._db.execute("SELECT key, failure FROM raw WHERE schema = ?", (schema,)))

    def put(self, key: str, schema: str, data: bytes, failure: str = "") -> None:
        """Keep the packed raw features of a content, or why there are none."""
        self._db.execute("INSERT OR REPLACE INTO raw VALUES (?, ?, ?, ?)", (key, schema, data, failure))

    def put_scan(self, key: str, version: str, scan: Scan) -> None:
        """Keep what a pass over a content said."""
        sketch = scan.sketch
        signature = sketch.signature.astype("<u4").tobytes()
        row = (key, version, sketch.body, signature, sketch.shingles, json.dumps(scan.counts, sort_keys=True))
        self._db.execute("INSERT OR REPLACE INTO scan VALUES (?, ?, ?, ?, ?, ?)", row)

    def commit(self) -> None:
        """Make what was put durable."""
        self._db.commit()

    def raw(self, key: str, schema: str) -> tuple[RawPackage | None, str]:
        """Raw features and ``""``, or None and why there are none."""
        row = self._db.execute("SELECT data, failure FROM raw WHERE key = ? AND schema = ?", (key, schema)).fetchone()
        if row is None:
            return None, NOT_EXTRACTED
        return (unpack(row[0]), "") if not row[1] else (None, str(row[1]))

    def scans(self, version: str) -> dict[str, Scan]:
        """All scans of a version by content key."""
        query = "SELECT key, body, signature, shingles, counts FROM scan WHERE version = ?"
        return {
            key: Scan(Sketch(np.frombuffer(data, "<u4"), body, shingles), json.loads(counts))
            for key, body, data, shingles, counts in self._db.execute(query, (version,))
        }

    def forget_failures(self, schema: str) -> None:
        """Drop what failed, so that it is tried again."""
        self._db.execute("DELETE FROM raw WHERE schema = ? AND failure != ''", (schema,))

    def prune(self, schema: str) -> int:
        """Drop the raw features of all other schemas; the number dropped."""
        return self._db.execute("DELETE FROM raw WHERE schema != ?", (schema,)).rowcount


def pack(raw: RawPackage) -> bytes:
    """Compressed JSON."""
    return zlib.compress(json.dumps(raw, separators=(",", ":")).encode("utf-8", "surrogatepass"), 3)


def unpack(data: bytes) -> RawPackage:
    """The inverse of :func:`pack`; observations and anomalies come back as their types."""
    from darnel.features.facts import Observation
    from darnel.features.package import Anomaly

    loaded: Any = json.loads(zlib.decompress(data))
    loaded["anomalies"] = [Anomaly(*item) for item in loaded["anomalies"]]
    for file in loaded["files"]:
        file["observations"] = [Observation(*item) for item in file["observations"]]
    return cast(RawPackage, loaded)
