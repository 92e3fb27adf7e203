"""Core metadata (PKG-INFO, METADATA) and what else is written as headers of a mail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
"""Name and value of a header with its continuation lines."""


@dataclass(frozen=True, slots=True)
class Core:
    """Headers and what follows them; of bytes that are not ASCII it is only told that they were there."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    """Values by name in lower case, in order."""
    body: str = ""

    def all(self, name: str) -> list[str]:
        """Values of a header, in order."""
        return self.fields.get(name.lower(), [])

    def first(self, name: str) -> str:
        """The first value of a header, ``""`` if there is none."""
        return next(iter(self.all(name)), "")


def read_core(data: bytes) -> Core:
    """Read headers as :mod:`email` does, which takes longer over them than all other metadata together.

    Parameters
    ----------
    data : bytes
        Anything. What is not plainly headers, an empty line and a text is left to :mod:`email`.
    """
    end = _line_end(data)
    head, _, body = data.partition((end or b"\n") * 2)
    fields = _fields(head.decode("ascii", "replace"), end.decode()) if head and end else None
    if fields is None or "content-type" in fields:  # which says how to read the text
        return _odd(data)
    return Core(fields, body.decode("ascii", "replace"))


def _line_end(data: bytes) -> bytes:
    """What ends all lines, ``b""`` if they differ."""
    if b"\r" not in data:
        return b"\n"
    return b"\r\n" if data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r") else b""


def _fields(head: str, end: str) -> dict[str, list[str]] | None:
    """Headers by name, None if there are other lines."""
    if end != "\n":
        head = head.replace(end, "\n")
    fields: dict[str, list[str]] = {}
    at = 0
    while at < len(head):
        found = _FIELD.match(head, at)
        # Python's versions differ in what becomes of a value that starts in its second line.
        if found is None or found[2].startswith("\n"):
            return None
        fields.setdefault(found[1].lower(), []).append(found[2].replace("\n", end))
        at = found.end()
    return fields


def _odd(data: bytes) -> Core:
    head, blank, body = data.partition(b"\n\n")
    whole = b"\r" in data or not blank
    message = BytesHeaderParser().parsebytes(data if whole else head + blank)
    if not whole:
        if message.get_payload():  # a line that is no header came first, and the description starts there
            message = BytesHeaderParser().parsebytes(data)
        else:
            message.set_payload(body.decode("ascii", "surrogateescape"))
    fields: dict[str, list[str]] = {}
    for name, value in message.items():
        fields.setdefault(name.lower(), []).append(str(value))
    try:
        text = message.get_payload()
    except ValueError:  # the charset that it names is not even a name
        text = ""
    return Core(fields, text if isinstance(text, str) else "")
