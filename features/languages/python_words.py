"""Words of a source: identifiers, keywords and numbers, those in comments and strings included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from darnel.features.kernels import twin

WORD_BYTES = bytes(c if c >= 128 or c == 95 or chr(c).isalnum() else 32 for c in range(256))
"""Bytes of words as they are, blanks for all others."""


def words_of(data: bytes) -> set[bytes]:
    """Distinct words of a text."""
    return set(data.translate(WORD_BYTES).split())


@twin
class Plain:
    """Words that are known to mean nothing, to be left out of others.

    Parameters
    ----------
    most : int
        How many are kept, at most 65,536.
    longest : int
        Bytes of the longest that is kept, at most 255.
    """

    def __init__(self, most: int, longest: int) -> None:
        self._most = most
        self._longest = longest
        self._words: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._words)

    def add(self, words: Iterable[bytes]) -> None:
        """Remember words, as long as there is room."""
        for word in words:
            if len(self._words) == self._most:
                return
            if 0 < len(word) <= self._longest:
                self._words.add(word)

    def others(self, data: bytes) -> set[bytes]:
        """Distinct words of a text that were not added; there may be a few that were, for want of room."""
        return words_of(data) - self._words


@twin
def places_of(data: bytes, names: AbstractSet[bytes]) -> dict[bytes, list[int]]:
    """Offsets, ascending, at which words stand: of those that do.

    Parameters
    ----------
    data : bytes
        Text.
    names : set of bytes
        Words that are looked for.
    """
    found: dict[bytes, list[int]] = {}
    for name in names:
        places = list(_occurrences(data, name)) if name else []
        if places:
            found[name] = places
    return found


def _occurrences(data: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands by itself."""
    at = data.find(word)
    while at >= 0:
        end = at + len(word)
        if (not at or WORD_BYTES[data[at - 1]] == 32) and (end == len(data) or WORD_BYTES[data[end]] == 32):
            yield at
        at = data.find(word, end)
