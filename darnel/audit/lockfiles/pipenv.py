"""Pipfile.lock.

Source: https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from darnel.audit.lockfiles.python_files import artefact, digest_of
from darnel.audit.pin import Pin, pypi, read_text, rows, table, text, top, unreadable

TOOL = "pipenv lock"


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return name == "Pipfile.lock"


def read(path: Path) -> list[Pin]:
    """All packages of all groups. The format does not say who needs whom.

    Raises
    ------
    InputError
        It cannot be read.
    """
    try:
        document = top(json.loads(read_text(path)))
    except (ValueError, RecursionError) as error:
        raise unreadable(path, error, TOOL) from error
    return [
        _pin(name, table(entry), f"{path} ({group})")
        for group, packages in document.items()
        if group != "_meta"
        for name, entry in table(packages).items()
    ]


def _pin(name: str, entry: dict[str, Any], place: str) -> Pin:
    version = text(entry.get("version"))
    reference = pypi(name, version.removeprefix("==") if version.startswith("==") else "")
    digests = [digest_of(value) for value in rows(entry.get("hashes"))]
    if isinstance(entry.get("file"), str) and entry["file"].startswith(("https://", "http://")):
        return Pin(reference, place, (artefact(reference, entry["file"], digests[:1]),))
    if not reference.version:
        kind = next((kind for kind in ("git", "path", "file", "hg", "svn") if kind in entry), "")
        where = f"comes from {kind}, not from an index; look at it with darnel scan PATH"
        why = where if kind else f"is not pinned to one version; pin it with {TOOL}"
        return Pin(reference, place, problem=f"{reference.name} {why}")
    return Pin(reference, place, hashes=frozenset(pair for pair in digests if pair))
