"""Ways in which code gets into a trusted release. Each is a small function; the tuple at the foot of a file lists them.

A splice takes a host, a payload and a random generator and returns what it changed, or None where it does not fit.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from darnel.training.benchmarks.hosts import Host
from darnel.training.benchmarks.payloads import Payload
from darnel.training.benchmarks.source import Inserted, errors


@dataclass(frozen=True, slots=True)
class Change:
    """What a splice changed.

    Parameters
    ----------
    files : dict of str to bytes
        New content by path.
    path : str
        File that holds the payload.
    first, last : int
        1-based lines of it there.
    style : str
        How it was dressed: ``plain``, ``function``, ``guarded``, ``encoded``…
    """

    files: dict[str, bytes]
    path: str
    first: int
    last: int
    style: str = "plain"


class Splice(NamedTuple):
    """One way in."""

    name: str
    languages: frozenset[str]
    """Of payloads that it takes."""
    make: Callable[[Host, Payload, random.Random], Change | None]


def changed(path: str, inserted: Inserted, style: str, more: dict[str, bytes] | None = None) -> Change:
    """A change of one file, with ``more`` files beside it."""
    return Change({path: inserted.data, **(more or {})}, path, inserted.first, inserted.last, style)


def new_errors(host: Host, change: Change, payload: Payload) -> int:
    """Places in the changed source files that the grammar cannot parse, beyond those of host and payload."""
    total = 0
    for path, data in change.files.items():
        language = "python" if path.endswith(".py") else "javascript" if path.endswith((".js", ".cjs", ".mjs")) else ""
        if not language or not data:
            continue
        own = errors(payload.code, language) if path == change.path and payload.language == language else 0
        before = host.members[path].data if path in host.members else b""
        total += max(0, errors(data, language) - own - (errors(before, language) if before else 0))
    return total
