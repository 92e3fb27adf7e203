"""From the paths that a user gives, or none, to everything that is pinned or installed there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from darnel.audit import installed, lockfiles
from darnel.audit.pin import Local, Pin
from darnel.audit.stores import archives
from darnel.errors import InputError


def collect(given: Sequence[str], environment: bool) -> list[Pin | Local]:
    """Read lock files and list folders.

    Parameters
    ----------
    given : sequence of str
        Lock files; folders with lock files, environments, ``node_modules``, folders of archives. Empty: the lock files
        of the current folder, unless ``environment``.
    environment : bool
        What is installed beside darnel too.

    Raises
    ------
    InputError
        There is nothing to audit, or it cannot be read.
    """
    items: list[Pin | Local] = []
    if environment:
        items += installed.environment()
    for path in map(Path, given):
        items += _from(path)
    if not given and not environment:
        items += _from(Path())
    return items


def _from(path: Path) -> Sequence[Pin | Local]:
    if path.is_file():
        fallback = lockfiles.requirements if path.suffix in (".txt", ".in") else None
        return lockfiles.read(path, lockfiles.handler(path) or fallback)
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder; give a lock file or a folder")
    if path.absolute().name == "node_modules":
        return installed.node_modules(path.absolute())
    if installed.is_environment(path):
        return installed.environment(path)
    found = lockfiles.found_in(path)
    if found:
        return [pin for lock in found for pin in _from(lock)]
    if any(archives(path)):
        return installed.wheelhouse(path)
    where = "the current folder" if path == Path() else str(path)
    raise InputError(
        f"{where}: nothing to audit; give {lockfiles.KNOWN}, an environment, a node_modules or a folder of archives"
    )
