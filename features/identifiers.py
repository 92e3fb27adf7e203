"""Statistics of the names that a file defines: lengths, machine-made patterns, and how unlike words they read."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import resources
from math import fsum, log1p

import numpy as np
from numpy.typing import NDArray

from darnel.features.name_counts import name_counts
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


@cache
def tenths() -> bytes:
    """Tenths of a bit per letter pair, 27 × 27 (a to z, anything else)."""
    text = resources.files("darnel.features").joinpath("bigrams.json").read_text(encoding="utf-8")
    return bytes(round(10 * bits) for row in json.loads(text)["bits"] for bits in row)


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
    sums = name_counts(list(names), tenths())[0]
    return np.array(sums) / [10 * (len(name) + 1) for name in names]


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
    distinct = list(dict.fromkeys(names))
    if "" in distinct or "\n" in "".join(distinct):
        distinct = [name for name in distinct if name and "\n" not in name]
    distinct = distinct[:LIMIT]
    if not distinct:
        return {}
    n = len(distinct)
    lengths = list(map(len, distinct))
    total = sum(lengths)
    sums, digits, capitals, foreign, odd = name_counts(distinct, tenths())
    bits = [tenths / (10 * (length + 1)) for tenths, length in zip(sums, lengths, strict=True)]
    long = sorted(each for each, length in zip(bits, lengths, strict=True) if length >= 6)
    out = {
        "ident.names": log1p(n),
        "ident.length_mean": total / n,
        "ident.length_max": log1p(max(lengths)),
        "ident.one_letter": lengths.count(1) / n,
        "ident.unlike_mean": fsum(bits) / n,
        "ident.repeats": log1p(len(names) / n),
        "ident.digits": digits / total,
        "ident.capitals": capitals / total,
        "ident.non_ascii": foreign / n,
    }
    if long:
        out["ident.unlike_p90"] = long[len(long) * 9 // 10]
        out["ident.random_share"] = (len(long) - bisect_right(long, 6.0)) / n
    if n >= 8:
        common = Counter([length if length < 200 else 200 for length in lengths if length >= 8])
        out["ident.alike"] = sum(count for count in common.values() if count * 4 >= n) / n
    if odd:
        out["ident.hex_share"] = sum(_HEX.fullmatch(name) is not None for name in odd) / n
        out["ident.confusable"] = sum(_CONFUSABLE.fullmatch(name) is not None for name in odd) / n
        if "__" in "".join(distinct):
            out["ident.underscores"] = sum(_BARE.fullmatch(name) is not None for name in odd) / n
    return out
