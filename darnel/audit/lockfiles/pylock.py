"""pylock.toml (PEP 751).

Source: https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from darnel.audit.graph import paths
from darnel.audit.lockfiles.python_files import artefact, load_toml
from darnel.audit.pin import Pin, pypi, text, unreadable
from darnel.index.reference import Reference

if TYPE_CHECKING:
    from packaging.pylock import Package, PackageArchive, PackageSdist, PackageWheel

    from darnel.index.artefact import Artefact

TOOL = "pip lock, uv export or pdm"


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return bool(re.fullmatch(r"pylock(?:\.[^.]+)?\.toml", name))


def read(path: Path) -> list[Pin]:
    """All packages, whatever their markers say.

    Raises
    ------
    InputError
        It cannot be read or breaks the specification.
    """
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        lock = Pylock.from_dict(load_toml(path, TOOL))
    except (PylockValidationError, PylockUnsupportedVersionError) as error:
        raise unreadable(path, error, TOOL) from error
    by_name: dict[str, list[str]] = {}
    for package in lock.packages:
        by_name.setdefault(package.name, []).append(_node(package))
    edges = {
        _node(package): [
            node for needed in package.dependencies or () for node in by_name.get(text(needed.get("name")), ())
        ]
        for package in lock.packages
    }
    found = paths(edges, []) if any(edges.values()) else {}
    return [_pin(package, path, found.get(_node(package), ())) for package in lock.packages]


def _node(package: Package) -> str:
    return f"{package.name} {package.version or ''}".strip()


def _pin(package: Package, path: Path, way: tuple[str, ...]) -> Pin:
    reference = pypi(package.name, str(package.version or ""))
    listed: list[PackageWheel | PackageSdist | PackageArchive] = [*(package.wheels or ())]
    listed += [entry for entry in (package.sdist, package.archive) if entry is not None]
    files = tuple(_file(reference, entry, path) for entry in listed)
    if files:
        return Pin(reference, str(path), files, path=way)
    kind = "version control" if package.vcs else "a folder"
    why = f"{reference.name} comes from {kind}, not from an index; look at it with darnel scan PATH"
    return Pin(reference, str(path), path=way, problem=why)


def _file(reference: Reference, entry: PackageWheel | PackageSdist | PackageArchive, path: Path) -> Artefact:
    url = entry.url or (path.parent / str(entry.path)).absolute().as_uri()
    hashes = ((algorithm.lower(), digest.lower()) for algorithm, digest in entry.hashes.items())
    return artefact(reference, url, hashes, str(getattr(entry, "name", None) or ""))
