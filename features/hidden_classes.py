"""Searches for characters that hide, for :mod:`darnel.features.hidden_text`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from darnel.features.kernels import twin

_ZERO = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d"
    "\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_BIDI = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_ANY = re.compile(f"[{_ZERO}{_BIDI}{_SELECTORS}{_TAGS}{_PRIVATE}]+")
_RUN = re.compile(f"([{_ZERO}]+)|([{_BIDI}]+)|([{_SELECTORS}]+)|([{_TAGS}]+)|([{_PRIVATE}]+)")
KINDS = ("zero-width", "bidi", "selectors", "tags", "private")
"""Of its groups."""
# Scripts in which joiners and zero-width spaces belong to the spelling.
_JOINING = re.compile("[\u0590-\u109f\u1780-\u17ff\u1800-\u18af\ua8e0-\ua8ff\uabc0-\uabff\ufb50-\ufdff]")
_CYRILLIC_ALIKE = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u0410"
    "\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
)
_GREEK_ALIKE = "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
_OTHERS_ALIKE = "\u0261\u0251\u0585\u057d\u0578\u0582\u0570\u0196\u0585\u0578"
ALIKE = _CYRILLIC_ALIKE + _GREEK_ALIKE + _OTHERS_ALIKE
"""Letters that look like Latin ones."""
_MIXED = re.compile(f"[A-Za-z][{ALIKE}]|[{ALIKE}][A-Za-z]")
_ALIKE_ONE = re.compile(f"[{ALIKE}]")
STYLED = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9\u2100-\u214f]{3,}")
"""Runs of letters in another style."""
BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]{4,}")
"""Runs of unusual blanks."""
_OUTSIDE = re.compile("[\u0370-\u1dff\u2c00-\ud7ff\uf900-\ufdff\uff66-\uffdc]")


@twin
def hidden_classes(high: str) -> tuple[bool, bool, bool, bool, int]:
    """Which classes of characters are in a text, for what it needs to be searched for.

    Parameters
    ----------
    high : str
        All of it that is not ASCII.

    Returns
    -------
    special, alike, styled, blanks : bool
        Whether there are special characters, letters that look like Latin ones, runs of styled ones, runs of blanks.
    outside : int
        Letters outside Latin.
    """
    special, alike = _ANY.search(high) is not None, _ALIKE_ONE.search(high) is not None
    styled, blanks = STYLED.search(high) is not None, BLANKS.search(high) is not None
    return special, alike, styled, blanks, len(_OUTSIDE.findall(high))


@twin
def special_runs(text: str, most: int) -> list[tuple[int, int, int]]:
    """Runs of special characters of one kind, but for zero-width ones and selectors that a script or an emoji needs.

    Parameters
    ----------
    text : str
        A byte order mark at its start does not count.
    most : int
        Runs that are looked at.

    Returns
    -------
    list of (int, int, int)
        Index into :data:`KINDS`, start and end.
    """
    found = []
    for match in islice(_special(text), most):
        kind = (match.lastindex or 1) - 1
        start, end = match.span()
        if not _needed(KINDS[kind], text, start, end):
            found.append((kind, start, end))
    return found


def _special(text: str) -> Iterator[re.Match[str]]:
    """Runs of special characters of one kind. One class of characters is searched for far faster than five."""
    for stretch in _ANY.finditer(text, 1 if text[:1] == "\ufeff" else 0):
        yield from _RUN.finditer(text, stretch.start(), stretch.end())


def _needed(kind: str, text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if kind == "zero-width" and end - start <= 2:
        if before > "\u2000" and after > "\u2000":
            return True
        return bool(_JOINING.match(before) or _JOINING.match(after))
    if kind == "selectors":
        return end - start == 1 and (before >= "\u2000" or before in "#*0123456789\u00a9\u00ae")
    return False


@twin
def mixed_pairs(text: str) -> list[int]:
    """Where a Latin letter stands beside a look-alike of another script; no two of these pairs overlap."""
    found: list[int] = []
    end = 0
    for match in _ALIKE_ONE.finditer(text):
        at = match.start()
        start = next((start for start in (at - 1, at) if start >= end and _MIXED.match(text, start)), -1)
        if start >= 0:
            found.append(start)
            end = start + 2
    return found
