"""Columns about the shape of one source file, the same for every language, and the code that measures them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from darnel.features.remember import remembered
from darnel.features.schema import Column

COLUMNS: tuple[Column, ...] = (
    Column("syntax.bytes", "bytes of source that were parsed"),
    Column("syntax.lines", "lines"),
    Column("syntax.nodes", "nodes of the syntax tree"),
    Column("syntax.functions", "function definitions, lambdas included"),
    Column("syntax.lambdas", "anonymous functions"),
    Column("syntax.classes", "class definitions"),
    Column("syntax.calls", "calls"),
    Column("syntax.imports", "imported modules"),
    Column("syntax.statements", "statements"),
    Column("syntax.strings", "string literals"),
    Column("syntax.identifiers", "distinct names the file defines"),
    Column("syntax.errors", "places the grammar could not parse"),
    Column("syntax.error_share", "share of bytes inside unparsable places, 0 to 1", "real"),
    Column("syntax.comment_share", "share of bytes in comments, 0 to 1", "real"),
    Column("syntax.string_share", "share of bytes in string literals, 0 to 1", "real"),
    Column("syntax.top_share", "share of calls that run when the file runs, 0 to 1; NaN without calls", "real"),
    Column("syntax.longest_statement", "bytes from the start of a statement to the next one's, maximum"),
    Column("syntax.longest_string", "bytes of the longest string literal"),
    Column("syntax.statements_per_line", "most statements that start on one line"),
    Column("syntax.calls_per_statement", "calls in the statement that has most"),
    Column("syntax.handlers", "exception handlers"),
    Column("syntax.swallowed", "handlers for everything that do nothing"),
    Column("syntax.padding", "longest run of blanks between code and more code on one line"),
    Column("syntax.indent", "deepest indentation of a line that has code, characters"),
    Column("syntax.brackets", "deepest nesting of brackets (strings and comments not told apart)"),
    Column("syntax.evaluations", "calls that execute code from a string"),
    Column("syntax.evaluation_depth", "levels of code inside string literals that are executed or decoded"),
    Column("syntax.folded", "literals that had to be reassembled or decoded to be read"),
    Column("syntax.decoded", "literals that decode to text or binaries though nothing nearby decodes them"),
    Column("syntax.decoded_bytes", "bytes of the largest decoded literal"),
    Column("syntax.hidden_names", "behaviours reached through names only visible after folding"),
    Column("syntax.machine_names", "defined names that look machine-made (_0x…, O0O0…, lI1l…)"),
    Column(
        "syntax.machine_name_share", "share of defined names that look machine-made, 0 to 1; NaN without names", "real"
    ),
)
"""In vector order."""

_STEP = bytes.maketrans(b"([{)]}", b"\1\1\1\xff\xff\xff")
"""Brackets as signed bytes: 1 or -1."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"([{)]}"))
_INDENT = re.compile(rb"\n[ \t]{20,}(?=\S)")

MACHINE_NAME = re.compile(
    r"_*0x[0-9a-f]{3,}|_?[O0oQ]{5,}|_?[Il1i|]{5,}|_{4,}\d*|[A-Za-z_]?(?=\w*[Il1])(?=\w*[O0])[IlO01_]{6,}|(?=\w{0,60}\d)[a-z]*(?:[a-z]{1,3}\d{1,3}){4,}[a-z]*"
    r"|[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{9,}|_?[\u4e00-\u9fff]{12,}"
)
"""Identifiers nobody types; used with ``fullmatch``."""


def _alike(*classes: str) -> bytes:
    """Table that makes the characters of each class its first one, and blanks of all others."""
    table = bytearray(b" " * 256)
    for characters in classes:
        for character in characters.encode():
            table[character] = ord(characters[0])
    return bytes(table)


_RUNS = (
    (_alike("O0oQ"), b"O" * 5),
    (_alike("Il1i"), b"I" * 5),
    (_alike("IlO01_"), b"I" * 6),
    (_alike("bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ"), b"b" * 9),
)
_ALTERNATING = _alike("0123456789", "abcdefghijklmnopqrstuvwxyz")
_MANY_GROUPS = re.compile(rb"0a{1,3}0{1,3}a{1,3}0{1,3}a{1,3}0")


def may_be_machine_made(words: bytes) -> bool:
    """Whether any of the ASCII words in a text may match :data:`MACHINE_NAME`, if it does not begin with a digit.

    A few passes that each look for one thing take a fraction of the time of the pattern itself.
    """
    return (
        b"____" in words
        or b"_0x" in words
        or any(run in words.translate(table) for table, run in _RUNS)
        or _MANY_GROUPS.search(words.translate(_ALTERNATING)) is not None
    )


def lexical(data: bytes) -> dict[str, float]:
    """Measures that need no tree: size, lines, padding, indentation, bracket depth.

    Parameters
    ----------
    data : bytes
        The bytes that were parsed.
    """
    indent = 0
    if b" " * 20 in data or b"\t" in data:
        indent = max((m.end() - m.start() - 1 for m in _INDENT.finditer(data)), default=0)
    steps = np.frombuffer(data.translate(_STEP, _NO_BRACKETS), dtype=np.int8)
    depth = int(steps.cumsum(dtype=np.int32).max(initial=0))
    return {
        "syntax.bytes": float(len(data)),
        "syntax.lines": float(data.count(b"\n") + 1),
        "syntax.padding": float(max((end - start for start, end in paddings(data)), default=0)),
        "syntax.indent": float(indent),
        "syntax.brackets": float(depth),
    }


_BLANKS = re.compile(rb"[ \t]*")


def paddings(data: bytes, least: int = 40, most: int = 10_000) -> Iterator[tuple[int, int]]:
    """Runs of blanks with code before and after them on the same line.

    Parameters
    ----------
    data : bytes
        Source.
    least : int
        Shortest run.
    most : int
        Runs looked at.

    Yields
    ------
    (int, int)
        Start and end offset of the run; comments (``#``, ``//``) and line ends do not count as code after it.
    """
    for run in (b" " * least, b"\t" * least):
        end = 0
        for _ in range(most):
            start = data.find(run, end)
            if start < 0:
                break
            blank = _BLANKS.match(data, start)
            end = blank.end() if blank else start + least
            if (
                start
                and data[start - 1] not in b"\n\r\t "
                and data[end : end + 1] not in (b"", b"\n", b"\r", b"#", b"/")
            ):
                yield start, end


def shares(size: int, **spans: int) -> dict[str, float]:
    """``syntax.<name>_share`` of ``size`` bytes for each keyword, at most 1."""
    return {f"syntax.{name}_share": min(span / size, 1.0) if size else 0.0 for name, span in spans.items()}


def statements(
    starts: NDArray[np.int64], size: int, newlines: NDArray[np.int64], calls: NDArray[np.int64]
) -> dict[str, float]:
    """Measures of statements from sorted start offsets.

    Parameters
    ----------
    starts : ndarray of int64, shape (n_statements,)
        Sorted start bytes.
    size : int
        Bytes of source.
    newlines : ndarray of int64
        Sorted offsets of line feeds.
    calls : ndarray of int64
        Start bytes of calls, any order.
    """
    if not starts.size:
        return {"syntax.statements": 0.0}
    lines = newlines.searchsorted(starts)
    longest = (starts[1:] - starts[:-1]).max(initial=size - starts[-1])
    result = {
        "syntax.statements": float(starts.size),
        "syntax.longest_statement": float(longest),
        "syntax.statements_per_line": float(np.bincount(lines - lines[0]).max()),
    }
    if calls.size:
        owner = starts.searchsorted(calls, "right")
        result["syntax.calls_per_statement"] = float(np.bincount(owner).max())
    return result


@remembered(1 << 16)
def machine_made(name: str) -> bool:
    """Whether a name of four or more characters looks like nobody typed it."""
    if len(name) < 4:
        return False
    # What has one of these vowels behind its first letter, and no digit, is none of them; most names are like that.
    rest = name[1:]
    if ("e" in rest or "a" in rest or "u" in rest) and name.replace("_", "").isalpha():
        return False
    return MACHINE_NAME.fullmatch(name) is not None


def names(defined: Sequence[str]) -> dict[str, float]:
    """Count distinct defined names, and how many look machine-made."""
    distinct = set(defined)
    odd = sum(map(machine_made, distinct))
    return {
        "syntax.identifiers": float(len(distinct)),
        "syntax.machine_names": float(odd),
        "syntax.machine_name_share": odd / len(distinct) if distinct else float("nan"),
    }


def check(values: Mapping[str, float]) -> None:
    """Raise KeyError when a value belongs to no declared column (used by the analysers' tests)."""
    unknown = sorted(set(values) - {column.name for column in COLUMNS})
    if unknown:
        raise KeyError(f"not declared in darnel.features.syntax: {', '.join(unknown)}")
