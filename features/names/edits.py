"""What kind of slip turns one name into another: the classic classes of typosquatting."""

from __future__ import annotations

_ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm")

# QWERTY keys that touch: the neighbours in the row, and those above and below (each row is shifted by half a key).
_TOUCHING: frozenset[frozenset[str]] = frozenset(
    frozenset((key, other))
    for i, row in enumerate(_ROWS)
    for j, key in enumerate(row)
    for other in (row[j + 1 : j + 2], *(_ROWS[i + 1][max(0, j - 1) : j + 1] if i + 1 < len(_ROWS) else ""))
    if other
)


def touching(a: str, b: str) -> bool:
    """Whether two keys lie beside each other on a QWERTY keyboard."""
    return frozenset((a, b)) in _TOUCHING


def slip(name: str, target: str) -> str:
    """Class of the single edit from ``target`` to ``name``.

    Parameters
    ----------
    name, target : str
        At optimal-string-alignment distance 1.

    Returns
    -------
    {"transposed", "doubled", "omitted", "inserted", "keyboard", "substituted", ""}
        ``""`` when it takes another number of edits. The classes follow Vu et al., *Typosquatting and combosquatting
        attacks on the Python ecosystem* (EuroS&PW 2020).
    """
    start = 0
    while start < min(len(name), len(target)) and name[start] == target[start]:
        start += 1
    end = 0
    while end < min(len(name), len(target)) - start and name[-1 - end] == target[-1 - end]:
        end += 1
    new, old = name[start : len(name) - end], target[start : len(target) - end]
    if len(new) == len(old) == 2 and new == old[::-1]:
        return "transposed"
    if len(new) == len(old) == 1:
        return "keyboard" if touching(new, old) else "substituted"
    if len(new) == 1 and not old:
        return "doubled" if new in (target[start - 1 : start], target[start : start + 1]) else "inserted"
    if len(old) == 1 and not new:
        return "omitted"
    return ""
