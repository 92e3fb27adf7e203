"""pnpm-lock.yaml, versions 5 to 9 of the format.

Source: https://github.com/pnpm/spec/tree/master/lockfile
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from darnel.audit.graph import paths
from darnel.audit.lockfiles.npm_files import is_exact, load_yaml, pin
from darnel.audit.pin import Pin, table, text

TOOL = "pnpm install --lockfile-only"
_NEEDS = ("dependencies", "optionalDependencies", "devDependencies")
_KEY = re.compile(r"/?(?P<name>(?:@[^/]+/)?[^/@(]+)[@/](?P<version>[^(_]+)(?:[(_].*)?")


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return name == "pnpm-lock.yaml"


def read(path: Path) -> list[Pin]:
    """All packages, those for development and for other platforms too.

    Raises
    ------
    InputError
        It cannot be read.
    """
    document = load_yaml(path, TOOL)
    packages = {text(key, 500): table(entry) for key, entry in table(document.get("packages")).items()}
    graph = {text(key, 500): table(entry) for key, entry in table(document.get("snapshots")).items()} or packages
    importers = table(document.get("importers")) or {".": document}
    edges = {_id(key): _needed(entry) for key, entry in graph.items()}
    roots = [node for importer in importers.values() for node in _needed(table(importer))]
    found = paths(edges, roots) if roots else {}
    return [_pin(key, entry, path, found.get(_id(key), ())) for key, entry in packages.items()]


def _parts(key: str) -> tuple[str, str]:
    """Name and version of ``/name@1.0.0(peer@2.0.0)``, ``name@1.0.0``, ``/name/1.0.0_peer@2.0.0``."""
    found = _KEY.fullmatch(key)
    return (found["name"], found["version"]) if found else (key, "")


def _id(key: str) -> str:
    name, version = _parts(key)
    return f"{name} {version}".strip()


def _needed(entry: dict[str, Any]) -> list[str]:
    needed: list[str] = []
    for group in _NEEDS:
        for name, value in table(entry.get(group)).items():
            version = text(value.get("version") if isinstance(value, dict) else value, 500)
            if version.startswith(("link:", "workspace:")):
                continue
            bare = re.split(r"[(_]", version, maxsplit=1)[0]
            # An alias, or an address, stands there in full.
            needed.append(f"{text(name)} {bare}" if is_exact(bare) else _id(version))
    return needed


def _pin(key: str, entry: dict[str, Any], path: Path, way: tuple[str, ...]) -> Pin:
    name, version = _parts(key)
    resolution = table(entry.get("resolution"))
    name, version = text(entry.get("name")) or name, text(entry.get("version")) or version
    url = text(resolution.get("tarball"), 2000)
    if not url and resolution.get("type") not in (None, "tarball"):
        url = f"{text(resolution.get('type'))}:{text(resolution.get('repo'))}"
    return pin(name, version, url, text(resolution.get("integrity"), 1000), str(path), way)
