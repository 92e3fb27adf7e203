"""Statistics of the names that a file defines: lengths, machine-made patterns, and how unlike words they read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from math import log1p

import numpy as np
from numpy.typing import NDArray

from darnel.features.schema import Column

LIMIT = 4000
"""Distinct names looked at."""

COLUMNS = (
    Column("ident.names", "log1p of the number of distinct names defined", "real"),
    Column("ident.length_mean", "mean length of distinct names", "real"),
    Column("ident.length_max", "log1p of the longest name", "real"),
    Column("ident.one_letter", "share of names of one letter", "real"),
    Column("ident.hex_share", "share of names like _0x1a2b", "real"),
    Column("ident.confusable", "share of names of at least four characters made only of O 0 o Q or of I l 1 i", "real"),
    Column("ident.underscores", "share of names made only of underscores and digits, at least three long", "real"),
    Column("ident.digits", "share of digits among the characters of all names", "real"),
    Column("ident.capitals", "share of capitals among the characters of all names", "real"),
    Column("ident.non_ascii", "share of names with non-ASCII characters", "real"),
    Column("ident.unlike_mean", "mean bits per letter pair under a model of real names (words are near 4)", "real"),
    Column("ident.unlike_p90", "90th percentile of the bits per letter pair, names of at least 6 characters", "real"),
    Column(
        "ident.random_share",
        "share of names of at least 6 characters that need more than 6 bits per letter pair",
        "real",
    ),
    Column(
        "ident.alike",
        "share of names that share their length with a quarter of all names (8 or more characters)",
        "real",
    ),
    Column("ident.repeats", "log1p of mentions per distinct name", "real"),
)

_HEX = re.compile(r"_0x[0-9a-fA-F]+")
_CONFUSABLE = re.compile(r"_*[O0oQ]{4,}|_*[Il1i]{4,}|_*[O0o_]{6,}|[Il1_]{6,}")
_BARE = re.compile(r"_[_\d]{2,}")
_OTHER = 26
_TO_CODE = bytes(c - 97 if 97 <= c < 123 else c - 65 if 65 <= c < 91 else _OTHER for c in range(256))


@cache
def letter_bits() -> NDArray[np.float32]:
    """Bits per letter pair, flattened from 27 × 27 (a to z, anything else)."""
    text = resources.files("darnel.features").joinpath("bigrams.json").read_text(encoding="utf-8")
    return np.array(json.loads(text)["bits"], np.float32).ravel()


def surprise(names: Sequence[str]) -> NDArray[np.float64]:
    """Mean bits per letter pair of each name, under a bigram model of the names in widely used packages.

    Parameters
    ----------
    names : sequence of str
        Non-empty.

    Returns
    -------
    ndarray of float64, shape (len(names),)
        About 4 for words, above 6 for random letters.
    """
    joined = ("\n" + "\n".join(names) + "\n").encode("ascii", "replace")
    codes = np.frombuffer(joined.translate(_TO_CODE), np.uint8).astype(np.int64)
    pairs = letter_bits()[codes[:-1] * 27 + codes[1:]]
    lengths = np.fromiter(map(len, names), np.int64, len(names))
    starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
    return np.add.reduceat(pairs, starts) / (lengths + 1)


def values(names: Sequence[str]) -> dict[str, float]:
    """``ident.*`` columns of one file.

    Parameters
    ----------
    names : sequence of str
        Names that the file defines, repeats included.

    Returns
    -------
    dict of str to float
        By column name; empty if there are no names.
    """
    distinct = [name for name in dict.fromkeys(names) if name and "\n" not in name][:LIMIT]
    if not distinct:
        return {}
    n = len(distinct)
    joined = "".join(distinct)
    lengths = np.fromiter(map(len, distinct), np.int64, n)
    bits = surprise(distinct)
    long = bits[lengths >= 6]
    out = {
        "ident.names": log1p(n),
        "ident.length_mean": float(lengths.mean()),
        "ident.length_max": log1p(int(lengths.max())),
        "ident.one_letter": float((lengths == 1).mean()),
        "ident.unlike_mean": float(bits.mean()),
        "ident.repeats": log1p(len(names) / n),
    }
    ascii_ = joined.encode("ascii", "replace")
    out["ident.digits"] = (len(ascii_) - len(ascii_.translate(None, b"0123456789"))) / len(ascii_)
    out["ident.capitals"] = (len(ascii_) - len(ascii_.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))) / len(ascii_)
    if len(long):
        out["ident.unlike_p90"] = float(np.sort(long)[(len(long) * 9) // 10])
        out["ident.random_share"] = float((long > 6).sum()) / n
    common = np.bincount(np.minimum(lengths, 200))
    if n >= 8:
        out["ident.alike"] = float(common[8:][common[8:] * 4 >= n].sum()) / n
    if "_0x" in joined:
        out["ident.hex_share"] = sum(_HEX.fullmatch(name) is not None for name in distinct) / n
    out["ident.confusable"] = (
        sum(name[-1] in "O0oQIl1i_" and _CONFUSABLE.fullmatch(name) is not None for name in distinct) / n
    )
    if "__" in joined:
        out["ident.underscores"] = sum(_BARE.fullmatch(name) is not None for name in distinct) / n
    if not joined.isascii():
        out["ident.non_ascii"] = sum(not name.isascii() for name in distinct) / n
    return out
