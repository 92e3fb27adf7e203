"""Which names of a list have so many letters in common with a name that a comparison is worth while.

Comparing with every name of about the same length takes half a millisecond, and one in fifty is alike at all. How many
characters two names share, wherever they stand, bounds how alike they can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Letters:
    """Names of a list by length, with how often each character is in them.

    Parameters
    ----------
    names : sequence of str
        ASCII, none empty, fewer than 256 characters each.
    """

    def __init__(self, names: Sequence[str]) -> None:
        lengths = np.fromiter(map(len, names), np.int64, len(names))
        self._codes = np.frombuffer("".join(names).encode("ascii"), np.uint8)
        first = self._codes[np.cumsum(lengths) - lengths]
        scoped = first == ord("@")
        order = np.argsort((lengths + 256 * scoped).astype(np.uint16), kind="stable")
        self._names = [names[i] for i in order.tolist()]
        self._lengths, self._first = lengths[order], first[order]
        self._plain = len(names) - int(np.count_nonzero(scoped))
        places = np.empty(len(names), np.int32)
        places[order] = np.arange(len(names))
        self._owners = places.repeat(lengths)
        self._rows: dict[str, NDArray[np.uint8]] = {}

    def within_edits(self, name: str, edits: int) -> list[str]:
        """Names that so many edits could turn ``name`` into, and some others.

        An edit takes at most one of the characters that both have in common; swapping neighbours takes none. Scoped
        names for a scoped one and plain ones for a plain one, by length, of equal length in the order of the list.
        """
        band = self._band(name, edits)
        enough = self._common(name, band) >= np.maximum(self._lengths[band], len(name)) - edits
        return self._chosen(band, enough)

    def similar(self, name: str, reach: int) -> list[str]:
        """Likewise, names whose Jaro-Winkler similarity to ``name`` could be 0.8, their lengths up to ``reach`` apart.

        With ``c`` characters in common, Jaro's is at most ``(c / len(a) + c / len(b) + 1) / 3``. Winkler's addition
        asks for the same first character and more than 0.7.
        """
        band = self._band(name, reach)
        lengths = self._lengths[band]
        either = self._common(name, band).astype(np.int64) * (lengths + len(name)) / (lengths * len(name))
        least = np.where(self._first[band] == min(ord(name[0]), 128), 1.1, 1.4)
        return self._chosen(band, either >= least - 1e-9)

    def _band(self, name: str, reach: int) -> slice:
        """Names that are scoped or not like this one and about as long."""
        part = slice(self._plain, None) if name[0] == "@" else slice(0, self._plain)
        lengths = self._lengths[part]
        first, last = np.searchsorted(lengths, (len(name) - reach, len(name) + reach + 1)).tolist()
        return slice(part.start + first, part.start + last)

    def _common(self, name: str, band: slice) -> NDArray[np.uint8]:
        """Characters in common, each as often as both have it."""
        common = np.zeros(band.stop - band.start, np.uint8)
        for character, times in Counter(name).items():
            row = self._rows.get(character)
            if row is None:
                row = self._rows[character] = self._row(character)
            common += np.minimum(row[band], np.uint8(min(times, 255)))
        return common

    def _row(self, character: str) -> NDArray[np.uint8]:
        """How often a character is in each name."""
        owners = self._owners[self._codes == ord(character)] if character.isascii() else self._owners[:0]
        return np.bincount(owners, minlength=len(self._names)).astype(np.uint8)

    def _chosen(self, band: slice, chosen: NDArray[np.bool_]) -> list[str]:
        return [self._names[band.start + i] for i in np.flatnonzero(chosen).tolist()]
