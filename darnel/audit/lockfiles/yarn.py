"""yarn.lock: which of its two formats it is in."""

from __future__ import annotations

from pathlib import Path

from darnel.audit.lockfiles import yarn_berry, yarn_v1
from darnel.audit.pin import Pin, read_text


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return name == "yarn.lock"


def read(path: Path) -> list[Pin]:
    """All packages.

    Raises
    ------
    InputError
        It cannot be read.
    """
    berry = "\n__metadata:" in "\n" + read_text(path)
    return yarn_berry.read(path) if berry else yarn_v1.read(path)
