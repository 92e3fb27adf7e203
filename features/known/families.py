"""Whether two names belong together, so that what they share is no copy."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PARTS = re.compile(r"[-_./]+")


def related(own: str, owner: str, groups: Mapping[str, int], listed: Mapping[str, int]) -> bool:
    """Whether a package and the owner of a known file are of one family.

    Anyone may take a name that *starts* like a popular one, so a shared beginning counts only between names that are
    both popular themselves (``opencv-python`` and ``opencv-python-headless``). An npm scope has one holder.

    Parameters
    ----------
    own, owner : str
        Normalised names.
    groups : mapping of str to int
        Owners that were seen to share a good part of their files, by group number.
    listed : mapping of str to int
        Popular names.

    Examples
    --------
    >>> popular = {"psycopg2": 1, "psycopg2-binary": 2}
    >>> related("psycopg2-binary", "psycopg2", {}, popular), related("psycopg2-fast", "psycopg2", {}, popular)
    (True, False)
    >>> related("@babel/core", "@babel/parser", {}, {})
    True
    """
    if own == owner:
        return True
    if own.startswith("@") and own.partition("/")[0] == owner.partition("/")[0]:
        return True
    if own in groups and groups[own] == groups.get(owner):
        return True
    if own not in listed or owner not in listed:
        return False
    mine, other = _base(own), _base(owner)
    return mine[0] == other[0] or _glued(own) in _glued(owner) or _glued(owner) in _glued(own)


def _base(name: str) -> list[str]:
    return [part for part in _PARTS.split(name.removeprefix("@")) if part] or [name]


def _glued(name: str) -> str:
    return _PARTS.sub("", name.rpartition("/")[2])
