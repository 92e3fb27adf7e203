"""What a trigger file holds: why it runs by itself, and the commands it carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from darnel.features.facts import Observation
from darnel.features.roles import Role

MAX_BYTES = 256 * 1024
"""A trigger file is read up to here; honest ones have a few kilobytes.

Their patterns anchor lines with ``^[ \\t]*``: ``^\\s*`` would walk over a run of empty lines from each of them."""
MAX_COMMANDS = 100
"""Commands taken from one file."""


class Embedded(NamedTuple):
    """Code found inside a trigger file, to be analysed as a file of its own."""

    label: str
    """Appended to the path after ``#`` (``tasks[0]``); printable, without text of the package beyond keys."""
    language: str
    """``shell``, ``python`` or ``javascript``."""
    code: bytes
    role: Role
    """When it runs: INSTALL, STARTUP, or SUPPORT for commands that somebody has to call."""
    line: int
    """1-based line of the trigger file at which it stands."""


class TriggerFacts(NamedTuple):
    """Findings in one trigger file."""

    family: str
    observations: tuple[Observation, ...] = ()
    """One for each reason why something runs without being called."""
    embedded: tuple[Embedded, ...] = ()
    customary: int = 0
    """Mechanisms that run something, too, but exactly what generators and countless packages write."""


class Trigger(NamedTuple):
    """One family of trigger files."""

    family: str
    doc: str
    pattern: str
    """Regular expression for the paths, searched from the start of a path component; no groups that capture."""
    role: Role
    """Role of such files."""
    inspect: Callable[[str, bytes], TriggerFacts]


def observe(behaviour: str, line: int, api: str, order: int = 0) -> Observation:
    """Make an observation about something that runs with the file; lines stand for byte offsets."""
    return Observation(behaviour, line, order or line, order or line, -1, True, api)
