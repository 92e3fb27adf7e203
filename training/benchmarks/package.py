"""An injected release: the host with what a splice changed, and its raw features at the cost of the changed files."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from darnel.features import metadata, triggers
from darnel.features.analyse import analyse_file
from darnel.features.content import Content
from darnel.features.extract import FileAnalyser, extract
from darnel.features.languages.registry import Language
from darnel.features.limits import Limits
from darnel.features.package import Anomaly, Member
from darnel.features.raw import RawFile, RawPackage
from darnel.features.roles import Role
from darnel.features.survey import Survey
from darnel.training.benchmarks.hosts import Host, streamed
from darnel.training.benchmarks.splice import Change

_WHOLE: tuple[str, ...] = (
    "schema",
    "ecosystem",
    "form",
    "name",
    "version",
    "sha256",
    "source",
    "compressed_size",
    "values",
)
_WHOLE += ("anomalies", "seen_bytes", "analysed_bytes", "source_bytes")


class InjectedPackage:
    """A package as its attacker would have published it: same form and name, file lists that match.

    Parameters
    ----------
    host : Host
    change : Change
    """

    def __init__(self, host: Host, change: Change) -> None:
        clean = host.package
        self.host, self.files = host, consistent(host, change.files)
        self.source = f"{clean.source} + payload"
        self.ecosystem, self.form, self.name, self.version = clean.ecosystem, clean.form, clean.name, clean.version
        self.anomalies: list[Anomaly] = list(clean.anomalies)

    @property
    def compressed_size(self) -> int:
        """Of the host, plus the difference in file sizes."""
        sizes = {path: member.size for path, member in self.host.members.items()}
        return self.host.package.compressed_size + sum(len(d) - sizes.get(p, 0) for p, d in self.files.items())

    def members(self) -> Iterator[Member]:
        """Stream the host's files with the changes."""
        return streamed(self.host, self.files)

    def digest(self) -> str:
        """sha256 over the host's digest and the changed files."""
        total = hashlib.sha256(self.host.raw["sha256"].encode())
        for path, data in sorted(self.files.items()):
            total.update(path.encode("utf-8", "surrogateescape") + b"\0" + hashlib.sha256(data).digest())
        return total.hexdigest()


def consistent(host: Host, files: dict[str, bytes]) -> dict[str, bytes]:
    """``files`` with RECORD and SOURCES.txt brought into line, as building the release anew would."""
    result = dict(files)
    for path, member in host.members.items():
        if path.endswith(".dist-info/RECORD") and path.count("/") == 1:
            result[path] = _record(member.data, files)
        elif path.endswith(".egg-info/SOURCES.txt"):
            new = [name.encode("utf-8", "surrogateescape") for name in files if name not in host.members]
            if new:
                result[path] = b"\n".join([*member.data.rstrip(b"\r\n").splitlines(), *new]) + b"\n"
    return result


def _record(data: bytes, files: dict[str, bytes]) -> bytes:
    rows = {}
    for path, content in files.items():
        digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        name = path.encode("utf-8", "surrogateescape")
        rows[name] = name + b",sha256=" + digest + b",%d" % len(content)
    lines = [rows.pop(line.split(b",", 1)[0], line) for line in data.splitlines() if line]
    return b"\n".join([*lines[:-1], *rows.values(), *lines[-1:]]) + b"\n"


def known_files(host: Host, changed: frozenset[str]) -> FileAnalyser:
    """An analyser that answers from the host's raw features for files that were not changed.

    Manifests and trigger files are analysed again: their records hold more than their content says. So are cut ones.
    """
    known = {
        file["path"]: file
        for file in host.raw["files"]
        if "#" not in file["path"]
        and not file["cut"]
        and not metadata.wanted(file["path"])
        and triggers.trigger(file["path"]) is None
    }
    seen = {file["path"] for file in host.raw["files"]}

    def analyse(
        path: str,
        data: bytes,
        sniffed: Content,
        language: Language | None,
        limits: Limits,
        surveyed: Survey | None = None,
        digest: str = "",
    ) -> RawFile:
        if path not in changed and path in known:
            file = known[path]
            known_file = RawFile(
                path=path,
                sha256=file["sha256"],
                size=file["size"],
                kind=file["kind"],
                language=file["language"],
                role=Role.DATA,
                values=dict(file["values"]),
                observations=list(file["observations"]),
                cut=[],
            )
            if "imports" in file:
                known_file["imports"] = file["imports"]
            if "flows" in file:
                known_file["flows"] = file["flows"]
            return known_file
        if path not in changed and path not in seen and triggers.trigger(path) is None:
            # Nothing was seen in it, and nothing will be.
            return RawFile(
                path=path, sha256="", size=len(data), kind=sniffed.kind, language="", role=Role.DATA, values={},
                observations=[], cut=[],
            )  # fmt: skip
        return analyse_file(path, data, sniffed, language, limits, surveyed, digest)

    return analyse


def extract_injected(host: Host, change: Change) -> RawPackage:
    """Raw features of the injected release, the same as a full extraction gives."""
    package = InjectedPackage(host, change)
    return extract(package, analyse=known_files(host, frozenset(package.files)))


def delta(clean: RawPackage, injected: RawPackage) -> dict[str, Any]:
    """What :func:`apply` needs to make ``injected`` from ``clean``; JSON-able, no source code."""
    before = {file["path"]: file for file in clean["files"]}
    result: dict[str, Any] = {key: injected[key] for key in _WHOLE}  # type: ignore[literal-required]
    result["order"] = [file["path"] for file in injected["files"]]
    result["files"] = [file for file in injected["files"] if before.get(file["path"]) != file]
    return result


def apply(clean: RawPackage, change: Mapping[str, Any]) -> RawPackage:
    """The injected release's raw features, from the clean ones and a :func:`delta`."""
    files = {file["path"]: file for file in (*clean["files"], *change["files"])}
    whole: dict[str, Any] = {key: change[key] for key in _WHOLE}
    whole["files"] = [files[path] for path in change["order"]]
    return whole  # type: ignore[return-value]
