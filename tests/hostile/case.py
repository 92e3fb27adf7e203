"""What a hostile package is, for the tests and the fuzzer. All content is inert."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Case(NamedTuple):
    """One hostile archive."""

    make: Callable[[], bytes]
    says: str
    """Kind of anomaly, or class of trouble, that has to be in the result."""
