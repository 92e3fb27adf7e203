"""Head and tail of a large text as one, with offsets and line numbers of the whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIMIT = 4 << 20
"""Bytes scanned of one file: three quarters from the head, one from the tail, where appended payloads lie."""


class Excerpt:
    """What scanners see of a file.

    Parameters
    ----------
    data : bytes
    limit : int
        Most bytes to keep.

    Attributes
    ----------
    text : bytes
        ``data`` itself if it is small enough, else head and tail joined by a line end.
    """

    def __init__(self, data: bytes, limit: int = LIMIT) -> None:
        self._data = data
        self._lines: NDArray[np.int64] | None = None
        self._head, self._skipped = len(data), 0
        self.text = data
        if len(data) > limit:
            tail = limit // 4
            self._head = limit - tail
            self._skipped = len(data) - limit - 1
            self.text = data[: self._head] + b"\n" + data[-tail:]

    def offset(self, at: int) -> int:
        """Offset in the data of offset ``at`` in the text; at most its size, as undecodable bytes count as three."""
        return min(at if at <= self._head else at + self._skipped, len(self._data))

    def line(self, offset: int) -> int:
        """1-based line of an offset in the data."""
        if self._lines is None:
            self._lines = np.flatnonzero(np.frombuffer(self._data, np.uint8) == 10)
        return int(np.searchsorted(self._lines, offset)) + 1

    def line_start(self, offset: int) -> int:
        """Offset in the data where the line of ``offset`` starts."""
        return self._data.rfind(b"\n", 0, offset) + 1
