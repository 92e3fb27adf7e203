"""Rows as JSON lines, in a file or to a stream."""

from __future__ import annotations

import json
import os
from typing import Any

from darnel.batch.journal import Journal
from darnel.batch.storage import is_url
from darnel.batch.store import Row, Store, line, lock
from darnel.errors import DarnelError
from darnel.verdict import Label


class JsonlStore(Store):
    """One file of JSON lines."""

    def __init__(self, location: str, model_sha256: str) -> None:
        super().__init__(location, model_sha256)
        location = self.location
        if is_url(location):
            raise DarnelError(f"{location}: JSON lines are written to a local file; for a URL use --format parquet")
        if os.path.isdir(location):
            raise DarnelError(f"{location}: is a folder; name a file for JSON lines")
        os.makedirs(os.path.dirname(location) or ".", exist_ok=True)
        self._lock = lock(location)
        self._journal = Journal(location)
        with self._unlocked_on_error():
            for row in self._journal.recover():
                self._double += not self._know(row["id"], row["label"], row["model_sha256"])
        self._warn()

    def add(self, row: Row) -> None:
        """See :meth:`Store.add`."""
        self._journal.add(line(row))
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
