"""Rows on disk as they come: an append-only file of JSON lines that a killed process leaves readable."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from darnel.errors import DarnelError

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
        self.failed = False
        """A row could not be written: what stands at the end is for the next start to cut off."""
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
        """Append a row; it has left the process when this returns.

        Raises
        ------
        DarnelError
            It cannot be written.
        """
        try:
            stream = self._open()
            stream.write(line)
            stream.flush()
        except OSError as error:
            self.failed = True
            where = self.path or tempfile.gettempdir()
            raise DarnelError(
                f"{where}: cannot be written ({error.strerror}); make room and start again, finished rows are kept"
            ) from None
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
            with contextlib.suppress(OSError) if self.failed else contextlib.nullcontext():
                self._stream.close()
            self._stream = None

    def _open(self) -> BinaryIO:
        if self._stream is None:
            self._stream = tempfile.TemporaryFile() if self.path is None else open(self.path, "a+b")  # noqa: SIM115
        return self._stream
