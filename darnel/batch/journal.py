"""Rows on disk as they come: an append-only file of JSON lines that a killed process leaves readable."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

MAX_LINE = 1 << 24
BEGINNING = b'{"path": "'
"""Of every line."""


class Journal:
    """An append-only file of JSON lines.

    Parameters
    ----------
    path : str or None
        Where it is; None: in a temporary file that ends with the process.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.size = 0
        """Bytes of the lines."""
        self._stream: BinaryIO | None = None

    def recover(self) -> Iterator[dict[str, Any]]:
        """Rows that are there; what a killed process left of a line is cut off.

        Raises
        ------
        ValueError
            Something else stands there; it is left as it is.
        """
        if self.path is None:
            return
        whole, rest = 0, b""
        with contextlib.suppress(FileNotFoundError), open(self.path, "rb") as stream:
            while (rest := stream.readline(MAX_LINE)).endswith(b"\n"):
                row = json.loads(rest)
                whole += len(rest)
                yield row
        if rest:
            if not (rest.startswith(BEGINNING) or BEGINNING.startswith(rest)):
                raise ValueError("no row")
            os.truncate(self.path, whole)
        self.size = whole

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows, one at a time, in the order in which they came."""
        if self.size:
            stream = self._open()
            stream.seek(0)
            try:
                yield from map(json.loads, stream)
            finally:
                stream.seek(0, os.SEEK_END)

    def add(self, line: bytes) -> None:
        """Append a row; it has left the process when this returns."""
        stream = self._open()
        stream.write(line)
        stream.flush()
        self.size += len(line)

    def clear(self) -> None:
        """Begin anew."""
        self.close()
        self.size = 0
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.remove(self.path)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _open(self) -> BinaryIO:
        if self._stream is None:
            self._stream = tempfile.TemporaryFile() if self.path is None else open(self.path, "a+b")  # noqa: SIM115
        return self._stream
