"""Hashed names of everything that a file calls: what the lexicon does not know must still be visible.

The hashing trick (Weinberger et al., ICML 2009), unsigned, with CRC-32: the same everywhere and in every process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log1p
from zlib import crc32

from darnel.features.remember import remembered
from darnel.features.schema import Column

BUCKETS = 128

COLUMNS: tuple[Column, ...] = (
    *(
        Column(f"api.h{i:03d}", f"log(1 + calls) whose alias-resolved name falls in hash bucket {i}", "real")
        for i in range(BUCKETS)
    ),
    Column("api.distinct", "distinct called names"),
)


@remembered(1 << 14)
def _column(name: str) -> str:
    return f"api.h{crc32(name.encode('utf-8', 'replace')) % BUCKETS:03d}"


def values(calls: Iterable[str]) -> dict[str, float]:
    """Non-zero ``api.*`` columns for the called names of one file."""
    counts = Counter(calls)
    buckets: dict[str, int] = {}
    for name, count in counts.items():
        column = _column(name)
        buckets[column] = buckets.get(column, 0) + count
    result = {column: log1p(count) for column, count in buckets.items()}
    if counts:
        result["api.distinct"] = float(len(counts))
    return result
