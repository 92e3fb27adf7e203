r"""Python attributes and modules with blanks around their dots: ``os . system``, ``base64 .\n b64decode``.

Python reads them like any other, and names are compared byte by byte; so the blanks go to where they say nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from darnel.features.languages.parsing import end_of, start_of
from darnel.features.remember import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_source import Source

MAX_LINKS = 200
"""Names of one chain that are looked at."""
MAX_ENDS = 100
"""Ends of attributes that are looked up in the tree one by one."""
_SPACED = re.compile(
    rb"\.(?:(?<=[ \t\f\r\n]\.)|(?=[ \t\f\r\n\\#]))(?:[ \t\f\r\n]++|\\\r?\n|#[^\n]{0,200}\n){0,500}+"
    rb"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)*+"
)
"""A dot beside a blank, and names; mostly the end of a sentence. Between them is a bounded number of comments: each
may end with a dot itself, behind which all others would be looked through again."""
_ASSIGNED = re.compile(rb"[ \t]*=(?!=)")
_DOT = re.compile(rb"((?:[^.#]|#[^\n]*)*+)\.")
_LINK = re.compile(rb"\.[A-Za-z_]\w*")
_OPEN = re.compile(rb"([ \t]*)([(\[])")
_GAP = rb"(?:[ \t]|\\\r?\n)*+"
_UNUSED = re.compile(rb"[ \t\r\n]*+[\w.,;'\"\])}]")
"""What stands behind a name that is neither called nor assigned to."""
_MODULE = re.compile(
    rb"(?<![\w.])(?!(?:from|import)\b)[A-Za-z_]\w*+(?:" + _GAP + rb"\." + _GAP + rb"(?!import\b)[A-Za-z_]\w*+)+"
)
_GAPS = re.compile(_GAP.removesuffix(b"*+") + rb"+")
_SPACED_MODULE = re.compile(rb"[\w.][ \t\\\n]\.|\.[ \t\\]")


def closed(source: Source) -> bytes | None:
    """The source with no blank, comment or line continuation around the dots of attributes and imported modules.

    Parameters
    ----------
    source : Source
        Parsed.

    Returns
    -------
    bytes or None
        As long as the source, each name still at its place or before it: what stood around the dots of a chain of
        names stands behind the bracket that follows it, or behind its last name. None if there is nothing to move.
    """
    data = source.data
    gaps: dict[int, tuple[int, int]] = {}
    spaced = [match.end() for match in _SPACED.finditer(data)]
    if not source.reads:
        spaced = [end for end in spaced if _UNUSED.match(data, end) is None]
    if spaced:
        nodes = _attributes(source, spaced) if source.reads else source.get("callee")
        ends = dict(zip(map(end_of, nodes), nodes, strict=True))
        others = [end for end in spaced if end not in ends]
        if any(_ASSIGNED.match(data, end) for end in others) and _attributes(source, others):
            for node in source.get("assign"):
                if (left := node.child_by_field_name("left")) is not None:
                    ends[left.end_byte] = left
        for end in spaced:
            if end in ends:
                _links(ends[end], gaps)
    changes = _chains(data, gaps) + _modules(source)
    if not changes:
        return None
    made: list[bytes] = []
    at = 0
    for start, end, text in sorted(changes):
        made += [data[at:start], text]
        at = end
    return b"".join([*made, data[at:]])


def _attributes(source: Source, ends: list[int]) -> list[Node]:
    """Attributes that end at some offsets, among others if there are many."""
    data, strings = source.data, source.get("string")
    outside = []
    for end in ends:
        i = bisect_left(strings, end, key=start_of) - 1
        if i < 0 or strings[i].end_byte < end or data[strings[i].start_byte] not in b"'\"":  # but in f"{os . environ}"
            outside.append(end)
    if len(outside) > MAX_ENDS:
        return source.attributes()
    found = [source.attribute(data.rfind(b".", 0, end), end) for end in outside]
    return [node for node in found if node is not None]


def _links(node: Node, gaps: dict[int, tuple[int, int]]) -> None:
    """Note what stands around the dots of a chain of names: end of what is before, start and end of the name."""
    here: Node | None = node
    for _ in range(MAX_LINKS):
        if here is None or here.type != "attribute":
            return
        owner, last = here.child_by_field_name("object"), here.child_by_field_name("attribute")
        if owner is not None and last is not None and last.start_byte - owner.end_byte > 1:
            gaps[owner.end_byte] = (last.start_byte, last.end_byte)
        here = owner


def _chains(data: bytes, gaps: dict[int, tuple[int, int]]) -> list[tuple[int, int, bytes]]:
    changes: list[tuple[int, int, bytes]] = []
    done = 0
    for first in sorted(gaps):
        if first < done:
            continue
        names: list[bytes] = []
        blanks: list[bytes] = []
        at = first
        while True:
            if at in gaps:
                start, end = gaps[at]
                dot = _DOT.match(data, at, start)
                if dot is None:
                    break
                names += [b".", data[start:end]]
                blanks += [dot[1], data[dot.end() : start]]
                at = end
            elif link := _LINK.match(data, at):
                names.append(link[0])
                at = link.end()
            else:
                break
        if opened := _OPEN.match(data, at):
            names.append(opened[2])
            blanks.append(opened[1])
            at = opened.end()
        done = at
        if names:
            changes.append((first, at, b"".join([*names, *blanks])))
    return changes


def _modules(source: Source) -> list[tuple[int, int, bytes]]:
    changes: list[tuple[int, int, bytes]] = []
    for start, statement in source.imports():
        changes += [(start + first, start + last, text) for first, last, text in _moved(statement)]
    return changes


@remembered(1 << 14)
def _moved(statement: bytes) -> tuple[tuple[int, int, bytes], ...]:
    """Start and end of the modules of an import that have blanks around their dots, and what replaces each."""
    if _SPACED_MODULE.search(statement) is None:
        return ()
    found = [(match.span(), match[0], _GAPS.findall(match[0])) for match in _MODULE.finditer(statement)]
    return tuple((*span, b"".join([_GAPS.sub(b"", text), *blanks])) for span, text, blanks in found if blanks)
