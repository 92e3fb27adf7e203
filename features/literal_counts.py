"""What is counted over the characters of string literals, for :mod:`darnel.features.strings`."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from darnel.features.kernels import twin

HEAD = 4096
"""Characters of a literal that are looked at."""
BUDGET = 8 << 20
"""Decoded literals can add up to far more than the file: so many characters of them are looked at."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{16,}")
_DIGIT = re.compile(r"[0-9]")
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")

Looks = tuple[int, int, int, int, int, int, int, list[str], list[tuple[str, bool]]]


@twin
def looks(texts: list[str], code_words: tuple[str, ...]) -> Looks:
    """What literals of at least 6 characters look like.

    Parameters
    ----------
    texts : list of str
        The literals.
    code_words : tuple of str
        One of these is in all that looks like code.

    Returns
    -------
    dense : int
        Literals of at least 40 characters without a blank.
    urls, binary : int
        Literals with a URL, with control characters.
    hexes, hex_max, base64, base64_max : int
        Hex-like and base64-like literals without a blank, and characters of the longest.
    slashed : list of str
        Literals, at most :data:`HEAD` characters, that may be paths: slashes, no blank and no URL.
    blanks : list of (str, bool)
        Literals with blanks that may be code or encoded, and whether there is a code word in their first 512
        characters; without one, they are of at least 60 characters, and blank only at their ends and between lines.
    """
    dense = urls = binary = hexes = hex_max = base64 = base64_max = looked = 0
    slashed: list[str] = []
    blanks: list[tuple[str, bool]] = []
    any_binary = _BINARY.search("\n".join(texts)) is not None
    for text in texts:
        n = len(text)
        if n < 6:
            continue
        looked += min(n, HEAD)
        if looked > BUDGET:
            break
        if n < 16 and text.isidentifier():  # none of what follows
            continue
        head = text if n <= HEAD else text[:HEAD]
        binary += any_binary and _BINARY.search(head) is not None
        if " " in head or "\n" in head:
            urls += "://" in head
            start = head[:512]
            speaks = n >= 12 and any(word in start for word in code_words)
            if speaks or (n >= 60 and " " not in head.strip()):
                blanks.append((text, speaks))
            continue
        dense += n >= 40
        if "://" in head:
            urls += 1
        elif "/" in head or "\\" in head:
            slashed.append(head)
        if n >= 16 and _HEX.fullmatch(head):
            hexes += 1
            hex_max = max(hex_max, n)
        elif n >= 24 and base64_like(head):
            base64 += 1
            base64_max = max(base64_max, n)
    return dense, urls, binary, hexes, hex_max, base64, base64_max, slashed, blanks


def base64_like(text: str) -> bool:
    """Of the alphabet, with both cases and a digit, and not words joined by ``-``, ``_`` or ``/``."""
    if not _BASE64.fullmatch(text):
        return False
    joints = text.count("-") + text.count("_") + text.count("/")
    return joints * 12 <= len(text) and bool(_DIGIT.search(text)) and text != text.lower() and text != text.upper()


@twin
def weights(heads: list[bytes], table: NDArray[np.float64]) -> list[float]:
    """Sum of ``table[n]`` over the bytes of each of ``heads``, n being how often a byte occurs in it.

    Parameters
    ----------
    heads : list of bytes
        Not empty, nor any of them.
    table : ndarray of float64, shape (at least the longest + 1,)
    """
    sizes = np.fromiter(map(len, heads), np.int64, len(heads))
    index = np.frombuffer(b"".join(heads), np.uint8) + np.repeat(np.arange(len(heads)) << 8, sizes)
    histogram = np.bincount(index, minlength=len(heads) << 8)
    used = histogram.nonzero()[0]
    # Added up in the order of the bytes, as floats must be to be the same everywhere.
    found: list[float] = np.bincount(used >> 8, table[histogram[used]], len(heads)).tolist()
    return found
