"""Statistics of one text file's bytes: line lengths, entropy over windows, byte classes, encoded runs, padding."""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from math import log1p

import numpy as np
from numpy.typing import NDArray

from darnel.features.schema import Column

WINDOW = 1024
"""Bytes per entropy window: longer than a long line of prose, shorter than the smallest payload worth hiding."""
WHOLE = 4 << 20
"""Larger files are sampled: 2 MiB of head, 1 MiB of middle, 1 MiB of tail. Line lengths always cover the whole."""
ENCODED = 31
"""Bytes of which three aligned words of 8 bytes are a part, wherever they start."""
PADDING = 80
"""Blanks inside a line that push what follows off a reader's screen."""
_FEW = 16 << 10
"""Up to so many bytes, Python's own lists are faster than numpy's arrays."""
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

_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_CLASSES = {
    "letters": _LETTERS + _LETTERS.upper(),
    "capitals": _LETTERS.upper(),
    "digits": b"0123456789",
    "blank": b" \t\r\n",
    "punctuation": b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "brackets": b"()[]{}",
    "tabs": b"\t",
    "nul": b"\0",
    "controls": bytes({*range(0x20), 0x7F} - {9, 10, 13}),
    "high": bytes(range(0x80, 0x100)),
}
# Bytes that follow one another and are of the same classes are counted together.
_KINDS = [tuple(float(byte in members) for members in _CLASSES.values()) for byte in range(256)]
_FIRST = np.array([byte for byte in range(256) if byte == 0 or _KINDS[byte] != _KINDS[byte - 1]])
_MASKS = np.array([_KINDS[byte] for byte in _FIRST.tolist()])
_SHARES = [f"text.{name}" for name in _CLASSES]

# One byte of class bits per byte of text, so that one table look-up serves all runs.
_B64, _HEX, _NUM = 1, 2, 4
_TABLE = bytearray(256)
for _bits, _alphabet in (
    (_B64, _LETTERS + _LETTERS.upper() + b"0123456789+/"),
    (_HEX, b"0123456789abcdefABCDEF"),
    (_NUM, b"0123456789, \t\r\n"),
):
    for _byte in _alphabet:
        _TABLE[_byte] |= _bits
_TABLE_BYTES = bytes(_TABLE)
_ALL = {bit: np.uint64(bit * 0x0101010101010101) for bit in (_B64, _HEX, _NUM)}
"""A word whose bytes are all of a class."""
_LOG = np.zeros(WINDOW + 1)
_LOG[1:] = np.arange(1, WINDOW + 1) * np.log2(np.arange(1, WINDOW + 1))
_BITS = float(np.log2(WINDOW))
_ROWS = np.arange(256)[:, None]


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
        Whether anything encoded may be in it: False proves that no :data:`ENCODED` bytes in a row are all letters,
        digits, ``+`` or ``/``.
    """
    if not data:
        return {}, False
    out = {"text.log_bytes": log1p(len(data))}
    _lines(data, out)
    part = sample(data)
    counts = _entropy(part, out)
    size = len(part)
    shares = np.add.reduceat(counts, _FIRST, dtype=np.float64) @ _MASKS / size
    out.update(zip(_SHARES, shares.tolist(), strict=True))
    out["text.capitals"] = out["text.capitals"] / out["text.letters"] if out["text.letters"] else 0.0
    out["text.nul"] = log1p(int(counts[0]))
    encoded = _runs(part, out) or len(part) < len(data)
    if counts[92]:
        narrow, wide, huge = _followers(part, b"\\", b"xuU")
        out["text.escapes"] = log1p(narrow + wide + huge)
        out["text.escape_share"] = min(1.0, (4 * narrow + 6 * wide + 10 * huge) / size)
    if counts[37] > 8:
        out["text.percent_escapes"] = log1p(sum(_followers(part, b"%", b"267")))
    out["text.comments"] = _comments(part[:_HEAD])
    block = part if len(part) <= 2 * _ZIP else part[:_ZIP] + part[-_ZIP:]
    # A window of twice the block gives the same bytes as the largest one, which takes longer to set up than to use.
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 13)
    out["text.compressed"] = min(2.0, (len(squeeze.compress(block)) + len(squeeze.flush())) / len(block))
    return out, encoded


_COMMENT = re.compile(rb"\n[ \t\v\f]*+(?:#|//|--|/\*|\*[ /]|\*(?=\n|\Z))").findall
"""Lines that look like comments, each after its line feed."""


def _comments(head: bytes) -> float:
    """Share of lines that look like comments."""
    lines = head.count(b"\n") + (head[-1:] != b"\n")
    if b"\r" in head:
        split = head.splitlines()
        head, lines = b"\n".join(split), len(split)
    return len(_COMMENT(b"\n" + head)) / lines


def _followers(part: bytes, byte: bytes, wanted: bytes) -> list[int]:
    """Count how often each of the ``wanted`` bytes stands directly after ``byte``."""
    after = b"".join([piece[:1] for piece in part.split(byte)[1:]])
    return [after.count(follower) for follower in wanted]


def _gaps(at: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Lengths of what stands before, between and after the positions ``at``."""
    edges = np.empty(len(at) + 2, np.int64)
    edges[0], edges[1:-1], edges[-1] = -1, at, size
    return edges[1:] - edges[:-1] - 1


def _lines(data: bytes, out: dict[str, float]) -> None:
    full: list[int] | NDArray[np.int64]
    if len(data) <= _FEW:
        lines = data.split(b"\n")
        count, full = len(lines), sorted(filter(None, map(len, lines)))
    else:
        lengths = _gaps((np.frombuffer(data, np.uint8) == 10).nonzero()[0], len(data))
        count, full = len(lengths), np.sort(lengths[lengths > 0])
    out["text.log_lines"] = log1p(count)
    n = len(full)
    if not n:
        out["text.line_max"] = 0.0
        return
    longest = int(full[-1])
    out["text.line_max"] = log1p(longest)
    out["text.line_p99"] = log1p(int(full[(n * 99) // 100]))
    out["text.line_ratio"] = log1p(longest / max(1, int(full[n // 2])))
    if longest > 1000:
        out["text.long_share"] = float(sum(map(int, full[bisect_right(full, 1000) :]))) / len(data)
        out["text.giant_line"] = float(n >= 8 and longest > 20 * int(full[(n * 95) // 100]))


def _entropy(part: bytes, out: dict[str, float]) -> NDArray[np.int64]:
    """Fill the entropy columns; return how often each byte occurs."""
    array = np.frombuffer(part, np.uint8)
    windows, rest = divmod(len(array), WINDOW)
    total = np.zeros(256, np.int64)
    width = 128 if part.isascii() else 256
    entropies: list[NDArray[np.float64]] = []
    logs = _LOG.take
    # 256 windows at a time keep the histogram and its index in the cache.
    for start in range(0, windows, 256):
        block = array[start * WINDOW : min(windows, start + 256) * WINDOW].reshape(-1, WINDOW)
        index = block + width * _ROWS[: len(block)]
        histogram = np.bincount(index.ravel(), minlength=width * len(block)).reshape(-1, width)
        total[:width] += histogram.sum(axis=0)
        entropies.append(_BITS - logs(histogram).sum(axis=1) / WINDOW)
    if rest:
        last = np.bincount(array[windows * WINDOW :], minlength=256)
        total += last
        # A short tail's entropy is biased down, so it only counts when there is nothing else or it is most of a window.
        if not windows or rest > WINDOW // 2:
            entropies.append(np.array([np.log2(rest) - logs(last).sum() / rest]))
    seen = total[total > 0] / len(array)
    out["text.entropy"] = float(-(seen * np.log2(seen)).sum())
    if len(entropies) == 1 and len(entropies[0]) == 1:
        only = float(entropies[0][0])
        out["text.entropy_max"] = out["text.entropy_p99"] = out["text.entropy_mean"] = only
        out["text.entropy_gap"] = 0.0
        return total
    all_ = np.sort(np.concatenate(entropies))
    out["text.entropy_max"] = float(all_[-1])
    out["text.entropy_p99"] = float(all_[(len(all_) * 99) // 100])
    out["text.entropy_mean"] = float(all_.mean())
    out["text.entropy_gap"] = float(all_[-1] - all_[len(all_) // 2])
    return total


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


def _runs(part: bytes, out: dict[str, float]) -> bool:
    """Fill the columns on encoded runs; return whether there is any of three words of the base64 alphabet.

    Runs are looked for in aligned words of 8 bytes, an eighth of the work of looking at bytes; a run's length is
    therefore short by up to 14 bytes.
    """
    words = np.frombuffer(part.translate(_TABLE_BYTES), np.uint64, len(part) // 8)
    starts, lengths = _word_runs(words, _ALL[_B64], 3)
    longest = runs = covered = 0
    for i in (lengths >= 4).nonzero()[0][:2000].tolist() if len(lengths) else ():
        start, length = 8 * int(starts[i]), 8 * int(lengths[i])
        # Rules such as //////// and padding such as AAAA are of the alphabet, but carry nothing.
        if len(set(part[start : start + min(length, 400)])) < 12:
            continue
        longest = max(longest, length)
        runs += length >= 88
        covered += length
    out["text.base64_run"], out["text.base64_runs"] = log1p(longest), log1p(runs)
    out["text.base64_share"] = covered / len(part)
    encoded = len(lengths) > 0
    # Hex digits are of the base64 alphabet, so that most files need no second look.
    if encoded and len(lengths := _word_runs(words, _ALL[_HEX], 3)[1]):
        out["text.hex_run"] = log1p(8 * int(lengths.max()))
        out["text.hex_runs"] = log1p(int((lengths >= 11).sum()))
    starts, lengths = _word_runs(words, _ALL[_NUM], 11)
    covered = 0
    for i in (lengths >= 11).nonzero()[0][:2000].tolist() if len(lengths) else ():
        start, length = 8 * int(starts[i]), 8 * int(lengths[i])
        covered += length if b"," in part[start : start + 24] else 0
    out["text.number_share"] = covered / len(part)
    if b" " * PADDING in part or b"\t" * (PADDING // 4) in part:
        _padding(part, out)
    return encoded


def _padding(part: bytes, out: dict[str, float]) -> None:
    array = np.frombuffer(part.replace(b"\t", b"    ") if b"\t" * (PADDING // 4) in part else part, np.uint8)
    edges = (array != 32).nonzero()[0]
    lengths = _gaps(edges, len(array))
    # The last stretch has nothing after it; a stretch before a line end is only trailing space.
    inside = (lengths[:-1] >= PADDING) & (array[edges] != 10) & (array[edges] != 13)
    found = lengths[:-1][inside]
    if len(found):
        out["text.padding"], out["text.padded_lines"] = log1p(int(found.max())), log1p(len(found))
