"""The shipped lists of popular names, loaded lazily, with the look-ups that name confusion needs.

The lists hold names only, most popular first: PyPI's 15,000 most downloaded and npm's 20,000, of the month given in
``popular.json``. :mod:`darnel.training.popular` rebuilds them from any table of names.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darnel.features.names.letters import Letters

FOLDER = Path(__file__).parent

# Pairs that look alike in many fonts. Order matters: two-letter shapes first.
_HOMOGLYPHS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))


def normalise(ecosystem: str, name: str) -> str:
    """PEP 503 for PyPI (``Foo_Bar.x`` is ``foo-bar-x``), lower case for npm, with its scope."""
    if ecosystem == "pypi":
        return re.sub(r"[-_.]+", "-", name.strip()).lower()
    return name.strip().lower()


def squash(text: str) -> str:
    """Remove separators (a scope's too), so that names that differ in nothing else become equal."""
    for mark in "-_.@/":
        text = text.replace(mark, "")
    return text


def look(text: str) -> str:
    """Fold characters that look alike (``0`` and ``o``, ``rn`` and ``m``…)."""
    for shape, plain in _HOMOGLYPHS:
        text = text.replace(shape, plain)
    return text


class Popular:
    """Popular names of one ecosystem.

    Parameters
    ----------
    names : list of str
        Normalised, most popular first.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.rank: dict[str, int] = {name: i for i, name in enumerate(names)}

    @cached_property
    def _text(self) -> str:
        return "\n".join(self.names)

    @cached_property
    def _flat(self) -> str:
        return squash(self._text)

    def _index(self, text: str) -> dict[str, str]:
        # Reversed, so that of equal keys the most popular name stays.
        return dict(zip(reversed(text.split("\n")), reversed(self.names), strict=True))

    @cached_property
    def squashed(self) -> dict[str, str]:
        """The most popular name by its squashed form."""
        return self._index(self._flat)

    @cached_property
    def looks(self) -> dict[str, str]:
        """The most popular name by the folded look of its squashed form."""
        return self._index(look(self._flat))

    @cached_property
    def scopes(self) -> dict[str, int]:
        """Rank of the most popular package of each npm scope (``@types``)."""
        scopes: dict[str, int] = {}
        for i, name in enumerate(self.names):
            if name.startswith("@"):
                scopes.setdefault(name.partition("/")[0], i)
        return scopes

    @cached_property
    def letters(self) -> Letters:
        """Names by the letters in them, for those that are about as long as another one."""
        from darnel.features.names.letters import Letters

        return Letters(self.names)

    @cached_property
    def surprise(self) -> dict[str, float]:
        """Bits, ``-log2 p(second | first)``, of each pair of characters in the list; ``"?"``: of a pair never seen."""
        import numpy as np

        codes = np.frombuffer(("\n" + self._text + "\n").encode("ascii", "replace"), dtype=np.uint8).astype(np.int64)
        counts = np.bincount(codes[:-1] * 128 + codes[1:], minlength=128 * 128).reshape(128, 128)
        used = np.flatnonzero(counts.sum(axis=1))
        smooth = counts[np.ix_(used, used)] + 0.5
        bits = -np.log2(smooth / smooth.sum(axis=1, keepdims=True))
        symbols = [chr(code) for code in used.tolist()]
        table = {a + b: float(bits[i, j]) for i, a in enumerate(symbols) for j, b in enumerate(symbols)}
        table["?"] = float(bits.max())
        return table


@cache
def load(ecosystem: str) -> Popular:
    """Load the list of ``"pypi"`` or ``"npm"``; empty for any other ecosystem."""
    path = FOLDER / f"{ecosystem}.txt.gz"
    if ecosystem not in ("pypi", "npm"):
        return Popular([])
    return Popular(gzip.decompress(path.read_bytes()).decode("ascii").split("\n"))


def dates() -> dict[str, dict[str, str | int]]:
    """Month and size of each list, from ``popular.json``."""
    facts: dict[str, dict[str, str | int]] = json.loads((FOLDER / "popular.json").read_text(encoding="utf-8"))
    return facts
