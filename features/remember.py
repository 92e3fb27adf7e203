"""What functions of words remember: like ``functools.lru_cache``, but bounded in bytes too: words can be long.

Nobody weighs what is remembered. It all stands in files that were read, so when enough has been read it is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import _lru_cache_wrapper, lru_cache
from threading import Lock
from typing import TypeVar

BYTES = 32 << 20
"""Bytes of text after which everything is dropped: seconds of work, beside which relearning does not count."""

Result = TypeVar("Result")

_caches: list[_lru_cache_wrapper[object]] = []
_lock = Lock()
_read = 0


def remembered(most: int) -> Callable[[Callable[..., Result]], _lru_cache_wrapper[Result]]:
    """Remember the last ``most`` results of a function whose arguments stand in the files that are analysed."""

    def wrap(function: Callable[..., Result]) -> _lru_cache_wrapper[Result]:
        cached = lru_cache(most)(function)
        _caches.append(cached)
        return cached

    return wrap


def read(size: int) -> None:
    """So many bytes of text are about to be analysed."""
    global _read
    with _lock:
        _read += size
        full = _read > BYTES
        if full:
            _read = size
    if full:
        for cached in _caches:
            cached.cache_clear()
