"""uv.lock.

Source: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from darnel.audit.graph import paths
from darnel.audit.lockfiles.python_files import artefact, digest_of, load_toml
from darnel.audit.pin import Pin, pypi, rows, table, text

TOOL = "uv lock"
_OWN = ("virtual", "editable")
"""Sources of the project and of its workspace, which depend and are not depended on."""


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return name == "uv.lock"


def read(path: Path) -> list[Pin]:
    """All packages of all platforms, but the project's own.

    Raises
    ------
    InputError
        It cannot be read.
    """
    packages = [table(package) for package in rows(load_toml(path, TOOL).get("package"))]
    by_name: dict[str, list[str]] = {}
    for package in packages:
        by_name.setdefault(text(package.get("name")), []).append(_node(package))
    edges = {_node(package): _needs(package, by_name) for package in packages}
    own = [_node(package) for package in packages if _is_own(package)]
    found = paths(edges, own)
    return [_pin(package, path, found.get(_node(package), ())) for package in packages if not _is_own(package)]


def _is_own(package: dict[str, Any]) -> bool:
    return any(key in table(package.get("source")) for key in _OWN)


def _node(package: dict[str, Any]) -> str:
    return f"{text(package.get('name'))} {text(package.get('version'))}".strip()


def _needs(package: dict[str, Any], by_name: dict[str, list[str]]) -> list[str]:
    listed = rows(package.get("dependencies"))
    for group in ("optional-dependencies", "dev-dependencies"):
        for extra in table(package.get(group)).values():
            listed = [*listed, *rows(extra)]
    needed: list[str] = []
    for entry in map(table, listed):
        name, version = text(entry.get("name")), text(entry.get("version"))
        needed += [f"{name} {version}"] if version else by_name.get(name, [])
    return needed


def _pin(package: dict[str, Any], path: Path, way: tuple[str, ...]) -> Pin:
    reference = pypi(package.get("name"), package.get("version"))
    source = table(package.get("source"))
    listed = [table(package.get("sdist")), *map(table, rows(package.get("wheels")))]
    base = text(source.get("registry") or source.get("url"), 2000)
    files = []
    for entry in listed:
        url = entry.get("url") or (source.get("url") if entry.get("hash") and "url" in source else None)
        if isinstance(url, str):
            files.append(artefact(reference, urljoin(base.rstrip("/") + "/", url), [digest_of(entry.get("hash"))]))
        elif isinstance(entry.get("path"), str):
            place = (path.parent / base / entry["path"]).absolute()
            files.append(artefact(reference, place.as_uri(), [digest_of(entry.get("hash"))]))
    if files:
        return Pin(reference, str(path), tuple(files), path=way)
    kind = next(iter(source), "nothing")
    why = f"{reference.name} comes from {text(kind)}, not from an index; look at it with darnel scan PATH"
    return Pin(reference, str(path), path=way, problem=why)
