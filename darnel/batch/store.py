"""Where rows go so that none is lost or doubled, whenever the run is killed.

A finished row is first appended to a journal, one line of JSON, which survives the process. When there are enough,
they become Parquet files, each renamed into place as a whole, and the journal starts anew. On the next start the ids in
the files and in the journal are what is done; what is in both was put into a file by a run that could not write the
others, and that run does not try again. A last line without its end is dropped. If the output is no local folder
the journal is a temporary file: then the rows since the last file are done again (from the cache, if there is one).

Rows are never all in memory: files are made from the journal, some rows at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any
from uuid import uuid4

from darnel.batch import rows as table
from darnel.batch.item import Ids
from darnel.batch.journal import Journal
from darnel.batch.storage import Folder
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
        self._double = 0
        """Rows of earlier runs whose id another one has."""
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

    def begin(self) -> None:  # noqa: B027
        """Have the output there, for whoever reads it, though there is no row."""

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

    def _know(self, identity: str, label: str, model: str) -> bool:
        """Note a row of an earlier run; whether it is the first of its id."""
        if model != self._model:
            raise DarnelError(f"{self.location}: holds results of another model; choose another output")
        if not self.done.add(bytes.fromhex(identity)):
            return False
        self.counts[Label(label)] += 1
        self.before += 1
        return True

    def _warn(self) -> None:
        if self._double:
            said = f"{self._double:,} rows are there twice, as after two runs at a time; keep one for each id"
            print(f"darnel: {self.location}: {said} when you read it", file=sys.stderr)


class ParquetStore(Store):
    """A dataset: ``label=malicious/….parquet`` and so on.

    Parameters
    ----------
    location : str
        Folder or URL.
    model_sha256 : str
        Of the model that judges; rows of another one are refused.
    retry : bool
        Releases that are ``unknown`` are not done; what is added for one replaces its row.
    """

    def __init__(self, location: str, model_sha256: str, retry: bool = False) -> None:
        super().__init__(location, model_sha256)
        _need_pyarrow()
        if retry:
            ParquetStore(location, model_sha256).close()  # so that all rows are in files
        self._retry = retry
        self.folder = Folder(self.location)
        self._rows = 0
        self._since = monotonic()
        self._twice: set[str] = set()
        """Ids whose line in the journal is in a file already: the run was killed between files and journal."""
        self._unknown = Ids()
        """Ids in files of what is unknown: a row in the journal is newer."""
        self._torn = False
        """Of what is in the journal some files may be there and others not: for the next start to find out."""
        if self.folder.local:
            os.makedirs(self.location, exist_ok=True)
            self._lock = lock(self.location)
            self._journal = Journal(os.path.join(self.location, JOURNAL))
        else:
            self._journal = Journal(None)
        with self._unlocked_on_error():
            self._recover()
        if not retry:  # said already
            self._warn()

    def _recover(self) -> None:
        for name in self.folder.names(".parquet"):
            self._read_part(name)
        if self.folder.local:
            self._sweep()
        for row in self._journal.recover():
            if self._know(row["id"], row["label"], row["model_sha256"]):
                self._rows += 1
            elif bytes.fromhex(row["id"]) in self._unknown:
                self._count(row)
            else:
                self._twice.add(row["id"])

    def add(self, row: Row) -> None:
        """See :meth:`Store.add`."""
        self._journal.add(line(row))
        self._count(row)
        full = self._rows >= PART_ROWS or self._journal.size >= PART_BYTES
        if full or (not self.folder.local and monotonic() - self._since > PART_SECONDS):
            self._write()

    def close(self) -> None:
        """Write what is left."""
        try:
            if not (self._journal.failed or self._torn):
                self._write()
        finally:
            self._journal.close()
            self._unlock()

    def begin(self) -> None:
        """See :meth:`Store.begin`: a file without rows, so that there is a table with columns."""
        if not self._rows and next(self.folder.names(".parquet"), None) is None:
            self._put(Label.CLEAN, table.ParquetFile())

    def _count(self, row: Row) -> None:
        self._rows += 1
        self.counts[Label(row["label"])] += 1
        self.counts[Label.UNKNOWN] -= bytes.fromhex(row["id"]) in self._unknown

    def _write(self) -> None:
        self._torn = True
        files: dict[str, table.ParquetFile] = {}
        replaced = set()
        for row in self._journal.rows():
            if bytes.fromhex(row["id"]) in self._unknown:
                replaced.add(row["id"])
            if row["id"] not in self._twice:
                label = row[table.PARTITION]
                if label not in files:
                    files[label] = table.ParquetFile()
                files[label].add(row)
        self._take_out(replaced)  # first: if this is the end, they are still in the journal
        for label, file in files.items():
            self._put(label, file)
        self._journal.clear()
        self._twice.clear()
        self._rows, self._since, self._torn = 0, monotonic(), False

    def _put(self, label: str, file: table.ParquetFile) -> None:
        self.folder.put(f"{table.PARTITION}={label}/part-{uuid4().hex}.parquet", file.close())

    def _take_out(self, ids: set[str]) -> None:
        """Remove rows from the files of what is unknown."""
        for name in self.folder.names(".parquet") if ids else ():
            if _label(name) == Label.UNKNOWN:
                with self.folder.open(name) as stream:
                    rest = table.without(stream, ids)
                if rest:
                    self.folder.put(name, rest)
                elif rest is not None:
                    self.folder.remove(name)

    def _read_part(self, name: str) -> None:
        import pyarrow
        from pyarrow import parquet as pq

        where, label = f"{self.location}/{name}", _label(name)
        try:
            with self.folder.open(name) as stream:
                found = pq.ParquetFile(stream).read(["id", "model_sha256"]).to_pydict()
            for identity, model in zip(found["id"], found["model_sha256"], strict=True):
                self._double += not self._know_part(identity, label, model)
        except (pyarrow.ArrowException, OSError, KeyError, ValueError) as error:
            detail = " ".join(str(error).split())[:120]
            raise DarnelError(
                f"{where}: not written by darnel batch, or cut short ({detail}); choose another output, or remove "
                "that file if it was cut short"
            ) from None

    def _know_part(self, identity: str, label: str, model: str) -> bool:
        if label != Label.UNKNOWN:
            return self._know(identity, label, model)
        new = self._unknown.add(bytes.fromhex(identity))
        if not self._retry:
            return self._know(identity, label, model)
        self.counts[Label.UNKNOWN] += new
        return new

    def _sweep(self) -> None:
        """Remove what a killed process was about to rename."""
        for name in self.folder.names(".tmp"):
            if ".parquet." in name:
                os.remove(os.path.join(self.folder.location, name))


def _label(part: str) -> str:
    """Label of the rows in a file of a dataset."""
    return part.partition("/")[0].partition("=")[2]


def line(row: Row) -> bytes:
    """A row as the journal has it."""
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
