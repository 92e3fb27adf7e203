"""Downloaded artefacts, by content: found by any of their hashes, verified on every use, shared between processes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import quote

from darnel.errors import DarnelError
from darnel.index.artefact import ALGORITHMS, Artefact

VARIABLE = "DARNEL_CACHE"
"""Environment variable that names another folder."""
FORMAT = "v1"
CHUNK = 1 << 20
_HEX = re.compile(r"[0-9a-f]{32,128}")


class Download(NamedTuple):
    """A file being written: not part of the cache until :meth:`Cache.add`."""

    file: BinaryIO
    path: Path


class Cache:
    """A folder of artefacts.

    ``artefacts/<sha256>/<file name>`` is the content, ``hashes/<algorithm>/<digest>`` leads to it, and
    ``releases/<ecosystem>/<name>/<version>.json`` lists what is known of a release, for use without network.

    Parameters
    ----------
    root : Path, optional
        Default: ``$DARNEL_CACHE``, else the user's cache folder.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or _default()) / FORMAT

    def find(self, hashes: Mapping[str, str]) -> Path | None:
        """The file that has all of these digests (at least one), if it is here and undamaged."""
        known = {name: value for name, value in hashes.items() if name in ALGORITHMS and _HEX.fullmatch(value)}
        for algorithm in ALGORITHMS:
            if algorithm not in known:
                continue
            sha256 = known[algorithm] if algorithm == "sha256" else self._alias(algorithm, known[algorithm])
            path = self._content(sha256)
            if path is not None and mismatch(digests(path, known), known) is None:
                return path
        return None

    @contextmanager
    def writing(self) -> Iterator[Download]:
        """A temporary file in the cache's own file system; gone afterwards unless it was added."""
        folder = self.root / "partial"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
        except OSError as error:
            raise DarnelError(
                f"{folder}: cannot be written ({error.strerror}); set {VARIABLE} to a folder that can"
            ) from error
        try:
            with os.fdopen(handle, "wb") as file:
                yield Download(file, Path(name))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)

    def add(self, path: Path, file_name: str, found: Mapping[str, str]) -> Path:
        """Move a complete file in, under its sha256, with all other digests leading to it."""
        sha256 = found["sha256"]
        home = self.root / "artefacts" / sha256[:2] / sha256
        home.mkdir(parents=True, exist_ok=True)
        place = self._content(sha256) or home / file_name
        os.replace(path, place)
        for algorithm, digest in found.items():
            if algorithm != "sha256":
                _write(self.root / "hashes" / algorithm / digest[:2] / digest, sha256)
        return place

    def remember(self, artefact: Artefact) -> None:
        """Note what a release consists of; ``artefact.hashes`` must hold the sha256 of the content."""
        place = self._release(artefact.ecosystem, artefact.name, artefact.version)
        others = [a for a in _read(place) if a.file_name != artefact.file_name]
        listed = sorted((a.to_dict() for a in (*others, artefact)), key=lambda entry: str(entry["file_name"]))
        _write(place, json.dumps(listed))

    def releases(self, ecosystem: str, name: str) -> list[Artefact]:
        """All artefacts of a name that were ever downloaded."""
        folder = self._release(ecosystem, name, "").parent
        try:
            places = sorted(folder.glob("*.json"))
        except OSError:
            return []
        return [artefact for place in places for artefact in _read(place)]

    def _release(self, ecosystem: str, name: str, version: str) -> Path:
        return self.root / "releases" / ecosystem / quote(name, safe="@") / f"{quote(version, safe='+')}.json"

    def _alias(self, algorithm: str, digest: str) -> str:
        try:
            return (self.root / "hashes" / algorithm / digest[:2] / digest).read_text("ascii").strip()
        except (OSError, ValueError):
            return ""

    def _content(self, sha256: str) -> Path | None:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            return None
        try:
            return next((self.root / "artefacts" / sha256[:2] / sha256).iterdir(), None)
        except OSError:
            return None


def digests(path: Path, wanted: Mapping[str, str]) -> dict[str, str]:
    """Digests of a file (hex) for the algorithms that are keys of ``wanted``."""
    running = {name: hashlib.new(name, usedforsecurity=False) for name in wanted}
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            for total in running.values():
                total.update(chunk)
    return {name: total.hexdigest() for name, total in running.items()}


def mismatch(found: Mapping[str, str], announced: Mapping[str, str]) -> str | None:
    """The first algorithm, strongest first, by which the content is not what was announced."""
    for algorithm in ALGORITHMS:
        if algorithm in announced and found.get(algorithm) != announced[algorithm]:
            return algorithm
    return None


def _default() -> Path:
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("darnel", appauthor=False)


def _read(place: Path) -> list[Artefact]:
    """A record that is missing or damaged is as good as none."""
    try:
        return [Artefact.from_dict(entry) for entry in json.loads(place.read_text("utf-8"))]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, place)
