"""Where rows go so that none is lost or doubled, whenever the run is killed.

A finished row is first appended to a journal, one line of JSON, which survives the process. When there are enough,
they become Parquet files, each renamed into place as a whole, and the journal starts anew. On the next start the ids in
the files and in the journal are what is done; a last line without its end is dropped. If the output is no local folder
the journal is a temporary file: then the rows since the last file are done again (from the cache, if there is one).

Rows are never all in memory: files are made from the journal, some rows at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any
from uuid import uuid4

from darnel.batch import rows as table
from darnel.batch.item import Ids
from darnel.batch.journal import Journal
from darnel.batch.storage import Folder, is_url
from darnel.errors import DarnelError
from darnel.verdict import Label

PART_ROWS = 20_000
"""Rows after which files are written, as soon as they are reached,"""
PART_BYTES = 256 << 20
"""or with fewer rows when they take so much as JSON: what is found malicious has long rows,"""
PART_SECONDS = 600.0
"""or after this time if the journal does not outlive the process."""
JOURNAL = "_journal.jsonl"

Row = Mapping[str, Any]


class Store(ABC):
    """Takes rows; knows which ids it has. Use as a context manager."""

    def __init__(self, location: str, model_sha256: str) -> None:
        self.location = location
        self.done = Ids()
        self.counts = dict.fromkeys(Label, 0)
        """Rows by label, those of earlier runs included."""
        self.before = 0
        """Rows of earlier runs."""
        self._model = model_sha256
        self._lock: int | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def add(self, row: Row) -> None:
        """Keep a row; when this returns it outlives the process (if the output is local)."""

    @abstractmethod
    def close(self) -> None:
        """Put everything in its place."""

    @contextlib.contextmanager
    def _unlocked_on_error(self) -> Iterator[None]:
        try:
            yield
        except DarnelError:
            self._unlock()
            raise
        except (KeyError, TypeError, ValueError):
            self._unlock()
            raise DarnelError(f"{self.location}: not written by darnel batch; choose another output") from None

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _know(self, identity: str, label: str, model: str, where: str) -> bool:
        """Note a row of an earlier run; whether it is the first of its id."""
        if model != self._model:
            raise DarnelError(f"{where}: holds results of another model; choose another output")
        if not self.done.add(bytes.fromhex(identity)):
            return False
        self.counts[Label(label)] += 1
        self.before += 1
        return True


class ParquetStore(Store):
    """A dataset: ``label=malicious/….parquet`` and so on."""

    def __init__(self, location: str, model_sha256: str) -> None:
        super().__init__(location, model_sha256)
        _need_pyarrow()
        self.folder = Folder(location)
        self._rows = 0
        self._since = monotonic()
        self._twice: set[str] = set()
        """Ids whose line in the journal is in a file already: the run was killed between files and journal."""
        if self.folder.local:
            os.makedirs(location, exist_ok=True)
            self._lock = lock(location)
            self._journal = Journal(os.path.join(location, JOURNAL))
        else:
            self._journal = Journal(None)
        with self._unlocked_on_error():
            for name in self.folder.names(".parquet"):
                self._read_part(name)
            if self.folder.local:
                self._sweep()
            for row in self._journal.recover():
                if self._know(row["id"], row["label"], row["model_sha256"], location):
                    self._rows += 1
                else:
                    self._twice.add(row["id"])

    def add(self, row: Row) -> None:
        """See :meth:`Store.add`."""
        self._journal.add(_line(row))
        self._rows += 1
        self.counts[Label(row["label"])] += 1
        full = self._rows >= PART_ROWS or self._journal.size >= PART_BYTES
        if full or (not self.folder.local and monotonic() - self._since > PART_SECONDS):
            self._write()

    def close(self) -> None:
        """Write what is left."""
        try:
            if not self._journal.failed:
                self._write()
        finally:
            self._journal.close()
            self._unlock()

    def _write(self) -> None:
        files: dict[str, table.ParquetFile] = {}
        for row in self._journal.rows():
            if row["id"] not in self._twice:
                label = row[table.PARTITION]
                if label not in files:
                    files[label] = table.ParquetFile()
                files[label].add(row)
        for label, file in files.items():
            self.folder.put(f"{table.PARTITION}={label}/part-{uuid4().hex}.parquet", file.close())
        self._journal.clear()
        self._twice.clear()
        self._rows, self._since = 0, monotonic()

    def _read_part(self, name: str) -> None:
        import pyarrow
        from pyarrow import parquet as pq

        where = f"{self.folder.location}/{name}"
        _, _, label = name.partition("/")[0].partition("=")
        try:
            with self.folder.open(name) as stream:
                found = pq.ParquetFile(stream).read(["id", "model_sha256"]).to_pydict()
            for identity, model in zip(found["id"], found["model_sha256"], strict=True):
                self._know(identity, label, model, self.folder.location)
        except (pyarrow.ArrowException, OSError, KeyError, ValueError) as error:
            detail = " ".join(str(error).split())[:120]
            raise DarnelError(f"{where}: not written by darnel batch ({detail}); choose another output") from None

    def _sweep(self) -> None:
        """Remove what a killed process was about to rename."""
        for name in self.folder.names(".tmp"):
            if ".parquet." in name:
                os.remove(os.path.join(self.folder.location, name))


class JsonlStore(Store):
    """One file of JSON lines."""

    def __init__(self, location: str, model_sha256: str) -> None:
        super().__init__(location, model_sha256)
        if is_url(location):
            raise DarnelError(f"{location}: JSON lines are written to a local file; for a URL use --format parquet")
        if os.path.isdir(location):
            raise DarnelError(f"{location}: is a folder; name a file for JSON lines")
        os.makedirs(os.path.dirname(location) or ".", exist_ok=True)
        self._lock = lock(location)
        self._journal = Journal(location)
        with self._unlocked_on_error():
            for row in self._journal.recover():
                self._know(row["id"], row["label"], row["model_sha256"], location)

    def add(self, row: Row) -> None:
        """See :meth:`Store.add`."""
        self._journal.add(_line(row))
        self.counts[Label(row["label"])] += 1

    def close(self) -> None:
        """Close the file."""
        self._journal.close()
        self._unlock()


class LinesStore(Store):
    """Lines to a stream: nothing is known of earlier runs."""

    def __init__(self, stream: Any, model_sha256: str) -> None:
        super().__init__("", model_sha256)
        self._stream = stream

    def add(self, row: Row) -> None:
        """Print a row."""
        self._stream.write(json.dumps(row) + "\n")
        self._stream.flush()
        self.counts[Label(row["label"])] += 1

    def close(self) -> None:
        """Leave the stream open: it is the caller's."""


def _line(row: Row) -> bytes:
    return json.dumps(row).encode() + b"\n"


def lock(path: str) -> int | None:
    """Keep a second run from writing to the same folder or file; the operating system lets go when the process ends.

    Raises
    ------
    DarnelError
        Another run has it.
    """
    try:
        import fcntl
    except ImportError:  # no POSIX
        return None
    handle = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise DarnelError(f"{path}: another run is writing there; wait for it or choose another output") from None
    return handle


def _need_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise DarnelError(
            "Parquet needs pyarrow, which is not installed: pip install 'darnel[batch]', or use --format jsonl"
        ) from None
