"""Passes over the bytes of binaries, which are large."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from darnel.features.kernels import twin

_PRINTABLE = bytes(0x20 <= c <= 0x7E for c in range(256))


@twin
def printable_runs(data: bytes, shortest: int, longest: int) -> list[bytes]:
    """Runs of at least ``shortest`` bytes of printable ASCII, in order; one of more than ``longest`` is cut up."""
    # A regular expression takes three times as long.
    ends = (np.frombuffer(data.translate(_PRINTABLE), np.uint8) == 0).nonzero()[0]
    ends = np.concatenate(([-1], ends, [len(data)]))
    long = (np.diff(ends) > shortest).nonzero()[0]
    found: list[bytes] = []
    for start, end in zip((ends[long] + 1).tolist(), ends[long + 1].tolist(), strict=True):
        if end - start <= longest:
            found.append(data[start:end])
        else:
            found += [data[at : min(at + longest, end)] for at in range(start, end - shortest + 1, longest)]
    return found


@twin
def standing(data: bytes, names: tuple[bytes, ...]) -> set[bytes]:
    """Those of ``names``, of at least four bytes each, that stand in ``data``."""
    # Two thirds of most binaries are bytes of no name: without them there is less to search, and no name is torn.
    dense = data.translate(None, _unnamed(names))
    return {name for name in names if name in dense and name in data}


@cache
def _unnamed(names: tuple[bytes, ...]) -> bytes:
    """Bytes of no name."""
    return bytes(set(range(256)) - set(b"".join(names)))


@twin
def histograms(data: bytes, starts: Sequence[int], size: int) -> bytes:
    """How often every byte stands in the windows of ``size`` bytes at ``starts``: int64, 256 for each."""
    windows = np.stack([np.frombuffer(data, np.uint8, size, start) for start in starts])
    index = windows + (np.arange(len(starts)) * 256)[:, None]
    return np.bincount(index.ravel(), minlength=256 * len(starts)).astype(np.int64, copy=False).tobytes()
