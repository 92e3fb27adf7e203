"""package-lock.json and npm-shrinkwrap.json, versions 2 and 3.

Source: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from darnel.audit.graph import paths
from darnel.audit.lockfiles.npm_files import pin
from darnel.audit.pin import Pin, read_text, table, text, top, unreadable
from darnel.errors import InputError

TOOL = "npm install --package-lock-only"
_FOLDER = "node_modules/"
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return name in ("package-lock.json", "npm-shrinkwrap.json", ".package-lock.json")


def read(path: Path) -> list[Pin]:
    """All packages, those for development and for other platforms too; not the project's own folders.

    What a package bundles is in its tarball, and judged with it.

    Raises
    ------
    InputError
        It cannot be read, or is of version 1.
    """
    try:
        document = top(json.loads(read_text(path)))
    except (ValueError, RecursionError) as error:
        raise unreadable(path, error, TOOL) from error
    packages = {place: table(entry) for place, entry in table(document.get("packages")).items()}
    if not packages and (document.get("dependencies") or document.get("lockfileVersion") == 1):
        raise InputError(f"{path}: version 1 of the format, which npm left with npm 7; write it anew with {TOOL}")
    edges = {place: list(_needed(place, entry, packages)) for place, entry in packages.items()}
    roots = [place for place in packages if _FOLDER not in place]
    found = paths(edges, roots)
    return [
        _pin(place, entry, path, tuple(filter(None, (_name(at, packages[at]) for at in found.get(place, ())))))
        for place, entry in packages.items()
        if _FOLDER in place and not entry.get("link") and not (entry.get("inBundle") and not entry.get("resolved"))
    ]


def _name(place: str, entry: dict[str, Any]) -> str:
    """``name`` in the entry is there for aliases, workspaces and the project itself."""
    return text(entry.get("name")) or text(place.rpartition(_FOLDER)[2])


def _needed(place: str, entry: dict[str, Any], packages: dict[str, dict[str, Any]]) -> Iterable[str]:
    """Places of what a package needs, as Node finds them: in its own folder, then in those above."""
    if entry.get("link"):
        target = text(entry.get("resolved"), 500)
        if target in packages:
            yield target
        return
    for key in _NEEDS:
        for name in table(entry.get(key)):
            folder = place
            while True:
                candidate = f"{folder}/{_FOLDER}{name}" if folder else f"{_FOLDER}{name}"
                if candidate in packages:
                    yield candidate
                    break
                if not folder:
                    break
                folder = folder.rpartition(f"/{_FOLDER}")[0] if f"/{_FOLDER}" in folder else ""


def _pin(place: str, entry: dict[str, Any], path: Path, way: tuple[str, ...]) -> Pin:
    name = _name(place, entry)
    url = text(entry.get("resolved"), 2000)
    return pin(name, text(entry.get("version")), url, text(entry.get("integrity"), 1000), str(path), way)
