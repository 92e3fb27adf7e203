"""Source without blanks and opening brackets, in which indicators are looked for that literals are cut of."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from darnel.features.indicators.matcher import Matcher
from darnel.features.indicators.scan import TABLES
from darnel.features.indicators.tables import Entry, entries

ONE_QUOTE = bytes(34 if c == 39 else c for c in range(256))
"""Makes quotes of both kinds alike."""
_BLANK = b" \t\r\n("


def squeeze(text: bytes) -> bytes:
    """Text without blanks and opening brackets, with quotes of one kind."""
    return text.translate(ONE_QUOTE, _BLANK)


def named(joined: bytes) -> bool:
    """Whether an indicator stands in squeezed text, in lower case with slashes, whose joints are gone."""
    return bool(_matcher().find(joined))


def count(joined: bytes) -> int:
    """How many stand in such text."""
    return len(_matcher().find(joined))


@cache
def _matcher() -> Matcher:
    return Matcher(entries_squeezed(entries(*TABLES)))


def entries_squeezed(table: Iterable[Entry]) -> list[Entry]:
    """Entries as squeezed text has them; those that say too little then are left out."""
    found = []
    for entry in table:
        needle = squeeze(entry.needle)
        if len(needle) > 5:
            found.append(Entry(entry.behaviour, entry.label, needle, entry.left, entry.right))
    return found
