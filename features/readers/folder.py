"""A package in a folder (source tree, unpacked package, ``node_modules/x``) or a single source file."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256

from darnel.errors import InputError
from darnel.features.anomalies import Findings
from darnel.features.limits import Limits
from darnel.features.package import Anomaly, Ecosystem, Form, Member, TreeDigest
from darnel.features.readers.budget import Budget
from darnel.features.readers.detect import SOURCE_SUFFIXES, suffix
from darnel.features.readers.identity import MANIFEST_BYTES, MANIFESTS, identify
from darnel.features.readers.layout import dist_info
from darnel.features.readers.paths import clean
from darnel.features.readers.record import RecordCheck
from darnel.features.readers.walk import LFS_POINTER, look_inside

_GIT_STORES = frozenset({"objects", "lfs"})
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


def read_file(path: str, cap: int) -> tuple[bytes, int, bool]:
    """Content (at most ``cap`` bytes), size and executable bit of a regular file; links are not followed.

    Raises
    ------
    OSError
        It cannot be read, or is no regular file any more.
    """
    handle = os.open(path, _OPEN_FLAGS)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a regular file")
        data = file.read(cap)
        size = len(data) if len(data) < cap else max(found.st_size, len(data))
    return data, size, bool(found.st_mode & 0o111)


class FolderPackage:
    """A release in a folder; see :class:`darnel.features.package.Package`."""

    _digest = ""
    """Of what the last whole pass has read."""

    def __init__(self, folder: str, limits: Limits) -> None:
        self.source = folder
        self.anomalies: list[Anomaly] = []
        self._limits = limits
        try:
            names = sorted(
                entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "") for entry in os.scandir(folder)
            )
        except OSError as error:
            raise InputError(f"{folder}: {error.strerror}; give a readable folder") from error
        self._root = folder
        wrapped = len(names) == 1 and names[0].endswith("/") and _has_manifest(os.path.join(folder, names[0]))
        if wrapped:
            self._root = os.path.join(folder, names[0].rstrip("/"))
            names = _names(self._root)
        files = {name for name in names if not name.endswith("/")}
        infos = [f"{name}{part}" for name in names if name.endswith(".dist-info/") for part in _names(self._root, name)]
        self._metadata = dist_info(infos)
        parent, base = os.path.split(os.path.abspath(self._root))
        above = os.path.basename(parent)
        top = f"node_modules/{base}/" if above == "node_modules" or above.startswith("@") else f"{base}/"
        identity = identify(files, self._manifests(files), top=top, metadata=self._metadata, form=Form.TREE)
        self.ecosystem: Ecosystem = identity.ecosystem
        self.form: Form = Form.TREE
        self.name = identity.name
        self.version = identity.version

    def _manifests(self, files: set[str]) -> dict[str, bytes]:
        wanted = [name for name in MANIFESTS if name in files]
        if self._metadata:
            wanted.append(f"{self._metadata}/METADATA")
        found: dict[str, bytes] = {}
        for name in wanted:
            try:
                found[name] = read_file(os.path.join(self._root, name), MANIFEST_BYTES)[0]
            except OSError:
                continue  # recorded by the pass
        return found

    @cached_property
    def compressed_size(self) -> int:
        """Sum of the file sizes, bytes."""
        total = 0
        for _, path in self._files(Findings()):
            try:
                total += os.lstat(path).st_size
            except OSError:
                continue
        return total

    def members(self) -> Iterator[Member]:
        """One pass over the regular files, sorted by path."""
        findings = Findings()
        self.anomalies = findings.items
        # Content on disk is not compressed: no ratio applies.
        budget = Budget(self._limits, self._limits.uncompressed_bytes, self._limits.members)
        check = self._record_check(findings)
        count, tree = 0, TreeDigest()
        for path, full in self._files(findings):
            if budget.members <= 0 or budget.remaining <= 0:
                findings.add("members-limit" if budget.members <= 0 else "expansion-limit", path)
                break
            budget.members -= 1
            member = self._member(path, full, budget, findings)
            if member is None:
                continue
            count += 1
            if "!/" not in path:
                tree.add(path, member.sha256)
            if check:
                check.see(member)
            yield member
            yield from look_inside(member, budget, findings, self._limits.nesting)
        if check:
            check.finish()
        if not count:
            findings.add("empty")
        self._digest = tree.hexdigest()

    def digest(self) -> str:
        """sha256 over the sorted (path, content hash) list; files that cannot be read are left out."""
        if not self._digest:
            deque(self.members(), maxlen=0)
        return self._digest

    def _member(self, path: str, full: str, budget: Budget, findings: Findings) -> Member | None:
        try:
            data, size, executable = read_file(full, min(self._limits.member_bytes, budget.remaining))
        except OSError as error:
            findings.add("unreadable", path, error.strerror or str(error))
            return None
        budget.remaining -= len(data)
        if size > len(data):
            findings.add("member-cut", path, f"{size} bytes")
        if data.startswith(LFS_POINTER):
            findings.add("lfs-pointer", path)
        return Member(path, data, size, executable, sha256(data).hexdigest())

    def _record_check(self, findings: Findings) -> RecordCheck | None:
        if not self._metadata:
            return None
        try:
            data = read_file(os.path.join(self._root, self._metadata, "RECORD"), self._limits.member_bytes)[0]
        except OSError:
            data = None
        return RecordCheck(data, self._metadata, findings)

    def _files(self, findings: Findings) -> Iterator[tuple[str, str]]:
        """(package path, full path) of the regular files, sorted; what is not followed is recorded."""
        pending = [(self._root, "")]
        while pending:
            full, prefix = pending.pop()
            if not prefix.endswith("/") and prefix:
                path, kinds = clean(prefix)
                for kind in kinds:
                    if kind != "backslash":
                        findings.add(kind, path)
                yield path, full
                continue
            try:
                entries = list(os.scandir(full))
            except OSError as error:
                findings.add("unreadable", prefix, error.strerror or "")
                continue
            found = [item for entry in entries if (item := self._sort_out(entry, prefix, findings))]
            # Folders sort with their slash: the walk is in the order of the full paths.
            pending.extend(sorted(found, key=lambda item: item[1], reverse=True))

    def _sort_out(self, entry: os.DirEntry[str], prefix: str, findings: Findings) -> tuple[str, str] | None:
        path = prefix + entry.name
        try:
            if entry.is_symlink():
                findings.add("symlink", path)
                if suffix(path) in SOURCE_SUFFIXES:
                    findings.add("linked-code", path)
                return None
            if entry.is_dir(follow_symlinks=False):
                if entry.name in _GIT_STORES and (f"/{prefix}").endswith(("/.git/", ".git/modules/")):
                    findings.add("skipped", path, "git object store")
                    return None
                if path.count("/") + 1 > self._limits.path_depth:
                    findings.add("path-depth", path, "not entered")
                    return None
                return entry.path, path + "/"
            if entry.is_file(follow_symlinks=False):
                return entry.path, path
        except OSError as error:
            findings.add("unreadable", path, error.strerror or "")
            return None
        findings.add("device", path)
        return None


def _names(*parts: str) -> list[str]:
    try:
        return sorted(
            entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "")
            for entry in os.scandir(os.path.join(*parts))
        )
    except OSError:
        return []


def _has_manifest(folder: str) -> bool:
    return not {"PKG-INFO", "package.json", "pyproject.toml", "setup.py"}.isdisjoint(_names(folder))


class FilePackage(FolderPackage):
    """One source file as a tree of its own."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.source = path
        self.anomalies = []
        self._limits = limits
        self._root = path
        self._metadata = ""
        self._base = os.path.basename(path)
        python = suffix(self._base) in (".py", ".pyw", ".pyi", ".pth", ".ipynb")
        node = suffix(self._base) in (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts")
        self.ecosystem = Ecosystem.PYPI if python else Ecosystem.NPM if node else Ecosystem.UNKNOWN
        self.form = Form.TREE
        self.name = self.version = ""

    def _files(self, findings: Findings) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        yield self._base, self._root
