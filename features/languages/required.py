"""Strings of which every match of a regular expression holds one: a cheap test that spares most searches.

Looking for a few substrings takes a tenth of the time that a search takes whose expression begins with "a blank or the
start of a line". The idea is that of RE2's filters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

try:
    from re import _constants, _parser  # type: ignore[attr-defined]
except ImportError:  # not part of what Python promises: without it, every expression is searched for
    _constants = _parser = None

MOST = 60
"""Alternatives beyond which a test would be no cheaper than the search."""
_MATES = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})
"""Letters outside ASCII that match one inside it where case is ignored."""


def lowered(text: str) -> str:
    """Lower case, in which what a search that ignores case takes for an ASCII letter is one."""
    return text.lower() if text.isascii() else text.translate(_MATES).lower()


def required(pattern: str) -> frozenset[str]:
    """Lower-case strings one of which stands in every text that ``pattern`` matches, if that text is :func:`lowered`.

    Parameters
    ----------
    pattern : str
        Regular expression.

    Returns
    -------
    frozenset of str
        Empty when nothing is known to be needed. None holds another.
    """
    if _parser is None:
        return frozenset()
    found = _of(_parser.parse(pattern)) or frozenset()
    found = frozenset(need for need in found if not any(other in need for other in found if other != need))
    return found if len(found) <= MOST and "".join(found).isascii() else frozenset()


class Prescreened:
    """A regular expression that ignores case, with what it needs.

    Parameters
    ----------
    pattern : str
    flags : re.RegexFlag
        ``re.IGNORECASE`` is added.
    """

    __slots__ = ("_needs", "_pattern")

    def __init__(self, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._pattern = re.compile(pattern, flags | re.IGNORECASE)
        self._needs = tuple(sorted(required(pattern)))

    def found(self, text: str, lowered: str) -> bool:
        """Whether it matches in ``text``; ``lowered`` is what :func:`lowered` gives of it."""
        if self._needs:
            for need in self._needs:  # a generator would take twice the time of the tests
                if need in lowered:
                    break
            else:
                return False
        return self._pattern.search(text) is not None


def _of(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """Of a sequence: the best of what its parts need, single characters joined, also with those that follow."""
    best: frozenset[str] | None = None
    run = ""
    for kind, value in [*parsed, (None, None)]:
        if kind is not None and kind is _constants.LITERAL:
            run += chr(value)
            continue
        if run:
            best = _better(best, frozenset({run.lower()}))
            best = _better(best, frozenset((run + begun).lower() for begun in _begun([(kind, value)])))
            run = ""
        if kind is not None:
            best = _better(best, _of_part(kind, value))
    return best


def _begun(parsed: Sequence[tuple[Any, Any]]) -> set[str]:
    """Strings with one of which every match of a sequence begins."""
    found = {""}
    for kind, value in parsed:
        if kind is _constants.LITERAL:
            found = {known + chr(value) for known in found}
            continue
        if kind is _constants.SUBPATTERN:
            more = _begun(value[-1])
        elif kind is _constants.BRANCH:
            more = set().union(*map(_begun, value[1]))
        else:
            break
        return {known + begun for known in found for begun in more}
    return found


def _of_part(kind: Any, value: Any) -> frozenset[str] | None:
    if kind is _constants.SUBPATTERN:
        return _of(value[-1])
    if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
        return _of(value[2]) if value[0] > 0 else None
    if kind is _constants.ATOMIC_GROUP:
        return _of(value)
    if kind is _constants.BRANCH:
        sets = [_of(branch) for branch in value[1]]
        needed = [found for found in sets if found is not None]
        return frozenset().union(*needed) if len(needed) == len(sets) else None
    return None


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The set whose shortest string is longer; of equals the smaller one."""
    if one is None or other is None:
        return one if other is None else other
    return max(one, other, key=lambda found: (min(map(len, found)), -len(found)))
