"""What lies in a ``site-packages`` folder beside what its distributions list: what someone else put there.

An attacker who can write there needs no package: a module beside those of a distribution, or a ``.pth`` line that runs
whenever the interpreter starts, is in no RECORD.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib import metadata
from posixpath import dirname, normpath

from packaging.utils import canonicalize_name

from darnel.features.readers.detect import SOURCE_SUFFIXES, suffix
from darnel.features.readers.record import WRITTEN_BY_INSTALLERS, Row, parse

MAX_ENTRIES = 200_000
"""Files and folders that are looked at, of one ``site-packages``."""
_CODE = SOURCE_SUFFIXES - {".json", ".toml", ".cfg"} | {".pyc", ".so", ".pyd", ".dll", ".dylib"}
_BYTECODE = re.compile(r"(?P<folder>.*/)?__pycache__/(?P<stem>[^/]+?)\.[^/]*\.pyc$")
_METADATA = (".dist-info", ".egg-info")


def distributions(folder: str) -> dict[str, metadata.Distribution]:
    """By name, sorted, those in a folder that their names lead to.

    Others (without a name, with another's, a second of one name) are never judged: what they list, nobody does.
    """
    told = sorted(
        {canonicalize_name(name) for found in metadata.distributions(path=[folder]) if (name := header(found, "Name"))}
    )
    led = {name: next(iter(metadata.Distribution.discover(name=name, path=[folder])), None) for name in told}
    return {name: distribution for name, distribution in led.items() if distribution is not None}


def header(distribution: metadata.Distribution, key: str) -> str:
    """A line of its METADATA; ``""`` if there is none that can be read."""
    try:
        told = distribution.metadata
        return str(told[key]) if key in told else ""
    except (OSError, UnicodeDecodeError):  # with importlib_metadata imported, none at all is an OSError
        return ""


def recorded(distribution: metadata.Distribution) -> list[Row] | None:
    """Rows of RECORD; None: it has none that can be read."""
    try:
        text = distribution.read_text("RECORD")
    except UnicodeDecodeError:
        return None
    return parse(text.encode()) if text is not None else None


def seem_installed(distribution: metadata.Distribution) -> list[Row]:
    """Files that an installation without RECORD (egg-info, system packages) names, itself or by their top modules.

    If it names no module (Debian's do not), the one that is called like it.
    """
    root = str(distribution.locate_file(""))
    own_name = canonicalize_name(header(distribution, "Name")).replace("-", "_")
    try:
        paths = [str(path) for path in distribution.files or []]
        tops = (distribution.read_text("top_level.txt") or own_name).split()
        paths += [name for name in os.listdir(root) if name.partition(".")[0] in tops and suffix(name) in _CODE]
    except (OSError, ValueError):
        return []
    paths += [f"{top}/__init__.py" for top in tops]
    there = (path for path in paths if not path.endswith(".pyc") and os.path.isfile(os.path.join(root, path)))
    return [Row(path, "", "") for path in there]


def source_of(bytecode: str) -> str:
    """The module that an installer's compiled file was made of, ``""`` if the path is none of such a file."""
    found = _BYTECODE.fullmatch(bytecode)
    return f"{found['folder'] or ''}{found['stem']}.py" if found else ""


class Site:
    """The files of all distributions in one folder.

    Parameters
    ----------
    folder : str
        ``site-packages`` or the like.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._listed: set[str] = set()
        for distribution in distributions(folder).values():
            rows = recorded(distribution)
            if rows is None:
                rows = seem_installed(distribution)
            self._listed.update(path for row in rows if not (path := normpath(row.path)).startswith(("../", "/")))
        self._holders = {dirname(path) for path in self._listed} - {""}
        self._above = {""}
        """Folders below which something is listed."""
        for holder in self._holders:
            while holder not in self._above:
                self._above.add(holder)
                holder = dirname(holder)

    def unlisted(self, own: Collection[str]) -> Iterator[str]:
        """Files, sorted, that nobody lists and that lie in, or below, folders of some distribution's files.

        Parameters
        ----------
        own : collection of str
            Paths that the distribution lists. A file is where the nearest folder above it belongs that holds any
            distribution's files itself.
        """
        holders = {folder for path in own if not (folder := dirname(normpath(path))).startswith("..")} - {""}
        for top in sorted({holder.partition("/")[0] for holder in holders}):
            for path in self._files(top):
                holder = dirname(path)
                while holder and holder not in self._holders:
                    holder = dirname(holder)
                if holder in holders and path not in self._listed and not self._expected(path):
                    yield path

    def strays(self) -> list[str]:
        """Paths, sorted, of modules, ``.pth`` files and folders with code in them that belong to no distribution."""
        return sorted(self._strays())

    def _strays(self) -> Iterator[str]:
        pending = [""]
        while pending:
            for path, is_folder in self._entries(pending.pop()):
                if not is_folder:
                    if path not in self._listed and suffix(path) in _CODE and not source_of(path):
                        yield path
                elif path in self._holders or path.endswith((*_METADATA, "__pycache__")):
                    continue
                elif path in self._above:
                    pending.append(path)
                elif any(suffix(file) in _CODE and not source_of(file) for file in self._files(path)):
                    yield path

    def _expected(self, path: str) -> bool:
        """Whether installers and interpreters write such a file."""
        if path.partition("/")[0].endswith(_METADATA) and path.endswith(WRITTEN_BY_INSTALLERS):
            return True
        source = source_of(path)
        return bool(source) and os.path.lexists(os.path.join(self._folder, source))

    def _files(self, top: str) -> Iterator[str]:
        pending, left = [top], MAX_ENTRIES
        while pending and left > 0:
            entries = self._entries(pending.pop())
            left -= len(entries)
            yield from (path for path, is_folder in entries if not is_folder)
            pending += [path for path, is_folder in reversed(entries) if is_folder]

    def _entries(self, folder: str) -> list[tuple[str, bool]]:
        """Path and whether it is a folder, of everything but links to folders; sorted."""
        prefix = f"{folder}/" if folder else ""
        try:
            with os.scandir(os.path.join(self._folder, folder)) as entries:
                found = [(prefix + entry.name, entry.is_dir(follow_symlinks=False), entry.path) for entry in entries]
        except OSError:
            return []
        return sorted((path, is_folder) for path, is_folder, full in found if is_folder or not os.path.isdir(full))


def site(folder: str) -> Site:
    """:class:`Site` of a folder; remembered until something is installed there."""
    try:
        changed = os.stat(folder).st_mtime_ns
    except OSError:
        changed = 0
    return _site(folder, changed)


def owned_by_none(folder: str) -> list[str]:
    """Full paths of what belongs to no distribution, in a folder."""
    return [os.path.join(folder, path) for path in site(os.path.realpath(folder)).strays()]


@lru_cache(maxsize=8)
def _site(folder: str, changed: int) -> Site:  # noqa: ARG001
    return Site(folder)
