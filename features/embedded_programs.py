"""Executables hidden inside other files: behind an image, in a blob, as text."""

from __future__ import annotations

import re

from darnel.features.facts import Observation
from darnel.features.runs import runs

SEARCHED_BYTES = 16 << 20
"""Of one file."""
MAX_CANDIDATES = 256
_STUB = b"This program cannot be run in DOS mode"
_RUN = 60
"""Letters and digits in a row of any encoded one."""
_BASE64, _HEX = rb"[A-Za-z0-9+/]{60}", rb"[0-9a-fA-F]{100}"
_AS_TEXT = {
    b"TV": re.compile(rb"TV(?:qQ|pQ|oA|pB|pA|qA|ro)AA" + _BASE64),
    b"000000": re.compile(rb"4[dD]5[aA][0-9a-fA-F]{2}000[0-9]0{6}" + _HEX),
    b"f0VMRg": re.compile(rb"f0VMRg[EI]BA" + _BASE64),
    b"454": re.compile(rb"7[fF]454[cC]460[12]01" + _HEX),
}
"""PE and ELF heads in base64 and in hexadecimal digits, by what has to stand in a text for a search to be worth it. All
are longer than :data:`darnel.features.text.ENCODED_BYTES`, and of its alphabet."""


def find(data: bytes, text: bool) -> list[Observation]:
    """Where an executable starts inside a file that is none.

    Parameters
    ----------
    data : bytes
        Content of a file that is neither native code nor an archive.
    text : bool
        Whether it is text; then encoded executables are looked for.

    Returns
    -------
    list of Observation
        At most one, of ``hide.encoded``.
    """
    part = data[:SEARCHED_BYTES]
    if text:
        if not runs(part, _RUN, 1):
            return []
        found = [pattern.search(part) for word, pattern in _AS_TEXT.items() if word in part]
        starts = [match.start() for match in found if match is not None]
        return [_seen(part, min(starts), "program-as-text")] if starts else []
    at = _pe(part)
    if at < 0:
        at = _elf(part)
    return [_seen(b"", at, "program-inside")] if at >= 0 else []


def _seen(data: bytes, at: int, api: str) -> Observation:
    return Observation("hide.encoded", data.count(b"\n", 0, at) + 1, at, at, -1, False, api, True)


def _pe(data: bytes) -> int:
    at = -1
    for _ in range(MAX_CANDIDATES):
        stub = data.find(_STUB, at + 1)
        if stub < 0:
            return -1
        at = stub
        start = data.rfind(b"MZ", max(0, stub - 256), stub)
        if start > 0:
            new = int.from_bytes(data[start + 60 : start + 64], "little")
            if data[start + new : start + new + 4] == b"PE\0\0":
                return start
    return -1


def _elf(data: bytes) -> int:
    at = 0
    for _ in range(MAX_CANDIDATES):
        at = data.find(b"\x7fELF", at + 1)
        if at < 0:
            return -1
        head = data[at + 4 : at + 20]
        if (
            len(head) == 16
            and head[0] in (1, 2)
            and head[1] in (1, 2)
            and head[2] == 1
            and 0 < head[12 if head[1] == 1 else 13] < 5
        ):
            return at
    return -1
