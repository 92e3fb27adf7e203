"""Hundreds of substrings looked for at once, at the cost of one pass when nothing hits.

Every needle is represented by its least common four bytes. The text is read as overlapping 32-bit words, the words
are hashed into a bit table, and only positions that survive are compared with needles (the idea of Wu and Manber's
multi-pattern search, vectorised or compiled).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from darnel.features.indicators.tables import Entry
from darnel.features.kernels import twin

LIMIT = 50_000
"""Candidate positions looked at in one text."""
_HASH_BITS = 17
_FACTOR = np.uint32(2654435761)
_SHIFT = np.uint32(32 - _HASH_BITS)
_BEFORE, _AFTER = 80, 200
_LOWER = bytes(c + 32 if 65 <= c < 91 else ord("/") if c == ord("\\") else c for c in range(256))
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")


def normalise(text: bytes) -> bytes:
    """Lower-case ASCII and turn backslashes into slashes; offsets stay."""
    return text.translate(_LOWER)


@twin
class Needles:
    """Substrings ready to be searched for.

    Parameters
    ----------
    needles : list of (bytes, int, bool, bool)
        The needle as :func:`normalise` has it, the offset in it of the four bytes that represent it, and whether no
        letter or digit may stand on its left and on its right.
    """

    def __init__(self, needles: list[tuple[bytes, int, bool, bool]]) -> None:
        self._by_gram: dict[bytes, list[tuple[int, int, bytes, bool, bool]]] = {}
        for number, (needle, at, left, right) in enumerate(needles):
            self._by_gram.setdefault(needle[at : at + 4], []).append((number, at, needle, left, right))
        words = np.array([int.from_bytes(gram, "little") for gram in self._by_gram], np.uint32)
        self._table = np.zeros(1 << _HASH_BITS, np.bool_)
        self._table[(words * _FACTOR) >> _SHIFT] = True

    def _places(self, text: bytes) -> NDArray[np.int64]:
        """Positions, ascending, where the hash of four bytes is that of some needle's."""
        if len(text) < 4:
            return np.zeros(0, np.int64)
        words: NDArray[np.uint32] = np.ndarray((len(text) - 3,), "<u4", text, strides=(1,))
        hashes = words * _FACTOR
        hashes >>= _SHIFT
        # No hash is out of range; "wrap" spares numpy from checking that.
        return self._table.take(hashes, mode="wrap").nonzero()[0]

    def find(self, data: bytes, limit: int) -> tuple[list[tuple[int, int]], bool]:
        """Look for all needles in a text as :func:`normalise` has it.

        Parameters
        ----------
        data : bytes
            Any text, normalised or not.
        limit : int
            Places looked at where the four bytes of some needle stand.

        Returns
        -------
        found : list of (int, int)
            Position and number of every needle that stands there with its conditions met.
        whole : bool
            Whether there were no more places than that.
        """
        text = normalise(data)
        found: list[tuple[int, int]] = []
        seen = 0
        for at in self._places(text).tolist():
            needles = self._by_gram.get(text[at : at + 4])
            if needles is None:
                continue
            seen += 1
            if seen > limit:
                return found, False
            for number, offset, needle, left, right in needles:
                start, end = at - offset, at - offset + len(needle)
                if start < 0 or not text.startswith(needle, start):
                    continue
                if left and start and text[start - 1] in _WORD:
                    continue
                if right and end < len(text) and text[end] in _WORD:
                    continue
                found.append((start, number))
        return found, True


class Matcher:
    """A set of entries ready to be searched for.

    Parameters
    ----------
    entries : sequence of Entry

    Attributes
    ----------
    needles : list of (bytes, int, bool, bool)
        Of the entries, for :class:`Needles`.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self.needles = [(entry.needle, _rarest(entry.needle), entry.left, entry.right) for entry in entries]
        self._ready = Needles(self.needles)

    def search(self, text: bytes, limit: int = LIMIT) -> tuple[list[tuple[int, Entry]], bool]:
        """Position and entry of every needle that stands in a text, normalised or not, with its conditions met.

        Parameters
        ----------
        text : bytes
        limit : int
            Candidate positions looked at.

        Returns
        -------
        found : list of (int, Entry)
        whole : bool
            Whether there were no more candidates than that.
        """
        places, whole = self._ready.find(text, limit)
        found = [(at, self._entries[number]) for at, number in places]
        return [(at, entry) for at, entry in found if entry.pattern is None or _matches(text, at, entry)], whole

    def find(self, text: bytes) -> list[tuple[int, Entry]]:
        """What :meth:`search` finds."""
        return self.search(text)[0]


def _matches(text: bytes, start: int, entry: Entry) -> bool:
    # Only within the same literal or line group: a window keeps the cost of a match bounded.
    window = text[max(0, start - _BEFORE) : start + len(entry.needle) + _AFTER]
    return entry.pattern is None or entry.pattern.search(normalise(window)) is not None


@cache
def _ranks() -> dict[bytes, int]:
    """Rank of the four-byte strings of needles that stand in ordinary packages (``python -m benchmarks.grams``)."""
    text = resources.files("darnel.features.indicators").joinpath("common.json").read_text(encoding="utf-8")
    grams = "".join(json.loads(text)).encode("ascii")
    return {grams[i : i + 4]: i // 4 for i in range(0, len(grams), 4)}


def _rarest(needle: bytes) -> int:
    """Offset of the four bytes of ``needle`` that ordinary source is least likely to hold."""
    ranks = _ranks()
    rare = len(ranks)
    return max(range(len(needle) - 3), key=lambda i: ranks.get(needle[i : i + 4], rare))
