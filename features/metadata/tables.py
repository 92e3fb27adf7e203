"""Word lists of the manifest features, kept as data in ``tables.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def _tables() -> dict[str, str]:
    return tomllib.loads((Path(__file__).parent / "tables.toml").read_text(encoding="utf-8"))


@cache
def words(table: str) -> frozenset[str]:
    """Words of one table. All tables are fixed lists, so that no vector depends on the interpreter that computed it."""
    return frozenset(_tables()[table].split())
