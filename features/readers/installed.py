"""An installed distribution, through its RECORD."""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from importlib import metadata

from darnel.errors import InputError
from darnel.features.anomalies import Findings
from darnel.features.limits import Limits
from darnel.features.package import Anomaly, Ecosystem, Form, Member, TreeDigest
from darnel.features.readers.budget import Budget
from darnel.features.readers.detect import SOURCE_SUFFIXES, suffix
from darnel.features.readers.folder import read_file
from darnel.features.readers.identity import Named, normalise
from darnel.features.readers.paths import clean
from darnel.features.readers.record import Row, matches
from darnel.features.readers.site import header, recorded, seem_installed, site, source_of
from darnel.features.readers.walk import LFS_POINTER, look_inside

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
"""What a distribution name looks like."""


def find(name: str, path: Sequence[str] | None) -> metadata.Distribution:
    """The installed distribution of that name; nothing of it is imported.

    Raises
    ------
    InputError
        There is none.
    """
    context = {"name": name} if path is None else {"name": name, "path": list(path)}
    found = next(iter(metadata.Distribution.discover(**context)), None)
    if found is None:
        raise InputError(
            f"{name}: no such file, folder or installed distribution; check the spelling, or write pypi:{name} or "
            f"npm:{name} for a release that is not here"
        )
    return found


class InstalledPackage:
    """An installed distribution; see :class:`darnel.features.package.Package`.

    Files are read where RECORD says, if that is inside the environment, and what else lies in the same folders, as
    an import finds it there; bytecode beside the source that it may come from is left out, and so are linked folders.
    """

    _digest = ""
    """Of what the last whole pass has read."""

    def __init__(self, distribution: metadata.Distribution, limits: Limits, name: str) -> None:
        self._site = os.path.realpath(str(distribution.locate_file("")))
        self._limits = limits
        self.anomalies: list[Anomaly] = []
        named = normalise(Named(header(distribution, "Name") or name, header(distribution, "Version")), Ecosystem.PYPI)
        self.name, self.version = named
        self.source = f"<installed {self.name}>"
        self.ecosystem: Ecosystem = Ecosystem.PYPI
        self.form: Form = Form.INSTALLED
        rows = recorded(distribution)
        self._recorded = rows is not None
        self._rows = seem_installed(distribution) if rows is None else rows
        self._environment = _environment(self._site)

    @cached_property
    def compressed_size(self) -> int:
        """Sum of the file sizes, bytes."""
        total = 0
        for _, _, full in self._places(Findings()):
            try:
                total += os.lstat(full).st_size
            except OSError:
                continue
        return total

    def members(self) -> Iterator[Member]:
        """One pass over the listed files, sorted by path."""
        findings = Findings()
        self.anomalies = findings.items
        budget = Budget(self._limits, self._limits.uncompressed_bytes, self._limits.members)
        count, tree = 0, TreeDigest()
        if not self._recorded:
            findings.add("record-none", "", "installed without RECORD")
        for row, path, full in self._places(findings):
            if budget.members <= 0 or budget.remaining <= 0:
                findings.add("members-limit" if budget.members <= 0 else "expansion-limit", path)
                break
            budget.members -= 1
            member = self._member(row, path, full, budget, findings)
            if member is None:
                continue
            count += 1
            if "!/" not in path:
                tree.add(path, member.sha256)
            yield member
            yield from look_inside(member, budget, findings, self._limits.nesting)
        if not count:
            findings.add("empty")
        self._digest = tree.hexdigest()

    def digest(self) -> str:
        """sha256 over the sorted (path, content hash) list."""
        if not self._digest:
            deque(self.members(), maxlen=0)
        return self._digest

    def _member(self, row: Row, path: str, full: str, budget: Budget, findings: Findings) -> Member | None:
        try:
            if os.path.islink(full):
                findings.add("symlink", path)
                if suffix(path) in SOURCE_SUFFIXES:
                    findings.add("linked-code", path)
                return None
            data, size, executable = read_file(full, min(self._limits.member_bytes, budget.remaining))
            digest = sha256(data).hexdigest()
        except FileNotFoundError:
            if not path.endswith(".pyc"):
                findings.add("record-absent", path)
            return None
        except (OSError, ValueError) as error:
            findings.add("unreadable", path, str(getattr(error, "strerror", "") or type(error).__name__))
            return None
        budget.remaining -= len(data)
        if size > len(data):
            findings.add("member-cut", path, f"{size} bytes")
        elif not matches(row, data, digest):
            findings.add("record-mismatch", path)
        if data.startswith(LFS_POINTER):
            findings.add("lfs-pointer", path)
        return Member(path, data, size, executable, digest)

    def _places(self, findings: Findings) -> Iterator[tuple[Row, str, str]]:
        """Row, package path and full path of everything to be read, sorted by package path."""
        listed = {row.path for row in self._rows}
        places: dict[str, tuple[Row, str, str]] = {}
        for row in self._rows:
            if not row.digest and source_of(row.path) in listed:
                continue
            full = os.path.normpath(os.path.join(self._site, row.path))
            path, kinds = clean(row.path)
            for kind in kinds:
                if kind not in ("traversal", "absolute-path"):
                    findings.add(kind, path)
            folder = os.path.realpath(os.path.dirname(full))
            if not any(_inside(folder, root) for root in (self._site, self._environment)):
                findings.add("traversal", path, "outside of the environment, not read")
                continue
            if row.path.endswith(("/", "__pycache__")) or not path:  # virtualenv lists folders
                continue
            places.setdefault(path, (row, path, full))
        for path in site(self._site).unlisted(listed):
            if path not in places:
                if self._recorded:
                    findings.add("record-unlisted", path)
                places[path] = Row(path, "", ""), path, os.path.join(self._site, path)
        for path in sorted(places):
            yield places[path]


def _inside(folder: str, root: str) -> bool:
    return folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)


def _environment(site: str) -> str:
    """Root of the environment that a site-packages folder belongs to; the folder itself if there is none."""
    prefix = os.path.realpath(sys.prefix)
    if _inside(site, prefix):
        return prefix
    folder = site
    for _ in range(4):
        if os.path.exists(os.path.join(folder, "pyvenv.cfg")):
            return folder
        folder = os.path.dirname(folder)
    return site
