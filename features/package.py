"""A package release as a stream of members, whatever it came in (archive, folder, installed distribution, git tree)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, Protocol, runtime_checkable


class Ecosystem(StrEnum):
    """The registry a release belongs to."""

    PYPI = "pypi"
    NPM = "npm"
    UNKNOWN = "unknown"


class Form(StrEnum):
    """The shape a release comes in. Recorded, and kept out of the models: it leaks how a corpus was collected."""

    SDIST = "sdist"
    WHEEL = "wheel"
    NPM_TARBALL = "npm-tarball"
    TREE = "tree"
    INSTALLED = "installed"
    ARCHIVE = "archive"
    """An archive with nothing in it that says which registry it is for."""


class Anomaly(NamedTuple):
    """Something about the container that a clean release does not have."""

    kind: str
    """One of :data:`darnel.features.anomalies.KINDS`."""
    path: str
    """Member it concerns, ``""`` for the whole."""
    detail: str = ""
    """Short, printable, no content of the package beyond names."""


class Member(NamedTuple):
    """One regular file of a package."""

    path: str
    """POSIX, relative, without the archive's single top folder (``requests-2.0/``, ``package/``) and without
    ``..``. A member of a nested archive is ``outer.zip!/inner/path``."""
    data: bytes
    """Content, at most :attr:`Limits.member_bytes`."""
    size: int
    """Real size in bytes; greater than ``len(data)`` when the member was cut."""
    executable: bool = False
    """The archive or file system marks it executable."""
    sha256: str = ""
    """Hex, of ``data``, from readers that need it themselves."""


@runtime_checkable
class Package(Protocol):
    """What every reader returns and every extractor takes.

    ``members()`` can be called again and again; every call is one pass that holds one member at a time. After a
    complete pass ``anomalies`` is complete. Ecosystem, form, name and version are known after
    :func:`darnel.features.readers.open_package` returned (from the file name, the container and its manifest).
    """

    source: str
    """Where it came from, for people: a path, ``<bytes>``, ``<installed NAME>``."""
    ecosystem: Ecosystem
    form: Form
    name: str
    """Normalised (PEP 503 for PyPI, lower case for npm with its scope), ``""`` if unknown."""
    version: str

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was odd; a pass puts another list there, so it is asked for after the pass."""
        ...

    @property
    def compressed_size(self) -> int:
        """Bytes of the artefact; for folders the sum of file sizes."""
        ...

    def members(self) -> Iterator[Member]:
        """Stream the regular files, in archive order (folders: sorted by path)."""
        ...

    def digest(self) -> str:
        """sha256 (hex) of the artefact; for folders, of the sorted (path, content hash) list."""
        ...


@dataclass(slots=True)
class MemoryPackage:
    """A package held in memory as ``{path: content}``: for tests, the self-test and injected benchmark packages."""

    files: dict[str, bytes]
    ecosystem: Ecosystem = Ecosystem.PYPI
    form: Form = Form.TREE
    name: str = ""
    version: str = ""
    source: str = "<memory>"
    anomalies: list[Anomaly] = field(default_factory=list)

    @property
    def compressed_size(self) -> int:
        """Sum of the file sizes, bytes."""
        return sum(len(data) for data in self.files.values())

    def members(self) -> Iterator[Member]:
        """Stream the files sorted by path."""
        for path, data in sorted(self.files.items()):
            yield Member(path, data, len(data))

    def digest(self) -> str:
        """sha256 of the sorted (path, content hash) list."""
        return tree_digest((path, data) for path, data in sorted(self.files.items()))


class TreeDigest:
    """sha256 of ``path NUL sha256(content) LF`` over files, which must come sorted by path."""

    def __init__(self) -> None:
        self._total = sha256()

    def add(self, path: str, digest: str) -> None:
        """Take in a file, whose content has this sha256 (hex)."""
        self._total.update(path.encode("utf-8", "surrogateescape") + b"\0" + digest.encode() + b"\n")

    def hexdigest(self) -> str:
        """Of all files so far."""
        return self._total.hexdigest()


def tree_digest(files: Iterator[tuple[str, bytes]]) -> str:
    """:class:`TreeDigest` (hex) of files with their content, which must come sorted by path."""
    total = TreeDigest()
    for path, data in files:
        total.add(path, sha256(data).hexdigest())
    return total.hexdigest()
