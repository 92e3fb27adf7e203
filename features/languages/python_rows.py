"""Short literals in a row that a Python source joins, from its bytes: whether they could say more together."""

from __future__ import annotations

import re
from functools import cached_property

from darnel.features import squeezed
from darnel.features.indicators.matcher import normalise
from darnel.features.languages import python_known_words
from darnel.features.languages.python_words import words_of

_STRIPPED = b" \t\r\n\\("
_JOIN = b'"".join'
_PIECES = re.compile(rb'"[^"\n]{0,6}",(?:"[^"\n]{0,6}",){2}')
"""Short literals in a row, once blanks and opening brackets are gone and quotes are alike."""
_BETWEEN = re.compile(rb'",[rbuRBU]{0,2}"')
_JOINED = re.compile(rb"join\b")
_BLANK, _BEYOND, _INSIDE = b" \t\n\r\f\v\\", b" \t\n\r\f\v\\)", b" \t"
"""What may stand between ``.`` and ``join``, between an empty literal and the point, and in one that is called so."""
_QUOTES = (b'"', b"'")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_LISTED = rb"[\[({]*\s*[rbuRBU]{0,2}[\"']"
_CONSTANT = re.compile(rb"=(?<![=!<>]=)(?!=)\s*" + _LISTED)
"""Something is given a literal, or a list of them."""
_PIECE = rb"\s*[rbuRBU]{0,2}(?:\"[^\"\n]{0,6}\"|'[^'\n]{0,6}')\s*,"
_GIVEN = re.compile(rb"\((?<=\w\()\s*[\[({]?" + _PIECE + _PIECE)
"""A call that is given a row."""
_HANDED = re.compile(rb"\((?<=\w\()\s*(\w+)\s*[,)]")
_LONGEST = 400
"""Bytes of what is joined that are looked at."""
_STEPS = 3
"""Names that are followed one after the other."""
_MOST = 40
"""Names that are followed at once: more may be anything."""


class Rows:
    """What a source holds that may be joined, looked at once.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def squeezed(self) -> bytes:
        """Without blanks and opening brackets, with quotes of one kind."""
        return self.data.translate(squeezed.ONE_QUOTE, _STRIPPED)

    @cached_property
    def short(self) -> bool:
        """Whether short literals stand in a row."""
        return _PIECES.search(self.squeezed) is not None

    @cached_property
    def constants(self) -> set[bytes]:
        """Names that are given literals, and maybe others."""
        found: set[bytes] = set()
        data = self.data
        for match in _CONSTANT.finditer(data):
            names = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
            words = _NAME.findall(names)
            found.update(words if names.count(b"(") == names.count(b")") else words[-1:])
        return found

    @cached_property
    def given(self) -> bool:
        """Whether a row is handed to a function."""
        return _GIVEN.search(self.data) is not None

    @cached_property
    def handed(self) -> set[bytes]:
        """Names that are handed to functions first."""
        return set(_HANDED.findall(self.data))

    def assigned(self, name: bytes) -> set[bytes]:
        """Names in what a name is assigned, but for lists as they are written."""
        found: set[bytes] = set()
        after = rb"[ \t]*(?::[^=\n]*)?=(?!=)\s*+(?!" + _LISTED + rb")([^\n]*)"
        for value in re.findall(name + rb"(?<!\w" + name + rb")" + after, self.data):
            found.update(_NAME.findall(value))
        return found


_NOTHING = Rows(b"")


def joins(data: bytes, words: set[bytes], others: Rows = _NOTHING) -> bool:
    """Whether short literals that stand in a row may be joined to something that says more than each of them.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    words : set of bytes
        Distinct words of the file.
    others : Rows
        Of source elsewhere whose literals may be joined here.
    """
    if b"join" not in data:
        return False
    rows = Rows(data)
    if _JOIN not in rows.squeezed or not (rows.short or others.short):
        return False
    return _computed(rows, others) or _says(rows.squeezed + others.squeezed, words)


def _computed(rows: Rows, others: Rows) -> bool:
    """Whether what is joined may be made of rows in any other way than one after the other.

    A name may be a parameter that is given a row: then the row says it. What is taken of parameters may be anything.
    """
    data = rows.data
    for match in _JOINED.finditer(data):
        if not _of_nothing(data, match.start()):
            continue
        argument = _argument(data, match.end())
        if argument is None or b'"' in argument or b"'" in argument:
            return True
        constants = rows.constants | others.constants
        names = set(_NAME.findall(argument))
        plain = len(names) == 1 and argument.strip() in names
        if not plain and (rows.given or others.given or not constants.isdisjoint(rows.handed | others.handed)):
            return True
        if plain:
            names = rows.assigned(argument.strip()) | others.assigned(argument.strip())
        for _ in range(_STEPS):
            if not names.isdisjoint(constants) or len(names) > _MOST:
                return True
            names = set().union(*(rows.assigned(name) | others.assigned(name) for name in names))
    return False


def _of_nothing(data: bytes, at: int) -> bool:
    """Whether what stands at an offset is taken of a literal that is empty or blank."""
    point = _before(data, at, _BLANK)
    if data[point - 1 : point] != b".":
        return False
    end = _before(data, point - 1, _BEYOND)
    quote = data[end - 1 : end]
    start = _before(data, end - 1, _INSIDE)
    return quote in _QUOTES and data[start - 1 : start] == quote


def _before(data: bytes, at: int, skipped: bytes) -> int:
    """Offset before which something else stands than what is skipped."""
    while at > 0 and data[at - 1] in skipped:
        at -= 1
    return at


def _argument(data: bytes, at: int) -> bytes | None:
    """What stands in the brackets after ``join``, None if that is not plain to read."""
    opening = data.find(b"(", at, at + 20)
    end = opening
    while opening >= 0 and (end := data.find(b")", end + 1, opening + _LONGEST)) >= 0:
        argument = data[opening + 1 : end]
        if argument.count(b"(") == argument.count(b")"):
            return argument
    return None


def _says(rows: bytes, words: set[bytes]) -> bool:
    """Whether rows spell an indicator, an address or a name of the lexicon."""
    text = _BETWEEN.sub(b"", rows)
    new = (python_known_words.every() & words_of(text)) - words
    if new and not new <= words_of(rows):
        return True
    before, after = normalise(rows), normalise(text)
    return after.count(b"://") > before.count(b"://") or squeezed.count(after) > squeezed.count(before)
