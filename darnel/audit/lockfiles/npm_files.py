"""What the lock files of JavaScript tools have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from darnel.audit.pin import Pin, npm, read_text, top, unreadable
from darnel.index.artefact import Artefact, Kind, file_name, from_integrity
from darnel.index.reference import Reference

_EXACT = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


def load_yaml(path: Path, tool: str) -> dict[str, Any]:
    """A YAML file as a table; nothing but plain data is built from it.

    Raises
    ------
    InputError
        It cannot be read, or is not YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return top(yaml.load(read_text(path), Loader=loader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise unreadable(path, error, tool) from error


def is_exact(version: str) -> bool:
    """Whether this is one version and not a range, an address or a folder."""
    return bool(_EXACT.fullmatch(version))


def tarball(reference: Reference, url: str, integrity: str) -> Artefact:
    """A tarball that a lock names by its address."""
    hashes = from_integrity(integrity)
    return Artefact(
        reference.ecosystem,
        reference.name,
        reference.version,
        file_name(url, "artefact.tgz"),
        url,
        hashes,
        Kind.TARBALL,
    )


def pin(name: str, version: str, url: str, integrity: str, place: str, way: tuple[str, ...]) -> Pin:
    """A package of a lock: by its address, else by its version, else not judged.

    Parameters
    ----------
    name, version : str
        Of the package.
    url : str
        Address of the tarball, ``""`` when the lock leaves it to the registry.
    integrity : str
        Subresource-integrity string, ``""`` for none.
    place : str
        The lock file.
    way : tuple of str
        Names from what the project asks for to this one.
    """
    reference = npm(name, version if is_exact(version) else "")
    if url.startswith(("https://", "http://")):
        return Pin(reference, place, (tarball(reference, url, integrity),), path=way)
    if url or not reference.version:
        kind = (url or version).partition(":")[0][:40] or "nowhere"
        why = f"{reference.name} comes from {kind}, not from a registry; look at it with darnel scan PATH"
        return Pin(reference, place, path=way, problem=why)
    return Pin(reference, place, hashes=frozenset(from_integrity(integrity).items()), path=way)
