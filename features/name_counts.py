"""What is counted over the letters of names, for :mod:`darnel.features.identifiers`."""

from __future__ import annotations

import re

import numpy as np

from darnel.features.kernels import twin

_OTHER = 26
_TO_CODE = bytes(c - 97 if 97 <= c < 123 else c - 65 if 65 <= c < 91 else _OTHER for c in range(256))
_ODD = re.compile(r"[O0oQIl1i_]{3,}|_[^A-Za-z]{2,}|_0x.*", re.DOTALL)


@twin
def name_counts(names: list[str], tenths: bytes) -> tuple[list[int], int, int, int, list[str]]:
    """What letters names are made of.

    Parameters
    ----------
    names : list of str
        Not empty.
    tenths : bytes
        Tenths of a bit per letter pair, 27 × 27 (a to z, anything else).

    Returns
    -------
    sums : list of int
        For each name, the tenths of all pairs, the first and last with what is no letter.
    digits, capitals : int
        ASCII digits and capitals in all names.
    foreign : int
        Names that are not ASCII.
    odd : list of str
        Names that a machine may have made: of letters and digits that look alike only, after an underscore without an
        ASCII letter, or like ``_0x1a2b``.
    """
    joined = ("\n" + "\n".join(names) + "\n").encode("ascii", "replace")
    codes = np.frombuffer(joined.translate(_TO_CODE), np.uint8).astype(np.int64)
    pairs = np.frombuffer(tenths, np.uint8)[codes[:-1] * (_OTHER + 1) + codes[1:]].astype(np.int64)
    starts = np.cumsum([0, *(len(name) + 1 for name in names[:-1])])
    sums: list[int] = np.add.reduceat(pairs, starts).tolist()
    digits = len(joined) - len(joined.translate(None, b"0123456789"))
    capitals = len(joined) - len(joined.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    foreign = sum(not name.isascii() for name in names)
    return sums, digits, capitals, foreign, [name for name in names if _ODD.fullmatch(name)]
