"""poetry.lock, versions 1 and 2 of the format.

Source: https://python-poetry.org/docs/basic-usage/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from darnel.audit.graph import paths
from darnel.audit.lockfiles.python_files import artefact, digest_of, load_toml
from darnel.audit.pin import Pin, pypi, rows, table, text

TOOL = "poetry lock"


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return name == "poetry.lock"


def read(path: Path) -> list[Pin]:
    """All packages of all groups.

    Raises
    ------
    InputError
        It cannot be read.
    """
    document = load_toml(path, TOOL)
    packages = [table(package) for package in rows(document.get("package"))]
    old = table(table(document.get("metadata")).get("files"))
    edges = {_name(package): [*map(canonicalize_name, table(package.get("dependencies")))] for package in packages}
    found = paths(edges, [name for name in _asked(path.parent / "pyproject.toml") if name in edges])
    return [_pin(package, path, found.get(_name(package), ()), old) for package in packages]


def _name(package: dict[str, Any]) -> str:
    return canonicalize_name(text(package.get("name")))


def _asked(manifest: Path) -> list[str]:
    """What the project asks for, if its manifest is beside the lock."""
    if not manifest.is_file():
        return []
    document = load_toml(manifest, TOOL)
    poetry = table(table(document.get("tool")).get("poetry"))
    project = table(document.get("project"))
    names = [*table(poetry.get("dependencies")), *table(poetry.get("dev-dependencies"))]
    for group in table(poetry.get("group")).values():
        names += table(table(group).get("dependencies"))
    listed = [*rows(project.get("dependencies"))]
    for extra in (
        *table(project.get("optional-dependencies")).values(),
        *table(document.get("dependency-groups")).values(),
    ):
        listed += rows(extra)
    for line in listed:
        try:
            names.append(Requirement(line).name)
        except (InvalidRequirement, TypeError):
            continue
    return [canonicalize_name(name) for name in names]


def _pin(package: dict[str, Any], path: Path, way: tuple[str, ...], old: dict[str, Any]) -> Pin:
    reference = pypi(package.get("name"), package.get("version"))
    source = table(package.get("source"))
    kind = text(source.get("type"))
    listed = [table(entry) for entry in rows(package.get("files") or old.get(text(package.get("name"))))]
    digests = [digest_of(entry.get("hash")) for entry in listed]
    if kind == "url":
        file = artefact(reference, text(source.get("url"), 2000), digests[:1])
        return Pin(reference, str(path), (file,), path=way)
    if kind in ("git", "directory", "file"):
        why = f"{reference.name} comes from {kind}, not from an index; look at it with darnel scan PATH"
        return Pin(reference, str(path), path=way, problem=why)
    return Pin(reference, str(path), hashes=frozenset(pair for pair in digests if pair), path=way)
