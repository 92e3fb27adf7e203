"""Hundreds of substrings looked for at once, at the cost of a few numpy passes when nothing hits.

Every needle is represented by its least common four bytes. The text is read as overlapping 32-bit words, the words
are hashed into a bit table, and only positions that survive are compared with needles (the idea of Wu and Manber's
multi-pattern search, vectorised).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from darnel.features.indicators.tables import Entry

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


class Matcher:
    """A set of entries ready to be searched for.

    Parameters
    ----------
    entries : sequence of Entry
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        by_word: dict[int, list[tuple[int, Entry]]] = {}
        for entry in entries:
            at = _rarest(entry.needle)
            word = int.from_bytes(entry.needle[at : at + 4], "little")
            by_word.setdefault(word, []).append((at, entry))
        self._by_word = by_word
        self._by_gram = {word.to_bytes(4, "little"): found for word, found in by_word.items()}
        self._words = np.array(sorted(by_word), np.uint32)
        self._table = np.zeros(1 << _HASH_BITS, np.bool_)
        self._table[(self._words * _FACTOR) >> _SHIFT] = True

    def _places(self, text: bytes) -> NDArray[np.int64]:
        """Positions, ascending, where the hash of four bytes is that of some needle's."""
        if len(text) < 4:
            return np.zeros(0, np.int64)
        words: NDArray[np.uint32] = np.ndarray((len(text) - 3,), "<u4", text, strides=(1,))
        hashes = words * _FACTOR
        hashes >>= _SHIFT
        # No hash is out of range; "wrap" spares numpy from checking that.
        return self._table.take(hashes, mode="wrap").nonzero()[0]

    def candidates(self, text: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Positions, ascending, where the four bytes of some needle stand, and these bytes as words."""
        where = self._places(text)
        if not len(where):
            return where, np.zeros(0, np.uint32)
        words: NDArray[np.uint32] = np.ndarray((len(text) - 3,), "<u4", text, strides=(1,))
        what = words[where]
        slot = np.minimum(np.searchsorted(self._words, what), len(self._words) - 1)
        exact = self._words[slot] == what
        return where[exact], what[exact]

    def find(self, text: bytes, limit: int = LIMIT) -> Iterator[tuple[int, Entry]]:
        """Yield ``(position, entry)`` for every needle that stands in ``text`` with its conditions met.

        Parameters
        ----------
        text : bytes
            After :func:`normalise`.
        limit : int
            Candidate positions looked at.
        """
        places = self._places(text)
        seen = 0
        for at in places.tolist():
            found = self._by_gram.get(text[at : at + 4])
            if found is None:
                continue
            seen += 1
            if seen > limit:
                return
            yield from _confirmed(text, at, found)

    def confirm(self, text: bytes, where: NDArray[np.int64], what: NDArray[np.uint32]) -> Iterator[tuple[int, Entry]]:
        """:meth:`find` among candidates that are known."""
        for at, word in zip(where.tolist(), what.tolist(), strict=True):
            yield from _confirmed(text, at, self._by_word[word])


def _confirmed(text: bytes, at: int, found: list[tuple[int, Entry]]) -> Iterator[tuple[int, Entry]]:
    for offset, entry in found:
        start = at - offset
        if start >= 0 and text.startswith(entry.needle, start) and _allowed(text, start, entry):
            yield start, entry


def _allowed(text: bytes, start: int, entry: Entry) -> bool:
    end = start + len(entry.needle)
    if entry.left and start and text[start - 1] in _WORD:
        return False
    if entry.right and end < len(text) and text[end] in _WORD:
        return False
    if entry.pattern is not None:
        # Only within the same literal or line group: a window keeps the cost of a match bounded.
        window = text[max(0, start - _BEFORE) : end + _AFTER]
        return entry.pattern.search(window) is not None
    return True


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
