"""Source without blanks and opening brackets, in which indicators are looked for that literals are cut of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from darnel.features.indicators.matcher import Matcher
from darnel.features.indicators.scan import TABLES
from darnel.features.indicators.tables import Entry, entries
from darnel.features.kernels import twin

ONE_QUOTE = bytes(34 if c == 39 else c for c in range(256))
"""Makes quotes of both kinds alike."""
_BLANK = b" \t\r\n("
_JOINT = re.compile(rb'"(?:/\+?|\+/?)?"')
"""What is left between string literals that stand side by side or are added, once blanks go and quotes are alike."""


def squeeze(text: bytes) -> bytes:
    """Text without blanks and opening brackets, with quotes of one kind."""
    return text.translate(ONE_QUOTE, _BLANK)


@twin
def beside_joints(text: bytes, near: int) -> tuple[bytes, bool]:
    """What stands beside the joints of literals in a text, and whether something in it may turn a text around.

    Parameters
    ----------
    text : bytes
        Any text, not yet squeezed, with slashes for backslashes.
    near : int
        Bytes on either side of a joint, at least 1.

    Returns
    -------
    (bytes, bool)
        All that stands between two joints, or the beginning and the end of it on two lines, squeezed and without the
        joints, ``b""`` if there are none; and whether ``[::-`` or ``reversed`` stands in the squeezed text.
    """
    whole = squeeze(text)
    turned = b"[::-" in whole or b"reversed" in whole
    parts = _JOINT.split(whole)
    if len(parts) == 1:
        return b"", turned
    beside = (part if len(part) <= 2 * near else part[:near] + b"\n" + part[-near:] for part in parts)
    return b"".join(beside), turned


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
