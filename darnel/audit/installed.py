"""What is installed: distributions of a Python environment, packages in a node_modules folder, archives in a folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from darnel.audit.graph import paths
from darnel.audit.pin import Local, table, text
from darnel.audit.stores import archives
from darnel.features.readers.site import distributions, owned_by_none
from darnel.sources import Installed

MANIFEST_BYTES = 16 << 20


def environment(site: Path | None = None) -> list[Local]:
    """The distributions of an environment, each with the path of requirements that leads to it; then what no one lists.

    Parameters
    ----------
    site : Path, optional
        A ``site-packages`` folder or the root of a virtual environment; default: the running interpreter's.
    """
    folders = _once(sys.path if site is None else map(str, _site_packages(site)))
    found = [(folder, name, entry) for folder in folders for name, entry in distributions(folder).items()]
    kept: dict[str, metadata.Distribution] = {}
    for _, name, distribution in found:
        kept.setdefault(name, distribution)
    edges = {name: [need for need in _needs(distribution) if need in kept] for name, distribution in kept.items()}
    ways = paths(edges, [])
    place = "installed" if site is None else str(site)
    found.sort(key=lambda one: one[1])
    items = [Local(Installed(name, (folder,)), place, ways.get(name, ())) for folder, name, _ in found]
    # A project's own folder, where setuptools leaves an egg-info, is on the path too, and is no installation.
    homes = [folder for folder in folders if site is not None or is_environment(Path(folder))]
    strays = [stray for folder in homes for stray in owned_by_none(folder)]
    return items + [Local(stray, f"{place}, of no distribution") for stray in strays]


def is_environment(folder: Path) -> bool:
    """Whether a folder is a virtual environment or a ``site-packages``."""
    return (folder / "pyvenv.cfg").is_file() or any(folder.glob("*.dist-info"))


def node_modules(folder: Path) -> list[Local]:
    """The packages in a ``node_modules``, nested ones and pnpm's store included, each as a folder."""
    found = {place: _manifest(place) for place in sorted(set(_packages(folder)))}
    edges = {
        place: [target for name in _needed_names(manifest) if (target := _resolve(place, name, found))]
        for place, manifest in found.items()
    }
    root = _manifest(folder.parent)
    asked = [target for name in _needed_names(root, own=True) if (target := _resolve(folder.parent, name, found))]
    ways = paths(edges, asked)
    return [
        Local(str(place), str(folder), tuple(_name(at, found[at]) for at in ways.get(place, ()))) for place in found
    ]


def wheelhouse(folder: Path) -> list[Local]:
    """The package archives directly in a folder."""
    return [Local(str(path), str(folder)) for path in archives(folder)]


def _site_packages(root: Path) -> list[Path]:
    if not (root / "pyvenv.cfg").is_file():
        return [root]
    return [*sorted(root.glob("lib*/python*/site-packages")), *root.glob("Lib/site-packages")]


def _once(folders: Iterable[str]) -> list[str]:
    """Each folder by the first of its names: ``lib64`` is often a link to ``lib``."""
    known: dict[str, str] = {}
    for folder in folders:
        known.setdefault(os.path.realpath(folder), folder)
    return list(known.values())


def _needs(distribution: metadata.Distribution) -> Iterator[str]:
    try:
        lines = distribution.requires or ()
    except UnicodeDecodeError:
        return
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def _packages(folder: Path) -> Iterator[Path]:
    """Package folders below a ``node_modules``; links lead to what is found anyway, or out of it."""
    pending = [folder]
    while pending:
        modules = pending.pop()
        for place in _folders(modules):
            if place.name == ".pnpm":
                pending += [virtual / "node_modules" for virtual in _folders(place)]
            elif place.name.startswith("@"):
                yield from (scoped for scoped in _folders(place) if _is_package(scoped))
                pending += [scoped / "node_modules" for scoped in _folders(place)]
            elif not place.name.startswith("."):
                if _is_package(place):
                    yield place
                pending.append(place / "node_modules")


def _folders(folder: Path) -> list[Path]:
    try:
        return [place for place in folder.iterdir() if place.is_dir() and not place.is_symlink()]
    except OSError:
        return []


def _is_package(folder: Path) -> bool:
    return (folder / "package.json").is_file()


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "package.json"
    try:
        return table(json.loads(path.read_text("utf-8-sig"))) if path.stat().st_size < MANIFEST_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _name(place: Path, manifest: dict[str, Any]) -> str:
    return text(manifest.get("name")) or place.name


def _needed_names(manifest: dict[str, Any], own: bool = False) -> list[str]:
    groups = ("dependencies", "optionalDependencies", "peerDependencies", *(("devDependencies",) if own else ()))
    return [name for group in groups for name in table(manifest.get(group))]


def _resolve(place: Path, name: str, found: dict[Path, dict[str, Any]]) -> Path | None:
    """The folder that Node would take for ``name`` in the code at ``place``."""
    for folder in (place, *place.parents):
        candidate = folder / "node_modules" / name if folder.name != "node_modules" else folder / name
        if candidate in found:
            return candidate
        if candidate.is_symlink() and candidate.resolve() in found:
            return candidate.resolve()
    return None
