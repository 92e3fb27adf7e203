"""Which release this is: ecosystem, form, name and version, from file name, container and manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from contextlib import suppress
from typing import NamedTuple

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from darnel.features import toml
from darnel.features.package import Ecosystem, Form

MANIFEST_BYTES = 1 << 20
"""Of a manifest, at most this much is looked at."""
NAME_CHARACTERS = 214
MANIFESTS = ("PKG-INFO", "package.json", "pyproject.toml", "METADATA")
"""Manifests that tell name and version, looked for below the top folder (METADATA in ``*.dist-info``)."""

_HEADER = re.compile(r"^(Name|Version)[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_ARCHIVE_SUFFIX = re.compile(r"\.(?:tar\.(?:gz|bz2|xz|Z)|tgz|tbz2?|txz|tar|zip|whl|egg)$", re.IGNORECASE)
_WHEEL_TAGS = re.compile(r"-(?:py|cp|pp)\d[^-]*-[^-]+-[^-]+$")
_YARN = re.compile(r"(?P<name>.+)-npm-(?P<version>\d.*?)-[0-9a-f]{6,}(?:-[0-9a-f]+)?")
"""Stem of a file in yarn's cache: ``@scope-name-npm-1.2.3-<hash>-<cache key>``."""
_NAME_VERSION = re.compile(r"(?P<name>.+?)-(?P<version>v?\d[^/]*)$")


class Named(NamedTuple):
    """Name and version as one source tells them; ``""`` where it does not."""

    name: str = ""
    version: str = ""


class Identity(NamedTuple):
    """What a release is."""

    ecosystem: Ecosystem
    form: Form
    name: str
    version: str
    mismatch: str = ""
    """How file name and manifest contradict each other, for an anomaly."""


def from_metadata(data: bytes) -> Named:
    """From PKG-INFO or METADATA: the headers before the first empty line."""
    head = re.split(rb"\r?\n\r?\n", data[:MANIFEST_BYTES], maxsplit=1)[0].decode("utf-8", "replace")
    found: dict[str, str] = {}
    for key, value in _HEADER.findall(head):
        found.setdefault(key, value)
    return Named(found.get("Name", ""), found.get("Version", ""))


def from_package_json(data: bytes) -> Named:
    """From package.json; nothing if it is broken."""
    try:
        manifest = json.loads(data[:MANIFEST_BYTES].decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return Named()
    if not isinstance(manifest, dict):
        return Named()
    name, version = manifest.get("name"), manifest.get("version")
    return Named(name if isinstance(name, str) else "", version if isinstance(version, str) else "")


def from_pyproject(data: bytes) -> Named:
    """From ``[project]`` (or ``[tool.poetry]``) of pyproject.toml."""
    try:
        document = toml.loads(data[:MANIFEST_BYTES].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return Named()
    tool = document.get("tool")
    for table in (document.get("project"), tool.get("poetry") if isinstance(tool, dict) else None):
        if isinstance(table, dict) and isinstance(table.get("name"), str):
            version = table.get("version")
            return Named(table["name"], version if isinstance(version, str) else "")
    return Named()


def from_file_name(file_name: str) -> Named:
    """From ``NAME-VERSION.SUFFIX`` (wheels and sdists by their rules, else up to the first ``-`` before a digit)."""
    if yarn := _YARN.fullmatch(_ARCHIVE_SUFFIX.sub("", file_name)):
        # Older caches write 4-0-0 for 4.0.0.
        return Named(yarn["name"], re.sub(r"^(\d+)-(\d+)-(\d+)", r"\1.\2.\3", yarn["version"]))
    try:
        if file_name.endswith(".whl"):
            wheel = parse_wheel_filename(file_name)
            return Named(str(wheel[0]), str(wheel[1]))
        if file_name.endswith((".tar.gz", ".zip")):
            sdist = parse_sdist_filename(file_name)
            return Named(str(sdist[0]), str(sdist[1]))
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        pass
    stem = _ARCHIVE_SUFFIX.sub("", file_name)
    if _WHEEL_TAGS.search(stem):
        # A wheel whose suffix was changed.
        with suppress(InvalidWheelFilename, InvalidVersion):
            wheel = parse_wheel_filename(f"{stem}.whl")
            return Named(str(wheel[0]), str(wheel[1]))
    match = _NAME_VERSION.match(stem)
    return Named(match["name"], match["version"]) if match else Named()


def normalise(named: Named, ecosystem: Ecosystem) -> Named:
    """PEP 503 / PEP 440 spelling for PyPI, lower case for npm, printable and bounded for all."""
    name = "".join(c for c in named.name.strip() if c.isprintable())[:NAME_CHARACTERS]
    version = "".join(c for c in named.version.strip() if c.isprintable())[:NAME_CHARACTERS]
    if ecosystem is Ecosystem.PYPI:
        name = str(canonicalize_name(name))
        with suppress(InvalidVersion):
            version = str(Version(version))
    elif ecosystem is Ecosystem.NPM:
        name = name.lower()
        version = version.removeprefix("v")
    return Named(name, version)


def identify(
    paths: Set[str],
    manifests: Mapping[str, bytes],
    *,
    file_name: str = "",
    top: str = "",
    metadata: str = "",
    form: Form = Form.ARCHIVE,
) -> Identity:
    """Weigh what is there.

    Parameters
    ----------
    paths : set of str
        Package paths (top folder taken off) as far as they are known.
    manifests : mapping
        Content of the manifests among them.
    file_name : str
        Of the artefact, ``""`` if unknown.
    top : str
        The top folder that was taken off, with its slash.
    metadata : str
        Name of the ``*.dist-info`` folder, for wheels.
    form : Form
        ``TREE`` and ``INSTALLED`` are kept; ``ARCHIVE`` is made more precise.
    """
    ecosystem, precise = _registry(paths, file_name, top, metadata)
    if form is Form.ARCHIVE:
        form = precise
    told = _manifest(manifests, ecosystem, metadata)
    by_folder = from_file_name(top.rstrip("/").rpartition("/")[2]) if top != "package/" else Named()
    by_file = from_file_name(file_name)
    sources = [normalise(named, ecosystem) for named in (told, by_file, by_folder)]
    name = next((named.name for named in sources if named.name), "")
    version = next((named.version for named in sources if named.version), "")
    return Identity(ecosystem, form, name, version, _mismatch(sources[0], sources[1]))


def _registry(paths: Set[str], file_name: str, top: str, metadata: str) -> tuple[Ecosystem, Form]:
    lower = file_name.lower()
    if metadata or "EGG-INFO/PKG-INFO" in paths:
        return Ecosystem.PYPI, Form.WHEEL
    node, egg = "package.json" in paths, "PKG-INFO" in paths
    if node and (top.endswith("package/") or top.startswith("node_modules/") or lower.endswith(".tgz")) and not egg:
        return Ecosystem.NPM, Form.NPM_TARBALL
    if egg or not paths.isdisjoint(("setup.py", "setup.cfg", "pyproject.toml")):
        return Ecosystem.PYPI, Form.SDIST
    if node or top.endswith("package/") or lower.endswith(".tgz"):
        return Ecosystem.NPM, Form.NPM_TARBALL
    if _YARN.fullmatch(_ARCHIVE_SUFFIX.sub("", file_name)):
        return Ecosystem.NPM, Form.NPM_TARBALL
    if lower.endswith(".whl"):
        return Ecosystem.PYPI, Form.WHEEL
    if from_file_name(file_name).version and lower.endswith((".tar.gz", ".tar.bz2", ".zip")):
        return Ecosystem.PYPI, Form.SDIST
    return Ecosystem.UNKNOWN, Form.ARCHIVE


def _manifest(manifests: Mapping[str, bytes], ecosystem: Ecosystem, metadata: str) -> Named:
    if ecosystem is Ecosystem.NPM:
        return from_package_json(manifests.get("package.json", b""))
    for path in (f"{metadata}/METADATA", "PKG-INFO", "EGG-INFO/PKG-INFO"):
        if path in manifests and (named := from_metadata(manifests[path])).name:
            return named
    return from_pyproject(manifests.get("pyproject.toml", b""))


def _mismatch(manifest: Named, file: Named) -> str:
    if not (manifest.name and file.name):
        return ""
    plain = re.sub(r"[-_.]+", "-", manifest.name)
    scoped = plain.lstrip("@").replace("/", "-")
    other = re.sub(r"[-_.]+", "-", file.name.lower().lstrip("@"))
    if other not in (plain, scoped, plain.rpartition("/")[2]):
        return f"{manifest.name} in the manifest, {file.name} in the file name"
    if manifest.version and file.version and manifest.version != file.version:
        return f"{manifest.version} in the manifest, {file.version} in the file name"
    return ""
