"""TOML of strangers.

:mod:`tomllib` keeps every prefix of a dotted key, so a key of a hundred thousand dots takes it gigabytes.
"""

from __future__ import annotations

import tomllib
from typing import Any

DOTS = 10_000_000
"""Largest sum, over the lines of a file, of their dots squared; a thousandfold of what is seen in real ones."""


def loads(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    ValueError
        It is no TOML, or would take too much memory.
    RecursionError
        It is nested too deep.
    """
    if sum(line.count(".") ** 2 for line in text.split("\n")) > DOTS:
        raise ValueError("keys with too many dots")
    return tomllib.loads(text)
