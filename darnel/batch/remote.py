"""What there is at a URL: a file, a folder with all below it, or what a pattern matches."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from typing import Any

from darnel.batch.item import Item
from darnel.batch.storage import file_system, reason_of, url_of
from darnel.errors import DarnelError


def listed(url: str, wanted: Callable[[str], bool]) -> Iterator[Item]:
    """Everything at a URL, sorted; of a folder the files whose names are wanted.

    Raises
    ------
    DarnelError
        Nothing is there, or it cannot be listed.
    """
    fs, path = file_system(url)
    try:
        if fs.isdir(path):
            found = {name: info for name, info in _below(fs, path).items() if "error" in info or wanted(name)}
        elif fs.exists(path):
            found = {path: {}}
        else:
            found = fs.glob(path, detail=True) if glob.has_magic(path) else {}
    except Exception as error:  # each file system behind fsspec has errors of its own
        raise DarnelError(f"{url}: cannot be listed ({reason_of(error)})") from None
    if not found:
        raise DarnelError(f"{url}: nothing there; check the address")
    for name in sorted(found):
        size, why = found[name].get("size"), found[name].get("error", "")
        location = url_of(fs, name, url, path)
        if why:
            why = f"{location}: {why}; what lies in it was not judged: make the folder readable"
        elif found[name].get("type") == "directory":
            why = f"{location}: is a folder, which is a release only on a local disk; name the archives in it"
        yield Item(location, size=size if isinstance(size, int) else 0, error=why)


def _below(fs: Any, path: str) -> dict[str, dict[str, Any]]:
    """Files below a folder with what is known of them, and folders that cannot be listed with an ``error``."""
    from fsspec import AbstractFileSystem

    if fs.async_impl or type(fs).find is not AbstractFileSystem.find:  # an object store lists all of them at once
        return dict(fs.find(path, detail=True))
    found: dict[str, dict[str, Any]] = {}
    pending = [path]
    while pending:
        current = pending.pop()
        try:
            entries = fs.ls(current, detail=True)
        except OSError as error:
            if current == path:
                raise
            found[current] = {"error": reason_of(error)}
            continue
        for entry in entries:
            if entry["type"] != "directory":
                found[entry["name"]] = entry
            elif entry["name"] != current:
                pending.append(entry["name"])
    return found
