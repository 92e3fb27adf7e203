"""Where artefacts already are on this machine, apart from darnel's own cache: wheelhouses, npm's cache, yarn's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from darnel.audit.pin import Pin
from darnel.features.readers.layout import ARCHIVES
from darnel.index.artefact import ALGORITHMS, Artefact, kind_of
from darnel.index.cache import digests, mismatch

_TARBALL = re.compile(r"(?P<name>.+?)-(?P<version>\d.*)\.tgz")


class Held(NamedTuple):
    """A file that is here."""

    path: Path
    artefact: Artefact


class Wheelhouse:
    """A folder of wheels, sdists and npm tarballs (``pip download -d``, ``npm pack``)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[tuple[str, str], list[Path]] | None = None

    def find(self, pin: Pin) -> list[Held]:
        """The files of a release, those with a hash that is pinned if any is."""
        reference = pin.reference
        key = (_plain(reference.name), _version(reference.version))
        found = []
        for path in self._listed().get(key, ()):
            if pin.hashes:
                wanted = {algorithm: "" for algorithm, _ in pin.hashes}
                if pin.hashes.isdisjoint(digests(path, wanted).items()):
                    continue
            kind = kind_of(path.name)
            found.append(Held(path, Artefact(*reference, path.name, "", {}, kind)))
        return found

    def _listed(self) -> dict[tuple[str, str], list[Path]]:
        if self._files is None:
            self._files = {}
            for path in archives(self.folder):
                self._files.setdefault(_named(path.name), []).append(path)
        return self._files


class NpmCache:
    """The content-addressed cache of npm.

    Source: https://github.com/npm/cacache
    """

    def __init__(self, folder: Path) -> None:
        self._content = folder / "_cacache" / "content-v2"

    def find(self, artefact: Artefact) -> Path | None:
        """The tarball that has all of its hashes."""
        for algorithm in ALGORITHMS:
            digest = artefact.hashes.get(algorithm, "")
            path = self._content / algorithm / digest[:2] / digest[2:4] / digest[4:]
            if digest and path.is_file() and mismatch(digests(path, artefact.hashes), artefact.hashes) is None:
                return path
        return None


def npm_cache() -> NpmCache:
    """The cache that npm is configured for."""
    from darnel.index.npm_config import read

    default = Path(os.environ.get("LOCALAPPDATA", ""), "npm-cache") if os.name == "nt" else Path.home() / ".npm"
    return NpmCache(Path(read().values.get("cache") or default))


def archives(folder: Path) -> Iterable[Path]:
    """Package archives directly in a folder, sorted."""
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(ARCHIVES) and path.is_file())


def _named(file_name: str) -> tuple[str, str]:
    """Name and version that a file name tells, in the spelling to compare them in."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )
    from packaging.version import InvalidVersion

    try:
        if file_name.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(file_name)
            return _plain(name), str(version)
        if file_name.endswith((".tar.gz", ".zip")):
            name, version = parse_sdist_filename(file_name)
            return _plain(name), str(version)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return "", ""
    found = _TARBALL.fullmatch(file_name)
    return (_plain(found["name"]), found["version"]) if found else ("", "")


def _plain(name: str) -> str:
    """Of ``@scope/name``, ``npm pack`` makes ``scope-name``."""
    return re.sub(r"[-_.]+", "-", name.removeprefix("@").replace("/", "-")).lower()


def _version(version: str) -> str:
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return version
