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
        How many are kept, at most 131,072.
    longest : int
        Bytes of the longest that is kept, at most 255.
    """

    def __init__(self, most: int, longest: int) -> None:
        self._most = most
        self._longest = longest
        self.words: set[bytes] = set()

    def __len__(self) -> int:
        return len(self.words)

    def add(self, words: Iterable[bytes]) -> None:
        """Remember words; where there is no room for another one, all before it are forgotten."""
        for word in words:
            if 0 < len(word) <= self._longest and word not in self.words:
                if len(self.words) == self._most:
                    self.words.clear()
                self.words.add(word)


@twin
class Index:
    """Words of a text and where they stand, for a text that is asked for several of them: it is read once.

    Parameters
    ----------
    data : bytes
        Text, less than 2 GiB.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def others(self, plain: Plain) -> set[bytes]:
        """Distinct words that were not added to ``plain``; there may be a few that were, for want of room."""
        return words_of(self._data) - plain.words

    def places(self, names: AbstractSet[bytes]) -> dict[bytes, list[int]]:
        """Offsets, ascending, at which some words stand: of those that do."""
        found = {name: list(_occurrences(self._data, name)) for name in names if name}
        return {name: places for name, places in found.items() if places}


def _occurrences(data: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands by itself."""
    at = data.find(word)
    while at >= 0:
        end = at + len(word)
        if (not at or WORD_BYTES[data[at - 1]] == 32) and (end == len(data) or WORD_BYTES[data[end]] == 32):
            yield at
        at = data.find(word, end)
