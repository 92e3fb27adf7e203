"""What is counted over the bytes of a text, for :mod:`darnel.features.text`: integers, so that all ways give the same.

What has a compiled twin is the loop over all bytes; what a count means is said where it is used.
"""

from __future__ import annotations

import re
from math import log2

import numpy as np
from numpy.typing import NDArray

from darnel.features.kernels import twin

WINDOW = 1024
"""Bytes per entropy window: longer than a long line of prose, shorter than the smallest payload worth hiding."""
KINDS = 16
"""How many kinds of bytes :func:`census` tells apart."""
PADDING = 80
"""Blanks inside a line that push what follows off a reader's screen."""
BASE64, HEX, NUMBERS = 1, 2, 4
"""Bits of the classes that :func:`encoded_runs` looks for."""
ENCODED = 6
"""Words of 8 bytes, of base64 in a row, that are a reason to look for programs."""
_MOST = 2000
_FEW = 16 << 10
"""Up to so many bytes, Python's own lists are faster than numpy's arrays."""
WEIGHT = 2.0**-48
"""Unit of the weights of :func:`census`."""
_WEIGHTS = np.array([0, *(round(count * log2(count) / WEIGHT) for count in range(1, WINDOW + 1))])
_ROWS = np.arange(256)[:, None]
_ALL = {bit: np.uint64(bit * 0x0101010101010101) for bit in (BASE64, HEX, NUMBERS)}
"""A word whose bytes are all of a class."""
_COMMENT = re.compile(rb"\n[ \t\v\f]*+(?:#|//|--|/\*|\*[ /]|\*(?=\n|\Z))").findall
"""Lines that look like comments, each after its line feed."""


@twin
def line_lengths(data: bytes) -> tuple[int, int, int, int, int, int, int]:
    """Lengths of lines.

    Returns
    -------
    lines : int
        Line feeds and one.
    full : int
        Lines that are not empty; what follows is of these, and 0 without any.
    longest : int
        Bytes of the longest.
    covered : int
        Bytes in lines longer than 1000.
    median, p95, p99 : int
        The length that half, 95 % and 99 % of lines are before, in order of length.
    """
    full: list[int] | NDArray[np.int64]
    if len(data) <= _FEW:
        lines = data.split(b"\n")
        count, full = len(lines), sorted(filter(None, map(len, lines)))
    else:
        lengths = gaps((np.frombuffer(data, np.uint8) == 10).nonzero()[0], len(data))
        count, full = len(lengths), np.sort(lengths[lengths > 0])
    n = len(full)
    if not n:
        return count, 0, 0, 0, 0, 0, 0
    longest = int(full[-1])
    covered = sum(length for length in map(int, full) if length > 1000) if longest > 1000 else 0
    return count, n, longest, covered, int(full[n // 2]), int(full[n * 95 // 100]), int(full[n * 99 // 100])


@twin
def census(part: bytes, kinds: bytes) -> tuple[list[int], float, list[int]]:
    """How often bytes occur.

    Parameters
    ----------
    part : bytes
        The text.
    kinds : bytes
        The kind of each of the 256 bytes, below :data:`KINDS`.

    Returns
    -------
    by_kind : list of int
        Bytes of each kind.
    entropy : float
        Of all bytes, bits per byte.
    weights : list of int
        For each window of :data:`WINDOW` bytes, the last of which may be shorter: the sum of n · log2(n), n being how
        often a byte occurs in it, in units of :data:`WEIGHT`.
    """
    array = np.frombuffer(part, np.uint8)
    windows, rest = divmod(len(array), WINDOW)
    total = np.zeros(256, np.int64)
    width = 128 if part.isascii() else 256
    weights: list[int] = []
    # 256 windows at a time keep the histogram and its index in the cache.
    for start in range(0, windows, 256):
        block = array[start * WINDOW : min(windows, start + 256) * WINDOW].reshape(-1, WINDOW)
        index = block + width * _ROWS[: len(block)]
        histogram = np.bincount(index.ravel(), minlength=width * len(block)).reshape(-1, width)
        total[:width] += histogram.sum(axis=0)
        weights += _WEIGHTS.take(histogram).sum(axis=1).tolist()
    if rest:
        last = np.bincount(array[windows * WINDOW :], minlength=256)
        total += last
        weights.append(int(_WEIGHTS.take(last).sum()))
    by_kind = [0] * KINDS
    entropy = 0.0
    for byte, count in enumerate(total.tolist()):
        if count:
            by_kind[kinds[byte]] += count
            share = count / len(part)
            entropy -= share * log2(share)
    return by_kind, entropy, weights


@twin
def encoded_runs(part: bytes, table: bytes) -> tuple[bool, int, int, int, int, int, int, bool]:
    """Runs of characters that encoded data is written in, and of blanks.

    They are looked for in aligned words of 8 bytes, an eighth of the work of looking at bytes; a run's length is
    therefore short by up to 14 bytes.

    Parameters
    ----------
    part : bytes
        The text.
    table : bytes
        For each of the 256 bytes the bits of its classes, :data:`BASE64`, :data:`HEX`, :data:`NUMBERS`; hex digits are
        of the base64 alphabet.

    Returns
    -------
    encoded : bool
        Whether there is any run of :data:`ENCODED` words of base64.
    longest, runs, covered : int
        Of runs of at least four words of base64 with 12 different bytes, the first 2,000: bytes of the longest, number
        of those of at least 11 words, bytes in all.
    hex_longest, hex_runs : int
        Bytes of the longest run of hex digits of at least three words, number of those of at least 11.
    number_covered : int
        Bytes in runs of numbers of at least 11 words with a comma in the first three, the first 2,000.
    padded : bool
        Whether there are :data:`PADDING` spaces in a row.
    """
    words = np.frombuffer(part.translate(table), np.uint64, len(part) // 8)
    starts, lengths = _word_runs(words, _ALL[BASE64], 3)
    longest = runs = covered = hex_longest = hex_runs = number_covered = 0
    for i in (lengths >= 4).nonzero()[0][:_MOST].tolist() if len(lengths) else ():
        start, length = 8 * int(starts[i]), 8 * int(lengths[i])
        # Rules such as //////// and padding such as AAAA are of the alphabet, but carry nothing.
        if len(set(part[start : start + min(length, 400)])) < 12:
            continue
        longest = max(longest, length)
        runs += length >= 88
        covered += length
    encoded = bool((lengths >= ENCODED).any())
    # Most files need no second look.
    if len(lengths) and len(lengths := _word_runs(words, _ALL[HEX], 3)[1]):
        hex_longest, hex_runs = 8 * int(lengths.max()), int((lengths >= 11).sum())
    starts, lengths = _word_runs(words, _ALL[NUMBERS], 11)
    for i in (lengths >= 11).nonzero()[0][:_MOST].tolist() if len(lengths) else ():
        start, length = 8 * int(starts[i]), 8 * int(lengths[i])
        number_covered += length if b"," in part[start : start + 24] else 0
    padded = b" " * PADDING in part
    return encoded, longest, runs, covered, hex_longest, hex_runs, number_covered, padded


@twin
def followers(part: bytes, mark: bytes, wanted: bytes) -> list[int]:
    """Count how often each of the ``wanted`` bytes stands directly after the byte ``mark``."""
    after = b"".join([piece[:1] for piece in part.split(mark)[1:]])
    return [after.count(follower) for follower in wanted]


@twin
def comment_lines(head: bytes) -> tuple[int, int]:
    """Lines that look like comments, and lines; a carriage return ends one too."""
    if not head:
        return 0, 0
    lines = head.count(b"\n") + (head[-1:] != b"\n")
    if b"\r" in head:
        split = head.splitlines()
        head, lines = b"\n".join(split), len(split)
    return len(_COMMENT(b"\n" + head)), lines


def gaps(at: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Lengths of what stands before, between and after the positions ``at``."""
    edges = np.empty(len(at) + 2, np.int64)
    edges[0], edges[1:-1], edges[-1] = -1, at, size
    return edges[1:] - edges[:-1] - 1


def _word_runs(words: NDArray[np.uint64], mask: np.uint64, least: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and lengths, in words, of the stretches of words all of whose bytes have the bit of ``mask`` set.

    There are none if no stretch has ``least`` of them.
    """
    full = ((words & mask) == mask).nonzero()[0]
    if len(full) < least or not (full[least - 1 :] - full[: 1 - least] == least - 1).any():
        return full[:0], full[:0]
    first = np.ones(len(full) + 1, np.bool_)
    np.not_equal(full[1:], full[:-1] + 1, out=first[1:-1])
    bounds = first.nonzero()[0]
    return full[bounds[:-1]], bounds[1:] - bounds[:-1]
