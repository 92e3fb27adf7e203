"""Benign releases as hosts: their files in memory, and the places where an attacker would put something."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from darnel.features.limits import MIB
from darnel.features.package import Ecosystem, Form, Member, Package
from darnel.features.raw import RawPackage
from darnel.features.roles import Role
from darnel.training.benchmarks.source import readable

FEWEST, MOST = 3, 2_000
"""Files of a host."""
HOST_BYTES = 64 * MIB
FILE_BYTES = 1 * MIB
"""Larger files are left alone."""
_JAVASCRIPT = (".js", ".cjs", ".mjs")


@dataclass
class Host:
    """A benign release.

    Parameters
    ----------
    id : str
        Of its sample.
    package : Package
    raw : RawPackage
        Its clean raw features.
    members : dict of str to Member
        In archive order.
    """

    id: str
    package: Package = field(repr=False)
    raw: RawPackage = field(repr=False)
    members: dict[str, Member] = field(repr=False)

    @property
    def ecosystem(self) -> Ecosystem:
        """Its registry."""
        return self.package.ecosystem

    @property
    def form(self) -> Form:
        """Its container."""
        return self.package.form

    @cached_property
    def roles(self) -> dict[str, str]:
        """Role of every file that was analysed."""
        return {file["path"]: file["role"] for file in self.raw["files"]}

    def text(self, path: str) -> bytes | None:
        """Content of a file that can be edited as UTF-8, else None."""
        member = self.members.get(path)
        if member is None or member.size != len(member.data) or member.size > FILE_BYTES:
            return None
        return member.data if readable(member.data) else None

    @cached_property
    def main(self) -> str:
        """The main ``__init__.py`` or the ``main`` file; ``""`` if there is none that can be edited."""
        found = self._main_npm() if self.ecosystem is Ecosystem.NPM else self._main_pypi()
        return found if found and self.text(found) is not None else ""

    def _main_pypi(self) -> str:
        known = [p for p in self.members if p.endswith("/__init__.py") and self.roles.get(p) == Role.ENTRY]
        if not known:
            return next((p for p in self.members if "/" not in p and p.endswith(".py") and p != "setup.py"), "")
        flat = self.package.name.replace("-", "_").lower()
        inside = {p: sum(q.startswith(p[: -len("__init__.py")]) for q in self.members) for p in known}
        return min(known, key=lambda p: (p.split("/")[-2].lower() != flat, p.count("/"), -inside[p], p))

    def _main_npm(self) -> str:
        value = self.manifest.get("main")
        wanted = posixpath.normpath(value) if isinstance(value, str) and value else "index.js"
        for path in (wanted, f"{wanted}.js", f"{wanted}/index.js", "index.js", "index.mjs", "lib/index.js"):
            if path in self.members and path.endswith(_JAVASCRIPT):
                return path
        return ""

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """package.json; empty if there is none or it is broken."""
        data = self.text("package.json")
        try:
            value = json.loads(data or b"{}")
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def modules(self, least: int = 400) -> list[str]:
        """Source files deep inside that code of the package can import, of at least ``least`` bytes, sorted."""
        wanted = _JAVASCRIPT if self.ecosystem is Ecosystem.NPM else (".py",)
        found = [
            path
            for path in self.members
            if path.endswith(wanted)
            and path != self.main
            and self.roles.get(path) in (Role.MODULE, Role.ENTRY)
            and least <= self.members[path].size <= FILE_BYTES
        ]
        deep = [path for path in found if path.count("/") >= 2]
        return sorted(deep or found)

    def is_module(self, path: str) -> bool:
        """Whether a JavaScript file is an ES module, without ``require``."""
        if path.endswith(".mjs"):
            return True
        if path.endswith(".cjs"):
            return False
        data = self.text(path) or b""
        return (
            self.manifest.get("type") == "module"
            or data.startswith((b"import ", b"export "))
            or (b"\nimport " in data or b"\nexport " in data)
        )


def open_host(name: str, package: Package, raw: RawPackage, fewest: int = FEWEST) -> Host | None:
    """Read a package into memory; None if it cannot be a host (too few, too many or doubled files, too large)."""
    members: dict[str, Member] = {}
    size = 0
    for member in package.members():
        size += member.size
        if member.path in members or size > HOST_BYTES or len(members) > MOST:
            return None
        members[member.path] = member
    if len(members) < fewest or any("package-seconds" in file["cut"] for file in raw["files"]):
        return None
    return Host(name, package, raw, members)


def streamed(host: Host, files: dict[str, bytes]) -> Iterator[Member]:
    """The host's members with ``files`` replaced where they are and added at the end where they are new."""
    for path, member in host.members.items():
        if path in files:
            yield Member(path, files[path], len(files[path]), member.executable)
        else:
            yield member
    for path, data in files.items():
        if path not in host.members:
            yield Member(path, data, len(data))
