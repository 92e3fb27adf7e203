"""Statistics of one text file's bytes: line lengths, entropy over windows, byte classes, encoded runs, padding."""

from __future__ import annotations

import zlib
from math import fsum, log1p, log2

import numpy as np

from darnel.features.schema import Column
from darnel.features.text_counts import (
    BASE64,
    ENCODED,
    HEX,
    NUMBERS,
    PADDING,
    WEIGHT,
    WINDOW,
    census,
    comment_lines,
    encoded_runs,
    followers,
    gaps,
    line_lengths,
)

WHOLE = 4 << 20
"""Larger files are sampled: 2 MiB of head, 1 MiB of middle, 1 MiB of tail. Line lengths always cover the whole."""
ENCODED_BYTES = 8 * ENCODED + 7
"""Bytes of which that many aligned words are a part, wherever they start."""
_ZIP = 2 << 10
_HEAD = 4 << 10

COLUMNS = (
    Column("text.log_bytes", "log1p of the size in bytes", "real"),
    Column("text.log_lines", "log1p of the number of lines", "real"),
    Column("text.line_max", "log1p of the longest line in bytes", "real"),
    Column("text.line_p99", "log1p of the 99th percentile of line lengths", "real"),
    Column("text.line_ratio", "log1p of longest line / median line of the non-empty lines", "real"),
    Column(
        "text.giant_line",
        "longest line > 1000 bytes and > 20 times the 95th percentile: one giant in a normal file",
        "bool",
    ),
    Column("text.long_share", "share of bytes in lines longer than 1000 bytes", "real"),
    Column("text.entropy", "entropy of all bytes, bits per byte, 0 to 8", "real"),
    Column("text.entropy_max", "largest entropy of a 1 KiB window, bits per byte", "real"),
    Column("text.entropy_p99", "99th percentile of window entropies", "real"),
    Column("text.entropy_mean", "mean of window entropies", "real"),
    Column("text.entropy_gap", "largest minus median window entropy", "real"),
    Column("text.letters", "share of ASCII letters", "real"),
    Column("text.capitals", "share of capitals among ASCII letters", "real"),
    Column("text.digits", "share of digits", "real"),
    Column("text.blank", "share of spaces, tabs and line ends", "real"),
    Column("text.punctuation", "share of ASCII punctuation", "real"),
    Column("text.brackets", "share of brackets of all kinds", "real"),
    Column("text.tabs", "share of tabs", "real"),
    Column("text.nul", "log1p of NUL bytes", "real"),
    Column("text.controls", "share of control bytes other than tab and line ends", "real"),
    Column("text.high", "share of bytes ≥ 0x80", "real"),
    Column("text.base64_run", "log1p of the longest run of base64 characters (≥ 40, ≥ 12 different ones)", "real"),
    Column("text.base64_runs", "log1p of the number of such runs of at least 100", "real"),
    Column("text.base64_share", "share of bytes in such runs of at least 40", "real"),
    Column("text.hex_run", "log1p of the longest run of hex digits (≥ 32)", "real"),
    Column("text.hex_runs", "log1p of the number of runs of at least 100 hex digits", "real"),
    Column(
        "text.number_share", "share of bytes in runs of digits, commas and blanks of at least 100 (byte arrays)", "real"
    ),
    Column(
        "text.padding", "log1p of the longest run of at least 80 blanks with something after it on the line", "real"
    ),
    Column("text.padded_lines", "log1p of the number of lines with such a run", "real"),
    Column("text.escapes", "log1p of \\x.., \\u.... and \\U........ escapes", "real"),
    Column("text.escape_share", "share of bytes in such escapes", "real"),
    Column("text.percent_escapes", "log1p of %2X, %6X and %7X escapes", "real"),
    Column("text.comments", "share of lines that look like comments, first 4 KiB", "real"),
    Column("text.compressed", "size after zlib level 1 / size before, over 2 KiB of head and of tail", "real"),
)

_LOWER = b"abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_KINDS = (
    _LOWER,
    _LOWER.upper(),
    _DIGITS,
    b" \r\n",
    b"\t",
    b"\0",
    bytes({*range(1, 0x20), 0x7F} - {9, 10, 13}),
    bytes(range(0x80, 0x100)),
    b"()[]{}",
    b"!\"#$&'*+,-./:;<=>?@^_`|~",
    b"\\",
    b"%",
)
"""Bytes that are counted together."""
_TAB, _BACKSLASH, _PERCENT = 4, 10, 11
"""Of them, by number."""
_TABS = PADDING // 4
"""Tabs that are as wide as a padding."""
_KIND = bytearray(256)
for _kind, _members in enumerate(_KINDS):
    for _byte in _members:
        _KIND[_byte] = _kind
KIND = bytes(_KIND)
"""For :func:`darnel.features.text_counts.census`."""

# One byte of class bits per byte of text, so that one table look-up serves all runs.
_TABLE = bytearray(256)
for _bits, _alphabet in (
    (BASE64, _LOWER + _LOWER.upper() + _DIGITS + b"+/"),
    (HEX, _DIGITS + b"abcdefABCDEF"),
    (NUMBERS, _DIGITS + b", \t\r\n"),
):
    for _byte in _alphabet:
        _TABLE[_byte] |= _bits
CLASSES = bytes(_TABLE)
"""For :func:`darnel.features.text_counts.encoded_runs`."""
_BITS = log2(WINDOW)


def sample(data: bytes) -> bytes:
    """Head, middle and tail of a file too large to be read whole."""
    if len(data) <= WHOLE:
        return data
    middle = len(data) // 2
    return data[: WHOLE // 2] + data[middle : middle + WHOLE // 4] + data[-WHOLE // 4 :]


def values(data: bytes) -> dict[str, float]:
    """``text.*`` columns of one text file given as UTF-8, see :func:`measure`."""
    return measure(data)[0]


def measure(data: bytes) -> tuple[dict[str, float], bool]:
    """Statistics of one text file given as UTF-8.

    Parameters
    ----------
    data : bytes
        Content after :func:`darnel.features.content.to_utf8`.

    Returns
    -------
    values : dict of str to float
        ``text.*`` columns by name.
    encoded : bool
        Whether a program may be encoded in it: False proves that no :data:`ENCODED_BYTES` in a row are all letters,
        digits, ``+`` or ``/``.
    """
    if not data:
        return {}, False
    out = {"text.log_bytes": log1p(len(data))}
    _lines(data, out)
    part = sample(data)
    by_kind, entropy, weights = census(part, KIND)
    _shares(by_kind, len(part), out)
    _entropy(entropy, weights, len(part), out)
    tabs, backslashes, percents = by_kind[_TAB], by_kind[_BACKSLASH], by_kind[_PERCENT]
    encoded = _runs(part, tabs, out) or len(part) < len(data)
    if backslashes:
        narrow, wide, huge = followers(part, b"\\", b"xuU")
        out["text.escapes"] = log1p(narrow + wide + huge)
        out["text.escape_share"] = min(1.0, (4 * narrow + 6 * wide + 10 * huge) / len(part))
    if percents > 8:
        out["text.percent_escapes"] = log1p(sum(followers(part, b"%", b"267")))
    comments, lines = comment_lines(part[:_HEAD])
    out["text.comments"] = comments / lines
    block = part if len(part) <= 2 * _ZIP else part[:_ZIP] + part[-_ZIP:]
    # A window of twice the block gives the same bytes as the largest one, which takes longer to set up than to use.
    out["text.compressed"] = min(2.0, len(zlib.compress(block, 1, 13)) / len(block))
    return out, encoded


def _lines(data: bytes, out: dict[str, float]) -> None:
    count, full, longest, covered, median, p95, p99 = line_lengths(data)
    out["text.log_lines"] = log1p(count)
    out["text.line_max"] = log1p(longest)
    if not full:
        return
    out["text.line_p99"] = log1p(p99)
    out["text.line_ratio"] = log1p(longest / median)
    if longest > 1000:
        out["text.long_share"] = covered / len(data)
        out["text.giant_line"] = float(full >= 8 and longest > 20 * p95)


def _shares(by_kind: list[int], size: int, out: dict[str, float]) -> None:
    lower, upper, digits, blanks, tabs, nul, controls, high, brackets, marks, backslashes, percents, *_ = by_kind
    letters = lower + upper
    out["text.letters"] = letters / size
    out["text.capitals"] = (upper / size) / (letters / size) if letters else 0.0
    out["text.digits"] = digits / size
    out["text.blank"] = (blanks + tabs) / size
    out["text.punctuation"] = (brackets + marks + backslashes + percents) / size
    out["text.brackets"] = brackets / size
    out["text.tabs"] = tabs / size
    out["text.nul"] = log1p(nul)
    out["text.controls"] = (controls + nul) / size
    out["text.high"] = high / size


def _entropy(entropy: float, weights: list[int], size: int, out: dict[str, float]) -> None:
    windows, rest = divmod(size, WINDOW)
    entropies = [_BITS - weight * WEIGHT / WINDOW for weight in weights[:windows]]
    # A short tail's entropy is biased down, so it only counts when there is nothing else or it is most of a window.
    if rest and (not windows or rest > WINDOW // 2):
        entropies.append(log2(rest) - weights[-1] * WEIGHT / rest)
    entropies.sort()
    n = len(entropies)
    out["text.entropy"] = entropy
    out["text.entropy_max"] = entropies[-1]
    out["text.entropy_p99"] = entropies[n * 99 // 100]
    out["text.entropy_mean"] = fsum(entropies) / n
    out["text.entropy_gap"] = entropies[-1] - entropies[n // 2]


def _runs(part: bytes, tabs: int, out: dict[str, float]) -> bool:
    """Fill the columns on encoded runs and padding; return whether a program may be encoded in one."""
    encoded, longest, runs, covered, hex_longest, hex_runs, number_covered, padded = encoded_runs(part, CLASSES)
    out["text.base64_run"], out["text.base64_runs"] = log1p(longest), log1p(runs)
    out["text.base64_share"] = covered / len(part)
    out["text.hex_run"], out["text.hex_runs"] = log1p(hex_longest), log1p(hex_runs)
    out["text.number_share"] = number_covered / len(part)
    if padded or (tabs >= _TABS and b"\t" * _TABS in part):
        _padding(part, out)
    return encoded


def _padding(part: bytes, out: dict[str, float]) -> None:
    array = np.frombuffer(part.replace(b"\t", b"    ") if b"\t" * _TABS in part else part, np.uint8)
    edges = (array != 32).nonzero()[0]
    lengths = gaps(edges, len(array))
    # The last stretch has nothing after it; a stretch before a line end is only trailing space.
    inside = (lengths[:-1] >= PADDING) & (array[edges] != 10) & (array[edges] != 13)
    found = lengths[:-1][inside]
    if len(found):
        out["text.padding"], out["text.padded_lines"] = log1p(int(found.max())), log1p(len(found))
