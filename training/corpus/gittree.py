"""A folder inside a git repository as a :class:`darnel.features.package.Package`, streamed from the object store."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from darnel.features.limits import DEFAULT_LIMITS, Limits
from darnel.features.package import Anomaly, Ecosystem, Form, Member, tree_digest
from darnel.training.corpus.git import FILE_MODES, LINK_MODE, Entry, open_repository

LFS_POINTER = b"version https://git-lfs"
NESTED = "node_modules/"
"""Dependencies inside an installed package are not part of its release."""
_MAX_LINKS = 8
_NOT_RELEASED = re.compile(
    r"(?:^|/)\.|^(?:tests?|docs?|doc|examples?|samples?|benchmarks?|images?|assets|screenshots?|ci)/"
    r"|^(?:Dockerfile|Makefile|tox\.ini|package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|Pipfile\.lock)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class GitTreePackage:
    """An extracted package that lies in a git tree.

    Parameters
    ----------
    repository : str
        Git directory.
    files : sequence of (path in the package, blob id, executable)
        Blobs that the snapshot lacks are skipped and counted in ``missing``.
    ecosystem, form, name, version, source
        As in :class:`darnel.features.package.Package`.
    """

    repository: str
    files: Sequence[tuple[str, str, bool]]
    ecosystem: Ecosystem
    form: Form
    name: str = ""
    version: str = ""
    source: str = ""
    limits: Limits = DEFAULT_LIMITS
    anomalies: list[Anomaly] = field(default_factory=list)
    missing: int = 0
    """Blobs that were absent in the last complete pass."""
    _sizes: int | None = None
    _digest: str | None = None

    @property
    def compressed_size(self) -> int:
        """Sum of the file sizes, bytes."""
        if self._sizes is None:
            found = open_repository(self.repository).sizes(oid for _, oid, _ in self.files)
            self._sizes = sum(item[1] for item in found if item)
        return self._sizes

    def members(self) -> Iterator[Member]:
        """Stream the files sorted by path."""
        git = open_repository(self.repository)
        missing = 0
        for path, oid, executable in sorted(self.files):
            data = git.read(oid)
            if data is None or (data.startswith(LFS_POINTER) and len(data) < 1024):
                missing += 1
                continue
            if path == "package.json":
                data = without_installer_keys(data)
            yield Member(path, data[: self.limits.member_bytes], len(data), executable)
        self.missing = missing

    def digest(self) -> str:
        """sha256 of the sorted (path, content hash) list."""
        if self._digest is None:
            self._digest = tree_digest((member.path, member.data) for member in self.members())
        return self._digest


def without_installer_keys(data: bytes) -> bytes:
    """A package.json without the top-level keys that old npm clients wrote into installed ones (``_id``, ``_from``…).

    They say how a tree was collected, not what was published. Text that is no JSON object comes back as it is.
    """
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if not isinstance(manifest, dict) or not any(key.startswith("_") for key in manifest):
        return data
    kept = {key: value for key, value in manifest.items() if not key.startswith("_")}
    return json.dumps(kept, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")


def files_below(entries: Sequence[Entry], prefix: str) -> list[tuple[str, str, bool]]:
    """The regular files of ``entries`` below ``prefix`` (``""``: all), relative to it, without bundled dependencies."""
    start = f"{prefix}/" if prefix else ""
    return [
        (entry.path[len(start) :], entry.oid, entry.mode == "100755")
        for entry in entries
        if entry.mode in FILE_MODES and entry.path.startswith(start) and NESTED not in entry.path[len(start) :]
    ]


def as_released(files: Sequence[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    """Of a repository's files those that a release usually holds: without hidden files, tests, documentation, CI.

    A whole repository is several times its release; what only repositories have would tell the class.
    """
    return [item for item in files if not _NOT_RELEASED.search(item[0])]


def files_following_links(entries: Sequence[Entry], prefix: str, repository: str) -> list[tuple[str, str, bool]]:
    """Like :func:`files_below`, with links to folders of the same repository followed, one level deep.

    Some repositories keep ``setup/<name>/`` folders that link to the code beside them; a release built from such a
    folder holds the code, not the link.
    """
    files = files_below(entries, prefix)
    git = open_repository(repository)
    links = [e for e in entries if e.mode == LINK_MODE and e.path.startswith(f"{prefix}/")]
    for link in links[:_MAX_LINKS]:
        target = (git.read(link.oid) or b"").decode("utf-8", "replace")
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), target))
        if not target or folder.startswith(("..", "/")) or link.path.startswith(f"{folder}/"):
            continue
        inside = link.path[len(prefix) + 1 :]
        files += [(f"{inside}/{path}", oid, executable) for path, oid, executable in files_below(entries, folder)]
    return files


def files_of_record(entries: Sequence[Entry], record: str, repository: str) -> list[tuple[str, str, bool]]:
    """The files that an installed distribution's RECORD names, as they lie in the tree.

    Byte code and what lies outside of site-packages (scripts) is left out, and so is what installers add
    (``INSTALLER``, ``REQUESTED``, ``direct_url.json``): the rest is what the wheel held.
    """
    site = posixpath.dirname(posixpath.dirname(record))
    by_path = {e.path: e for e in entries if e.mode in FILE_MODES}
    data = open_repository(repository).read(by_path[record].oid) or b""
    files = []
    for row in csv.reader(io.StringIO(data.decode("utf-8", "replace"))):
        inside = posixpath.normpath(row[0]) if row else ""
        name = posixpath.basename(inside)
        if not inside or inside.startswith(("..", "/")) or inside.endswith(".pyc"):
            continue
        if ".dist-info/" in inside and name in ("INSTALLER", "REQUESTED", "direct_url.json"):
            continue
        entry = by_path.get(f"{site}/{inside}" if site else inside)
        if entry:
            files.append((inside, entry.oid, entry.mode == "100755"))
    return sorted(set(files))
