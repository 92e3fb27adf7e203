"""Indicator tables (TOML) as entries that the matcher and the scanners read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

MIN_NEEDLE = 4
SHORT = 6
"""Needles of at most so many letters and digits ask for a boundary on the left: minified code holds anything."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One needle of one table entry.

    Attributes
    ----------
    behaviour : str
        Id from :data:`darnel.features.taxonomy.BEHAVIOURS`.
    label : str
        ``family:entry``, such as ``host:discord-webhook``.
    needle : bytes
        Lower case, backslashes as slashes, at least ``MIN_NEEDLE`` bytes.
    left, right : bool
        No word character may stand next to the needle on that side.
    pattern : re.Pattern or None
        Must also match around the needle.
    """

    behaviour: str
    label: str
    needle: bytes
    left: bool = False
    right: bool = False
    pattern: re.Pattern[bytes] | None = None


def read(name: str) -> dict[str, Any]:
    """Parse one TOML table of this folder."""
    text = resources.files("darnel.features.indicators").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def entries(*names: str) -> tuple[Entry, ...]:
    """All entries of the named tables, in file order."""
    return tuple(entry for name in names for entry in _entries(read(name)))


def _entries(table: dict[str, dict[str, dict[str, list[str | dict[str, str]]]]]) -> Iterable[Entry]:
    for family, kinds in table.items():
        for kind, labels in kinds.items():
            for label, needles in labels.items():
                for raw in needles:
                    spelled = raw if isinstance(raw, str) else raw["needle"]
                    needle = spelled.strip("|").encode()
                    if len(needle) < MIN_NEEDLE or needle != needle.lower() or b"\\" in needle:
                        raise ValueError(
                            f"indicator needle {spelled!r} of {family}.{kind}: lower case, '/', at least 4 bytes"
                        )
                    yield Entry(
                        f"{family}.{kind}",
                        f"{family}:{label}",
                        needle,
                        spelled.startswith("|") or (len(needle) <= SHORT and needle.isalnum()),
                        spelled.endswith("|"),
                        None if isinstance(raw, str) else re.compile(raw["re"].encode()),
                    )


@dataclass(frozen=True, slots=True)
class Domains:
    """Sets of domain suffixes and ports."""

    known: frozenset[str]
    local: frozenset[str]
    throwaway: frozenset[str]
    usual_ports: frozenset[int]


@cache
def domains() -> Domains:
    """Read ``domains.toml``."""
    table = read("domains.toml")
    return Domains(*(frozenset(table[name]) for name in ("known", "local", "throwaway", "usual_ports")))
