"""A package in an archive: zip (wheel, sdist, yarn cache) or tar, plain or compressed (sdist, npm)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from darnel.errors import InputError, LimitError
from darnel.features.anomalies import Findings
from darnel.features.limits import MIB, Limits
from darnel.features.package import Anomaly, Ecosystem, Form, Member
from darnel.features.readers.budget import Budget
from darnel.features.readers.detect import BLOCK, COMPRESSED, Container, is_tar_header, lies
from darnel.features.readers.identity import MANIFEST_BYTES, MANIFESTS, Identity, identify
from darnel.features.readers.layout import Layout, dist_info, find_prefix
from darnel.features.readers.paths import clean
from darnel.features.readers.record import RECORD_BYTES, RecordCheck
from darnel.features.readers.source import Source, digest
from darnel.features.readers.stream import Stream
from darnel.features.readers.tar_reader import read_tar
from darnel.features.readers.walk import walk
from darnel.features.readers.zip_index import Slot, index
from darnel.features.readers.zip_reader import read_slot, read_zip

GLANCE_BYTES = 4 * MIB
"""Of a tar, at most this much is read ahead to learn its layout and identity."""
_OUTSIDE = frozenset({"traversal", "absolute-path"})
"""Names that say nothing about the layout."""


@dataclass(slots=True)
class _Glance:
    """What is known of an archive before the first pass."""

    findings: Findings = field(default_factory=Findings)
    paths: dict[str, None] = field(default_factory=dict)
    """Stored paths, cleaned, top folder included; ordered."""
    manifests: dict[str, bytes] = field(default_factory=dict)
    """By stored path."""
    slots: list[Slot] = field(default_factory=list)
    """Of a zip."""
    stream: tuple[Stream, int] | None = None
    """Of a tar: as far as it was read, and where its reader stood."""


class ArchivePackage:
    """A release in one archive; see :class:`darnel.features.package.Package`."""

    def __init__(self, source: Source, container: Container, limits: Limits) -> None:
        self.source = source.label
        self.compressed_size = source.size
        self.anomalies: list[Anomaly] = []
        self._bytes = source
        self._container = container
        self._limits = limits
        with source.open() as raw:
            glance = self._glance(raw)
        self._slots = glance.slots
        self._ahead = glance.stream
        self._metadata = dist_info(glance.paths) if container is Container.ZIP else ""
        prefix = "" if self._metadata else find_prefix(glance.paths)
        identity = _identity(glance, prefix, self._metadata, source.file_name)
        self.ecosystem: Ecosystem = identity.ecosystem
        self.form: Form = identity.form
        self.name = identity.name
        self.version = identity.version
        npm_tarball = self.ecosystem is Ecosystem.NPM and container is not Container.ZIP
        self._layout = Layout(prefix, any_top=npm_tarball and bool(prefix))
        if lies(source.file_name, container):
            glance.findings.add("lying-name", "", f"is {container}")
        if identity.mismatch:
            glance.findings.add("identity-mismatch", "", identity.mismatch)
        if not prefix and glance.paths and self.form in (Form.SDIST, Form.NPM_TARBALL):
            glance.findings.add("no-top-folder", "", "")
        self._opening = glance.findings.items
        self.anomalies = list(self._opening)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_ahead": None}

    def members(self) -> Iterator[Member]:
        """One pass over the regular files, in archive order."""
        findings = Findings()
        self.anomalies = findings.items
        for anomaly in self._opening:
            findings.add(*anomaly)
        budget = Budget.of(self._limits, self.compressed_size)
        count = 0
        with self._bytes.open() as raw:
            check = self._record_check(raw, budget, findings)
            if self._container is Container.ZIP:
                entries = read_zip(raw, self._slots, budget)
            else:
                entries = read_tar(self._stream(raw, budget), findings, self._limits.member_bytes)
            see = check.see if check else None
            for member in walk(entries, budget, findings, self._layout, nesting=self._limits.nesting, see=see):
                count += 1
                yield member
            if check:
                check.finish()
        if not count:
            findings.add("empty")

    def digest(self) -> str:
        """sha256 (hex) of the archive."""
        return digest(self._bytes)

    def _stream(self, raw: BinaryIO, budget: Budget) -> Stream:
        """For one pass over a tar; the first one need not decompress what the glance has read."""
        ahead, self._ahead = self._ahead, None
        stream = ahead[0].again(raw, ahead[1], budget) if ahead else None
        return stream or Stream(raw, self._container, budget)

    def _record_check(self, raw: BinaryIO, budget: Budget, findings: Findings) -> RecordCheck | None:
        if not self._metadata:
            return None
        wanted = f"{self._metadata}/RECORD"
        slot = next((slot for slot in self._slots if slot.name == wanted), None)
        data = read_slot(raw, slot, _side_budget(budget, RECORD_BYTES)).data if slot else None
        return RecordCheck(data, self._metadata, findings)

    def _glance(self, raw: BinaryIO) -> _Glance:
        return self._glance_zip(raw) if self._container is Container.ZIP else self._glance_tar(raw)

    def _glance_zip(self, raw: BinaryIO) -> _Glance:
        glance = _Glance()
        try:
            glance.slots = index(raw, self.compressed_size, self._limits, glance.findings)
        except LimitError as error:
            raise LimitError(f"{self.source}: {error}; raise the limit to judge it") from error
        if not glance.slots and glance.findings.items:
            raise InputError(f"{self.source}: a damaged zip without a readable member; download the package again")
        budget = Budget.of(self._limits, self.compressed_size)
        for slot in glance.slots:
            path, kinds = clean(slot.name)
            if slot.name.endswith("/") or not _OUTSIDE.isdisjoint(kinds):
                continue
            glance.paths[path] = None
            if _is_manifest(path) and path not in glance.manifests and len(glance.manifests) < 64:
                glance.manifests[path] = read_slot(raw, slot, _side_budget(budget, MANIFEST_BYTES)).data
        return glance

    def _glance_tar(self, raw: BinaryIO) -> _Glance:
        glance = _Glance()
        budget = Budget(self._limits, min(GLANCE_BYTES, self._limits.uncompressed_bytes), self._limits.members)
        stream = Stream(raw, self._container, budget, keep=self._container is Container.GZIP)
        block = stream.take(BLOCK)
        stream.unread(block)
        # An empty tar starts with zeros.
        if not is_tar_header(block) and (len(block) < BLOCK or block.strip(b"\0")):
            what = "a damaged" if stream.fault else "not a tar inside a"
            kind = self._container if self._container in COMPRESSED else "tar"
            raise InputError(
                f"{self.source}: {what} {kind} file, nothing in it can be read as a package; download it again"
            )
        for entry in read_tar(stream, Findings(), MANIFEST_BYTES):
            path, kinds = clean(entry.name)
            if entry.kind == "folder" or not path or not _OUTSIDE.isdisjoint(kinds):
                continue
            glance.paths[path] = None
            if entry.kind == "file" and _is_manifest(path):
                glance.manifests.setdefault(path, entry.data)
                if _is_settled(path):
                    break
        glance.stream = stream, raw.tell()
        return glance


def _is_manifest(path: str) -> bool:
    """Whether a stored path may be the release's own manifest: at most three folders down (``node_modules/@s/n/``)."""
    folder, _, base = path.rpartition("/")
    if base not in MANIFESTS:
        return False
    return folder.count("/") < 1 or folder.startswith("node_modules/") or folder.endswith("/package")


def _is_settled(path: str) -> bool:
    """Whether this manifest at this place leaves no doubt about the layout."""
    top, _, rest = path.partition("/")
    return (rest == "package.json" and top == "package") or (rest == "PKG-INFO" and "-" in top)


def _side_budget(budget: Budget, cap: int) -> Budget:
    """A budget for one small read that does not count in the pass."""
    return Budget(budget.limits, min(cap, budget.remaining), 1)


def _identity(glance: _Glance, prefix: str, metadata: str, file_name: str) -> Identity:
    paths = {path.removeprefix(prefix) for path in glance.paths}
    manifests = {path.removeprefix(prefix): data for path, data in glance.manifests.items()}
    return identify(paths, manifests, file_name=file_name, top=prefix, metadata=metadata)
