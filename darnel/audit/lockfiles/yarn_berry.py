"""yarn.lock of yarn 2 and later (berry).

Source: https://yarnpkg.com/advanced/lexicon#locator
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from darnel.audit.graph import paths
from darnel.audit.lockfiles.npm_files import is_exact, load_yaml, pin
from darnel.audit.pin import Pin, table, text
from darnel.index.artefact import Artefact, Kind

TOOL = "yarn install --mode=update-lockfile"
_LOCATOR = re.compile(r"(?P<name>(?:@[^/]+/)?[^@/]+)@(?P<protocol>[a-z+]+):(?P<rest>.*)")


def read(path: Path) -> list[Pin]:
    """All packages but the project's own workspaces.

    The checksums of the format are those of yarn's own archives, not of the registry's tarballs: they serve to find
    the former in ``.yarn/cache``, and say nothing about the latter.

    Raises
    ------
    InputError
        It cannot be read.
    """
    entries = {key: table(entry) for key, entry in load_yaml(path, TOOL).items() if key != "__metadata"}
    by_key = {text(key.strip(), 500): _id(entry) for keys, entry in entries.items() for key in str(keys).split(",")}
    edges = {_id(entry): _needed(entry, by_key) for entry in entries.values()}
    own = [_id(entry) for entry in entries.values() if _locator(entry)[1] == "workspace"]
    found = paths(edges, own)
    return [
        _pin(entry, path, found.get(_id(entry), ())) for entry in entries.values() if _locator(entry)[1] != "workspace"
    ]


def _locator(entry: dict[str, Any]) -> tuple[str, str, str]:
    found = _LOCATOR.fullmatch(text(entry.get("resolution"), 2000))
    return (found["name"], found["protocol"], found["rest"]) if found else ("", "", "")


def _id(entry: dict[str, Any]) -> str:
    name, protocol, _ = _locator(entry)
    return name if protocol == "workspace" else f"{name} {text(str(entry.get('version') or ''))}".strip()


def _needed(entry: dict[str, Any], by_key: dict[str, str]) -> list[str]:
    needed = []
    for group in ("dependencies", "optionalDependencies"):
        for name, wanted in table(entry.get(group)).items():
            key = f"{name}@{wanted}"
            needed.append(by_key.get(key) or by_key.get(f"{name}@npm:{wanted}") or "")
    return [node for node in needed if node]


def _pin(entry: dict[str, Any], path: Path, way: tuple[str, ...]) -> Pin:
    name, protocol, rest = _locator(entry)
    if protocol in ("npm", "patch"):
        # A patch is applied to a release of the registry, which is what is judged.
        version = rest.partition("::")[0] if protocol == "npm" else text(str(entry.get("version") or ""))
        kept = _kept(name, version, text(entry.get("checksum")), path.parent / ".yarn" / "cache")
        if kept is not None:
            return Pin(kept.reference, str(path), (kept,), path=way)
        return pin(name, version, "", "", str(path), way)
    url = f"{protocol}:{rest}" if protocol in ("https", "http") else f"{protocol or 'nowhere'}:"
    return pin(name, text(str(entry.get("version") or "")), url, "", str(path), way)


def _kept(name: str, version: str, checksum: str, cache: Path) -> Artefact | None:
    """The archive in the project's own cache, if it is kept there (``enableGlobalCache: false``)."""
    digest = checksum.rpartition("/")[2].lower()
    if not re.fullmatch(r"[0-9a-f]{128}", digest) or not cache.is_dir() or not is_exact(version):
        return None
    stem = f"{name.replace('/', '-')}-npm-{version}-"
    found = next(
        (path for path in sorted(cache.iterdir()) if path.name.startswith(stem) and path.suffix == ".zip"), None
    )
    if found is None:
        return None
    url = found.absolute().as_uri()
    return Artefact("npm", name, version, found.name, url, {"sha512": digest}, Kind.TARBALL)
