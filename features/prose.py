"""Text aimed at reviewers, human or model: "ignore previous instructions", "this package is safe"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from darnel.features.excerpt import Excerpt
from darnel.features.facts import Observation
from darnel.features.indicators.matcher import Matcher
from darnel.features.indicators.tables import Entry, entries

LIMIT = 20
"""Observations per file."""


@cache
def _matcher() -> Matcher:
    return Matcher(entries("prose.toml"))


def scan(data: bytes) -> list[Observation]:
    """Find ``hide.reviewer`` in a whole file, comments and documentation included.

    Parameters
    ----------
    data : bytes
        UTF-8; of a large file 3 MiB of head and 1 MiB of tail are read.

    Returns
    -------
    list of Observation
        One per line and kind, ``api`` is ``hide:override``, ``hide:agent``, ``hide:verdict``, ``hide:model`` or
        ``hide:research``.
    """
    excerpt = Excerpt(data)
    return observe(excerpt, _matcher().find(excerpt.text))


def observe(excerpt: Excerpt, hits: Iterable[tuple[int, Entry]]) -> list[Observation]:
    """Give needles found in an excerpt their places: one observation per line and kind."""
    found: dict[tuple[int, str], Observation] = {}
    for at, entry in hits:
        offset = excerpt.offset(at)
        line = excerpt.line(offset)
        if (line, entry.label) not in found:
            found[line, entry.label] = Observation(entry.behaviour, line, offset, offset, -1, True, entry.label)
            if len(found) >= LIMIT:
                break
    return list(found.values())
