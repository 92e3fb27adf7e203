"""In which order things are judged: large ones first, as far as one looks ahead, so that no core waits for the last."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import TypeVar

from darnel.batch.item import Item
from darnel.batch.storage import is_url

AHEAD = 1_024
"""Items of the input that are looked at before the largest of them is handed out; this bounds memory."""
CHUNK_ITEMS = 8
"""Items that are handed out together, at most,"""
CHUNK_BYTES = 500_000
"""and bytes of their artefacts: about half a second of work."""

Thing = TypeVar("Thing")


def chunks(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """What is to be handed out together, large items first (see :func:`largest_first`), and alone.

    Parameters
    ----------
    items : iterable of Item
        The input; no more than :data:`AHEAD` of it are held.
    """
    chunk: list[Item] = []
    left = CHUNK_BYTES
    for size, item in largest_first(((size_of(item), item) for item in items), lambda pair: pair[0], AHEAD):
        if chunk and (size > left or len(chunk) >= CHUNK_ITEMS):
            yield tuple(chunk)
            chunk, left = [], CHUNK_BYTES
        chunk.append(item)
        left -= size
    if chunk:
        yield tuple(chunk)


def largest_first(things: Iterable[Thing], size: Callable[[Thing], int], ahead: int) -> Iterator[Thing]:
    """The same things: each time the largest of the next ``ahead``, of equal ones the one that came first."""
    waiting: list[tuple[int, int, Thing]] = []  # numbers differ, so that things are never compared
    for number, thing in enumerate(things):
        heappush(waiting, (-size(thing), number, thing))
        if len(waiting) >= ahead:
            yield heappop(waiting)[-1]
    while waiting:
        yield heappop(waiting)[-1]


def size_of(item: Item) -> int:
    """Bytes to be read for an item, the release before included; what is not known counts nothing."""
    return item.size or sum(map(size_at, filter(None, (item.path, item.previous))))


def size_at(path: str | os.PathLike[str]) -> int:
    """Bytes of a local file, 0 if that is not known."""
    try:
        return 0 if is_url(os.fsdecode(path)) else os.stat(path).st_size
    except (OSError, ValueError):  # whoever reads it will say what is wrong
        return 0
