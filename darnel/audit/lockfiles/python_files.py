"""What the lock files of Python tools have in common."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from darnel.audit.pin import read_text, unreadable
from darnel.index.artefact import ALGORITHMS, Artefact, file_name, kind_of
from darnel.index.reference import Reference


def load_toml(path: Path, tool: str) -> dict[str, Any]:
    """A TOML file as a table.

    Raises
    ------
    InputError
        It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise unreadable(path, error, tool) from error


def digest_of(value: object) -> tuple[str, str] | None:
    """``sha256:<hex>`` as a pair, None for anything else."""
    algorithm, _, digest = value.partition(":") if isinstance(value, str) else ("", "", "")
    return (algorithm, digest.lower()) if algorithm in ALGORITHMS and digest else None


def artefact(reference: Reference, url: str, hashes: Iterable[tuple[str, str] | None], name: str = "") -> Artefact:
    """A file that a lock names by its address."""
    name = file_name(name or url, "artefact")
    found = dict(pair for pair in hashes if pair)
    return Artefact("pypi", reference.name, reference.version, name, url, found, kind_of(name))
