"""Text aimed at reviewers, human or model: "ignore previous instructions", "this package is safe"."""

from __future__ import annotations

from functools import cache

from darnel.features.facts import Observation
from darnel.features.indicators.matcher import Matcher, normalise
from darnel.features.indicators.tables import entries

LIMIT = 20
"""Observations per file."""
SCAN_BYTES = 4 << 20


@cache
def _matcher() -> Matcher:
    return Matcher(entries("prose.toml"))


def scan(data: bytes) -> list[Observation]:
    """Find ``hide.reviewer`` in a whole file, comments and documentation included.

    Parameters
    ----------
    data : bytes
        UTF-8; the first 4 MiB are read.

    Returns
    -------
    list of Observation
        One per line and kind, ``api`` is ``hide:override``, ``hide:verdict``, ``hide:model`` or ``hide:research``.
    """
    text = normalise(data[:SCAN_BYTES])
    found: dict[tuple[int, str], Observation] = {}
    for at, entry in _matcher().find(text):
        line = text.count(b"\n", 0, at) + 1
        if (line, entry.label) not in found:
            found[line, entry.label] = Observation(entry.behaviour, line, at, at, -1, True, entry.label)
            if len(found) >= LIMIT:
                break
    return list(found.values())
