"""Python's cyclic garbage collector, which finds nothing where packages are read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Let the collector wait.

    Syntax trees, literals and observations come and go by the hundred thousand, none in a cycle. Looking for one again
    and again costs as much as asking for the nodes.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
