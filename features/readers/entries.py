"""What the archive readers hand to the common pass, one at a time."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One entry of an archive, as stored."""

    name: str
    """As in the archive; bytes that are not UTF-8 as lone surrogates."""
    kind: str = "file"
    """``file``, ``folder``, or an anomaly kind: ``symlink``, ``hardlink``, ``device``."""
    data: bytes = b""
    size: int = 0
    """Real size; greater than ``len(data)`` when cut or truncated."""
    executable: bool = False
    target: str = ""
    """Of a link."""
    late: bool = False
    """Stored after the archive's end marker."""
    notes: tuple[tuple[str, str], ...] = ()
    """Anomalies of this entry: (kind, detail)."""
