"""Short literals in a row that a Python source joins, from its bytes: whether they could say more together."""

from __future__ import annotations

import re

from darnel.features import squeezed
from darnel.features.indicators.matcher import normalise
from darnel.features.languages import python_known_words
from darnel.features.languages.python_mentions import words_of

_STRIPPED = b" \t\r\n\\("
_JOIN = b'"".join'
_PIECES = re.compile(rb'"[^"\n]{0,6}",(?:"[^"\n]{0,6}",){2}')
"""Short literals in a row, once blanks and opening brackets are gone and quotes are alike."""
_BETWEEN = re.compile(rb'",[rbuRBU]{0,2}"')
_JOINED = re.compile(rb"(?:\"[ \t]*\"|'[ \t]*')[\s\\)]*\.[\s\\]*join\b")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_LISTED = rb"[\[({]*\s*[rbuRBU]{0,2}[\"']"
_CONSTANT = re.compile(rb"(?<!\w)(\w+)[ \t]*(?::[^=\n]*)?=(?!=)\s*" + _LISTED)
"""A name that is given a literal, or a list of them."""
_PIECE = rb"\s*[rbuRBU]{0,2}(?:\"[^\"\n]{0,6}\"|'[^'\n]{0,6}')\s*,"
_GIVEN = re.compile(rb"\w\(\s*[\[({]?" + _PIECE + _PIECE)
"""A call that is given a row."""
_HANDED = re.compile(rb"\w\(\s*(\w+)\s*[,)]")
_LONGEST = 400
"""Bytes of what is joined that are looked at."""
_STEPS = 3
"""Names that are followed one after the other."""
_MOST = 40
"""Names that are followed at once: more may be anything."""


def joins(data: bytes, words: set[bytes], others: bytes = b"") -> bool:
    """Whether short literals that stand in a row may be joined to something that says more than each of them.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    words : set of bytes
        Distinct words of the file.
    others : bytes
        Source elsewhere whose literals may be joined here.
    """
    if b"join" not in data:
        return False
    joined = _squeezed(data)
    if _JOIN not in joined:
        return False
    rows = joined + _squeezed(others)
    if _PIECES.search(rows) is None:
        return False
    return _computed(data, others) or _says(rows, words)


def pieces(data: bytes) -> bool:
    """Whether short literals stand in a row."""
    return _PIECES.search(_squeezed(data)) is not None


def _squeezed(data: bytes) -> bytes:
    return data.translate(squeezed.ONE_QUOTE, _STRIPPED)


def _computed(data: bytes, others: bytes) -> bool:
    """Whether what is joined may be made of rows in any other way than one after the other.

    A name may be a parameter that is given a row: then the row says it. What is taken of parameters may be anything.
    """
    source = data + b"\n" + others
    constants = set(_CONSTANT.findall(source))
    given: bool | None = None
    for match in _JOINED.finditer(data):
        argument = _argument(data, match.end())
        if argument is None or b'"' in argument or b"'" in argument:
            return True
        names = set(_NAME.findall(argument))
        plain = len(names) == 1 and argument.strip() in names
        if plain:
            names = _assigned(source, argument.strip())
        for _ in range(_STEPS):
            if not names.isdisjoint(constants) or len(names) > _MOST:
                return True
            names = set().union(*(_assigned(source, name) for name in names))
        if not plain:
            given = _given(source, constants) if given is None else given
            if given:
                return True
    return False


def _argument(data: bytes, at: int) -> bytes | None:
    """What stands in the brackets after ``join``, None if that is not plain to read."""
    opening = data.find(b"(", at, at + 20)
    end = opening
    while opening >= 0 and (end := data.find(b")", end + 1, opening + _LONGEST)) >= 0:
        argument = data[opening + 1 : end]
        if argument.count(b"(") == argument.count(b")"):
            return argument
    return None


def _assigned(source: bytes, name: bytes) -> set[bytes]:
    """Names in what a name is assigned, but for lists as they are written."""
    found: set[bytes] = set()
    assignment = re.compile(rb"(?<!\w)" + name + rb"[ \t]*(?::[^=\n]*)?=(?!=)\s*+(?!" + _LISTED + rb")([^\n]*)")
    for value in assignment.findall(source):
        found.update(_NAME.findall(value))
    return found


def _given(source: bytes, constants: set[bytes]) -> bool:
    """Whether a row, or a name that is given literals, is handed to a function."""
    return _GIVEN.search(source) is not None or not constants.isdisjoint(_HANDED.findall(source))


def _says(rows: bytes, words: set[bytes]) -> bool:
    """Whether rows spell an indicator, an address or a name of the lexicon."""
    text = _BETWEEN.sub(b"", rows)
    if not python_known_words.every().isdisjoint(words_of(text) - words_of(rows) - words):
        return True
    before, after = normalise(rows), normalise(text)
    return after.count(b"://") > before.count(b"://") or squeezed.count(after) > squeezed.count(before)
