"""Folder trees and patterns as the paths that they hold, and folders that hide theirs."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator
from fnmatch import translate

from darnel.batch.item import Item

ANY_DEPTH = "**"


def hidden(folder: str, error: OSError) -> Item:
    """What stands for the releases in a folder that cannot be listed: they are not lost without a word."""
    reason = error.strerror or error
    return Item(folder, error=f"{folder}: {reason}; what lies in it was not judged: make the folder readable")


def tree(folder: str, wanted: Callable[[str], bool]) -> Iterator[Item]:
    """Files below a folder whose names are wanted; a stack, so that depth costs nothing, and no links, so that it ends.

    Raises
    ------
    OSError
        The folder itself cannot be listed.
    """
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            entries = _entries(current)
            folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
            files = [entry.path for entry in entries if wanted(entry.name) and entry.is_file(follow_symlinks=False)]
        except OSError as error:
            if current == folder:
                raise
            if not isinstance(error, FileNotFoundError):  # gone: nothing lies in it
                yield hidden(current, error)
            continue
        yield from map(Item, files)
        pending.extend(reversed(folders))


def matching(pattern: str) -> Iterator[Item]:
    """Files and folders that match, as :func:`glob.glob` has it with hidden ones, but that ``**`` follows no links.

    glob itself passes over folders that it cannot read.
    """
    drive, rest = os.path.splitdrive(pattern.replace(os.sep, "/"))
    parts = [part for part in rest.split("/") if part]
    parts = [part for i, part in enumerate(parts) if part != ANY_DEPTH or i == 0 or parts[i - 1] != ANY_DEPTH]
    pending = [(f"{drive}/" if rest.startswith("/") else drive, 0)]
    while pending:
        base, at = pending.pop()
        if at == len(parts):
            if base:
                yield Item(base)
            continue
        try:
            pending.extend(reversed(list(_following(base, parts, at))))
        except (FileNotFoundError, NotADirectoryError):  # gone, or a file where the pattern wants a folder
            continue
        except OSError as error:
            yield hidden(base or ".", error)


def _following(base: str, parts: list[str], at: int) -> Iterator[tuple[str, int]]:
    """Paths below ``base`` that match ``parts[at]``, each with the number of the next part."""
    part, last = parts[at], at + 1 == len(parts)
    if not glob.has_magic(part):
        found = os.path.join(base, part)
        os.lstat(found)
        yield found, at + 1
        return
    fits = re.compile(translate(os.path.normcase(part))).match
    if part == ANY_DEPTH:
        yield base, at + 1
    for entry in _entries(base or "."):
        path = os.path.join(base, entry.name)
        if part == ANY_DEPTH:
            if entry.is_dir(follow_symlinks=False):
                yield path, at
            elif last:
                yield path, at + 1
        elif fits(os.path.normcase(entry.name)) and (last or os.path.isdir(path)):  # a link may lead nowhere
            yield path, at + 1


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
