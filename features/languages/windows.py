"""Which parts of an oversized source file are parsed, and where they came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_AROUND = 2_048
_HITS = 2_000
_KEPT = 1 << 16
_RUN = re.compile(rb"(?<![A-Za-z0-9+/=_\\-])([A-Za-z0-9+/=_\\-]{%d})[A-Za-z0-9+/=_\\-]+" % _KEPT)
"""Only from the start of a run on: tried inside of runs that are a little too short, it takes quadratic time."""

_LITERAL = re.compile(rb"'(?:[^'\\\n]|\\[^\n])*+'?|\"(?:[^\"\\\n]|\\[^\n])*+\"?")
"""Also one that its line does not end, so that no place is looked at twice."""
_HEAD = 4_096


@dataclass(frozen=True, slots=True)
class Windows:
    """Bytes to parse, cut out of a file, with the way back to the file's own offsets and lines.

    ``starts[i]`` (in :attr:`data`) came from ``origins[i]`` (in the file) on line ``lines[i]`` (0-based).
    """

    data: bytes
    starts: NDArray[np.int64]
    origins: NDArray[np.int64]
    lines: NDArray[np.int64]

    def offset(self, position: int) -> int:
        """File offset of an offset in :attr:`data`."""
        i = int(np.searchsorted(self.starts, position, side="right")) - 1
        return int(self.origins[i] + position - self.starts[i])

    def line(self, position: int, newlines: NDArray[np.int64]) -> int:
        """Line in the file, 1-based; ``newlines`` are the sorted offsets of line feeds in :attr:`data`."""
        i = int(np.searchsorted(self.starts, position, side="right")) - 1
        first = int(np.searchsorted(newlines, self.starts[i]))
        return int(self.lines[i]) + int(np.searchsorted(newlines, position)) - first + 1


def shortened(data: bytes, limit: int = 0) -> bytes:
    """Cut runs of encoded text to their first 64 KiB; lines stay where they are.

    A payload of megabytes is one token: a parser that is given half of it sees neither its end nor the call around it.
    What is longer than ``limit`` even then also loses what follows the first 4 KiB of a literal on one line: a bundle
    writes whole modules, one a line, and does what it does after them.
    """
    short = _RUN.sub(rb"\1", data)
    return _LITERAL.sub(_head, short) if limit and len(short) > limit else short


def _head(match: re.Match[bytes]) -> bytes:
    text = match[0]
    if len(text) <= _HEAD or text[:1] != text[-1:]:
        return text
    head = text[:_HEAD]
    return head[: len(head) - (len(head) - len(head.rstrip(b"\\"))) % 2] + text[-1:]


def cut(data: bytes, limit: int, pattern: re.Pattern[bytes]) -> Windows | None:
    """Choose at most about ``limit`` bytes: the head, the tail, and what surrounds suspicious words.

    Parameters
    ----------
    data : bytes
        The file.
    limit : int
        Bytes to keep.
    pattern : re.Pattern
        Words worth parsing around; must be cheap, it runs over the whole file.

    Returns
    -------
    Windows or None
        None: the file is within the limit.
    """
    if len(data) <= limit:
        return None
    spans = [(0, limit // 2), (len(data) - limit // 4, len(data))]
    left = limit // 4
    for count, match in enumerate(pattern.finditer(data, limit // 2, len(data) - limit // 4)):
        begin, end = max(match.start() - _AROUND, spans[-1][1] if count else 0), match.end() + _AROUND
        if count >= _HITS or left < end - begin:
            break
        if end > begin:
            spans.append((begin, end))
            left -= end - begin
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    parts, starts, origins, lines = [], [], [], []
    size = line = seen = 0
    for begin, end in merged:
        # Start at a line where one is near: half a statement confuses the parser.
        newline = data.find(b"\n", begin, min(begin + 1_000, end))
        begin = newline + 1 if begin and newline >= 0 else begin
        line += data.count(b"\n", seen, begin)
        seen = begin
        parts.append(data[begin:end])
        starts.append(size)
        origins.append(begin)
        lines.append(line)
        size += end - begin + 1
    as_array = [np.array(values, dtype=np.int64) for values in (starts, origins, lines)]
    return Windows(b"\n".join(parts), *as_array)
