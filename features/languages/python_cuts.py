"""Where a Python source is cut: at the functions of the module and of its classes, and at the statements between."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from darnel.features.kernels import twin
from darnel.features.languages.python_bare import long_strings

_UNIT = re.compile(rb"\n([ \t]{1,8})(?:async[ \t]+def|def)\b")


class Cuts(NamedTuple):
    """Pieces of a source, in order."""

    starts: list[int]
    """Where each begins."""
    functions: dict[int, bytes]
    """Names of those that are functions, by index. In a class or a block, what follows a function belongs to it."""
    unit: bytes
    """What the first function is indented with that does not stand at the margin, ``b""`` if there is none."""


def cut(data: bytes) -> Cuts:
    """Cut a source (UTF-8, without docstrings and comments) by regular expressions.

    Where it is not certain what is a string, the rest is one piece.
    """
    return Cuts(*heads(data, *long_strings(data)))


@twin
def heads(data: bytes, strings: list[tuple[int, int]], certain: int) -> tuple[list[int], dict[int, bytes], bytes]:
    """:class:`Cuts` of a source in which :func:`long_strings` found these."""
    edges = [edge for span in strings for edge in span]
    starts = [0]
    functions: dict[int, bytes] = {}
    found = _UNIT.search(data)
    unit = found[1] if found is not None else b""
    decorated = inside = False
    for match in _heads(unit).finditer(b"\n" + data, 0, certain + 1):
        start = match.start()  # one line end more stands before it
        if bisect_right(edges, start) % 2:
            continue
        decorator, name = match.start(1) >= 0, match[2]
        indented = data[start] in b" \t"
        if indented and inside:
            continue
        if start and not (decorated and (decorator or name or match[3])):
            starts.append(start)
        inside = not indented and bool(name)
        if name:
            functions[len(starts) - 1] = name
        decorated = decorator
    return starts, functions, unit


@cache
def _heads(unit: bytes) -> re.Pattern[bytes]:
    """Line ends before lines that begin a piece. In careless code, texts and lists go on at the left margin."""
    indented = rb"|" + re.escape(unit) if unit else b""
    head = rb"(@)[A-Za-z_]|(?:async[ \t]+)?def[ \t]+(\w+)|(class)\b"
    return re.compile(rb"\n(?:(?:" + indented[1:] + rb")?(?:" + head + rb")|[A-Za-z_(*\x80-\xff])")
