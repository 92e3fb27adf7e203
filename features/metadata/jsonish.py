"""JSON as it comes in hostile or sloppy manifests: never an exception, and what was odd about it is told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 4 * 1024 * 1024
"""A larger manifest counts as broken."""

# A string, or what has to go: comments, and commas before a closing bracket. An unclosed string or comment is matched
# to its end all the same: starting anew at every quote inside it would take quadratic time.
_LENIENT = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)|,(?=\s*[}\]])', re.DOTALL)


@dataclass(slots=True)
class Parsed:
    """A JSON text read leniently."""

    value: Any = None
    """None if it could not be read at all."""
    text: str = ""
    """The decoded text."""
    broken: bool = False
    """Not JSON, even leniently."""
    lenient: bool = False
    """Only readable without its comments and trailing commas."""
    doubled: int = 0
    """Keys that occur twice in one object."""

    def line(self, *keys: str) -> int:
        """1-based line of ``"key":``, looked for after the line of the keys before it; 1 if not found."""
        at = 0
        for key in keys:
            found = re.compile(re.escape(json.dumps(key)) + r"\s*:").search(self.text, at)
            if found is None:
                break
            at = found.start()
        return self.text.count("\n", 0, at) + 1


def decode(data: bytes) -> str:
    """Text of a manifest: UTF-8 with or without BOM, UTF-16 with BOM, else Latin-1; never fails."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse(data: bytes) -> Parsed:
    """Read JSON, allowing for a BOM, comments and trailing commas.

    Parameters
    ----------
    data : bytes
        Any bytes.

    Returns
    -------
    Parsed
        ``value`` is what a tolerant tool would see; of doubled keys the last counts, as in every JavaScript engine.
    """
    if len(data) > MAX_BYTES:
        return Parsed(broken=True)
    parsed = Parsed(text=decode(data))

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(items)
        parsed.doubled += len(items) - len(table)
        return table

    try:
        parsed.value = json.loads(parsed.text, object_pairs_hook=pairs)
        return parsed
    except (ValueError, RecursionError):
        parsed.doubled = 0
    try:
        plain = _LENIENT.sub(lambda match: match.group(1) or " ", parsed.text)
        parsed.value = json.loads(plain, object_pairs_hook=pairs, strict=False)
        parsed.lenient = True
    except (ValueError, RecursionError):
        parsed.broken = True
    return parsed


def texts(value: Any) -> list[str]:
    """Every string in a JSON value, in order, without recursion."""
    found: list[str] = []
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, str):
            found.append(here)
        elif isinstance(here, dict):
            todo.extend(reversed(here.values()))
        elif isinstance(here, list):
            todo.extend(reversed(here))
    return found
