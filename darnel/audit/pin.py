"""One line of what a project depends on, from whatever kind of file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darnel.defang import printable
from darnel.errors import InputError
from darnel.index.artefact import Artefact, Hashes
from darnel.index.reference import MAX_NAME, Reference

MAX_BYTES = 64 << 20
"""Largest lock file that is read."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A dependency, pinned or not."""

    reference: Reference
    """With its version; without one when it is not pinned."""
    place: str
    """Where it stands: ``uv.lock``, ``requirements.txt:12``."""
    files: tuple[Artefact, ...] = ()
    """The files that the lock names with their addresses; empty when an index has to be asked."""
    hashes: Hashes = frozenset()
    """Digests of which a file must have one; empty when the lock has none."""
    path: tuple[str, ...] = ()
    """Names from what the project asks for to this one; empty when the format does not say."""
    problem: str = ""
    """Why there is nothing to judge, ``""`` if there is."""

    @property
    def origin(self) -> str:
        """For people: ``needed by uv.lock: app → requests → idna``."""
        return _origin(self.place, self.path)

    @property
    def label(self) -> str:
        """For people, and for a baseline: the release, or what stands there instead."""
        return str(self.reference) if self.reference.name else self.place


@dataclass(frozen=True, slots=True)
class Local:
    """A package that is already here as a folder or an installed distribution."""

    source: Any
    """As for :meth:`darnel.classifier.Classifier.predict`."""
    place: str
    path: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """As :attr:`Pin.origin`."""
        return _origin(self.place, self.path)


def _origin(place: str, path: tuple[str, ...]) -> str:
    return f"needed by {place}: {' → '.join(path)}" if len(path) > 1 else f"listed in {place}"


def pypi(name: object, version: object) -> Reference:
    """A Python release, whatever spelling."""
    import re

    return Reference("pypi", re.sub(r"[-_.]+", "-", text(name)).lower(), text(version))


def npm(name: object, version: object) -> Reference:
    """An npm release."""
    return Reference("npm", text(name), text(version))


def text(value: object, width: int = MAX_NAME) -> str:
    """A value of a lock file as one printable line."""
    return printable(value)[:width] if isinstance(value, str) else ""


def table(value: object) -> dict[str, Any]:
    """A value that should be a table; something else is an empty one."""
    return value if isinstance(value, dict) else {}


def top(value: object) -> dict[str, Any]:
    """The whole of a lock file, which has to be a table.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(value, dict):
        raise ValueError(f"it holds a {type(value).__name__} and not a table")
    return value


def rows(value: object) -> list[Any]:
    """A value that should be a list; something else is an empty one."""
    return value if isinstance(value, list) else []


def read_text(path: Path) -> str:
    """Content of a lock file.

    Raises
    ------
    InputError
        It cannot be read, is too large, or is not text.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES:,} bytes; is it a lock file?")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); give a readable lock file") from error
    except ValueError as error:
        raise InputError(f"{path}: not text in UTF-8; give a lock file") from error


def unreadable(path: Path, error: Exception, tool: str) -> InputError:
    """The error for a lock file whose syntax is wrong."""
    reason = printable(str(error))[:150]
    return InputError(f"{path}: not readable as a lock file ({reason}); write it anew with {tool}")


def first(values: Sequence[str]) -> str:
    """The first that is not empty."""
    return next((value for value in values if value), "")
