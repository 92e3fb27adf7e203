"""Characters that a Python source spells as numeric escapes, from its bytes: what they say."""

from __future__ import annotations

import re

_HEX = rb"[2-6][0-9A-Fa-f]|7[0-9A-Ea-e]"
_OCTAL = rb"0?[4-7][0-7]|1[0-6][0-7]|17[0-6]"
_ESCAPE = re.compile(rb"\\(?:(?:x|u00|U000000)(" + _HEX + rb")|(" + _OCTAL + rb"))")
_NUMBER = rb"\\(?:(?:x|u00|U000000)(?:" + _HEX + rb")|" + _OCTAL + rb")"
_ROW = re.compile(_NUMBER + rb"(?:" + _NUMBER + rb"){3,}")
"""Four in a row; the first stands by itself so that the search goes from backslash to backslash."""
_NUMERIC = re.compile(rb"\\[xuU0-7]")
_NUL = rb"\\(?:x00|0)"
_HEAD = (
    rb"(?:MZ(?:\\(?:x90|220)|" + _NUL + rb")|PK\\(?:x03|0{0,2}3)|\\(?:x7[fF]|177)ELF"
    rb"|\\(?:x[cC][fF]|317)\\(?:x[fF][aA]|372)"
    rb"|\\(?:x[cC][aA]|312)\\(?:x[fF][eE]|376)|\\(?:x00|0{1,3})asm|(?:\\(?:x[eE]3|343)|c)" + _NUL + rb")"
)
_PROGRAM = (re.compile(b'"' + _HEAD), re.compile(b"'" + _HEAD))
_DIGITS = frozenset(b"0123456789abcdefABCDEF")
MAX_ROWS = 1_000
"""Rows looked at; a source with more of them is odd by itself."""


def read(data: bytes) -> bytes:
    r"""Source with ``\x6f`` and the like read as what they stand for, ``data`` itself if there are none.

    Raw strings, and what stands behind a backslash that is escaped itself, are read as well: too much is read, never
    too little.
    """
    return _ESCAPE.sub(_character, data) if b"\\" in data else data


def _character(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16) if match[1] is not None else int(match[2], 8),))


def any_in(data: bytes) -> bool:
    """Whether a source may have escapes of characters by number."""
    return b"\\" in data and _NUMERIC.search(data) is not None


def program(read: bytes) -> bool:
    """Whether a literal begins like a program or an archive, in a source of which printable escapes were read."""
    return any(begin.search(read) is not None for begin in _PROGRAM)


def in_a_row(data: bytes) -> bool:
    r"""Whether four of them stand in a row: spelled like this to be hidden.

    Hexadecimal digits alone are spelled so by ``protoc``, where they follow an escape.
    """
    for count, row in enumerate(_ROW.finditer(data)):
        if count == MAX_ROWS or not _DIGITS.issuperset(read(row[0])):
            return True
    return False
