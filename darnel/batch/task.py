"""What is sent to a worker: bytes wherever possible, so that it needs no access to files."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from darnel.errors import InputError
from darnel.features.limits import Limits
from darnel.previous import alone
from darnel.sources import Downloaded, Installed, Missing, name_of, parted

BYTES, PATH, INSTALLED, PICKLE = "bytes", "path", "installed", "pickle"


@dataclass(frozen=True, slots=True)
class Payload:
    """One release."""

    kind: str
    """``bytes`` of an archive, ``path`` of a folder or source file, ``installed`` distribution, or ``pickle``: a
    Package object of the caller's own."""
    label: str
    """As the verdict calls it."""
    name: str = ""
    """Path of a file or folder, name of a distribution; ``""`` for bytes that have none."""
    data: bytes = field(default=b"", repr=False)

    @property
    def roots(self) -> frozenset[str]:
        """Folders and files that the worker has to be able to read."""
        return frozenset((os.path.realpath(self.name),)) if self.kind == PATH else frozenset()

    @property
    def confined(self) -> bool:
        """Whether it can be analysed in a jail: not what runs code of the caller's, or reads all over the place."""
        return self.kind in (BYTES, PATH)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a worker is for; none has a larger one than its tasks need."""

    confined: bool = True
    """Whether it may shut itself in."""
    roots: frozenset[str] = frozenset()
    """Folders and files that it has to be able to read all the same: the release itself and the one before."""

    @property
    def rank(self) -> tuple[bool, list[str]]:
        """Sorts equal scopes together."""
        return not self.confined, sorted(self.roots)


@dataclass(frozen=True, slots=True)
class Task:
    """One release to be judged, and how."""

    release: Payload
    previous: Payload | None = None
    ecosystem: str = ""
    name: str = ""
    version: str = ""
    excerpts: bool = False
    explain_clean: bool = True
    notice: str = ""
    """What the verdict has to say of a previous release that is done without; not sent to the worker."""

    def alone(self, why: str) -> Task:
        """The same without the previous release, whose verdict says why."""
        return replace(self, previous=None, notice=alone(why))

    @property
    def payloads(self) -> tuple[Payload, ...]:
        """The release and, if there is one, the one before."""
        return (self.release,) if self.previous is None else (self.release, self.previous)

    @property
    def scope(self) -> Scope:
        """Of the worker that it needs."""
        if not all(payload.confined for payload in self.payloads):
            return Scope(confined=False)
        return Scope(roots=frozenset().union(*(payload.roots for payload in self.payloads)))

    @property
    def size(self) -> int:
        """Bytes of the artefact; 0 for what is read from files."""
        return len(self.release.data) if self.release.kind == BYTES else 0

    @property
    def header(self) -> dict[str, Any]:
        """JSON-able; the data of the payloads goes beside it."""
        return {
            "op": "item",
            "payloads": [[p.kind, p.name] for p in self.payloads],
            "ecosystem": self.ecosystem,
            "name": self.name,
            "version": self.version,
            "excerpts": self.excerpts,
            "explain_clean": self.explain_clean,
        }


def task_of(source: Any, limits: Limits, *, excerpts: bool = False, explain_clean: bool = True) -> Task:
    """Task for anything that can be judged, an update included.

    Raises
    ------
    InputError
        As :func:`payload_of` does.
    """
    source, previous = parted(source)
    task = Task(payload_of(source, limits), excerpts=excerpts, explain_clean=explain_clean)
    return with_previous(task, None if previous is None else lambda: payload_of(previous, limits))


def with_previous(task: Task, before: Callable[[], Payload] | None) -> Task:
    """The task with the payload of its previous release, or with a notice that there is none to be had.

    Parameters
    ----------
    task : Task
        Without one.
    before : callable or None
        Gives the payload; None if nothing is known of a previous release.
    """
    if before is None:
        return task
    try:
        return replace(task, previous=before())
    except InputError as error:
        return task.alone(str(error))


def payload_of(source: Any, limits: Limits) -> Payload:
    """Turn anything that can be judged into a payload; archives are read here.

    Raises
    ------
    InputError
        It is not there, cannot be read, or is larger than the limits.
    """
    if isinstance(source, Installed) and not source.path:
        return Payload(INSTALLED, name_of(source), source.name)
    if isinstance(source, Missing):
        raise InputError(source.error)
    if isinstance(source, Downloaded):
        return replace(_of_path(source.path, limits), label=source.label)
    if isinstance(source, bytes | bytearray | memoryview):
        return Payload(BYTES, "<bytes>", data=bytes(source))
    if isinstance(source, str | os.PathLike):
        return _of_path(source, limits)
    if hasattr(source, "read"):
        return _of_file(source, limits)
    try:
        return Payload(PICKLE, name_of(source), data=pickle.dumps(source))
    except Exception as error:
        raise InputError(f"{name_of(source)}: cannot be sent to another process ({error}); use jobs=1") from None


def _of_path(source: str | os.PathLike[str], limits: Limits) -> Payload:
    from darnel.features.readers.detect import SOURCE_SUFFIXES, suffix
    from darnel.features.readers.installed import NAME
    from darnel.features.readers.source import PathSource, check_size

    path = os.fsdecode(source)
    if os.path.isdir(path):
        return Payload(PATH, path, path)
    if isinstance(source, str) and NAME.fullmatch(path) and not os.path.lexists(path):
        return Payload(INSTALLED, name_of(Installed(path)), path)
    found = PathSource(path)
    check_size(found, limits)
    if suffix(found.file_name) in SOURCE_SUFFIXES:
        return Payload(PATH, path, path)
    try:
        with found.open() as stream:
            data = stream.read(limits.compressed_bytes + 1)
    except OSError as error:  # a damaged disk, a file server that is gone
        raise InputError(f"{path}: {error.strerror or error}; give a readable file or folder") from None
    return Payload(BYTES, path, path, data)


def _of_file(file: Any, limits: Limits) -> Payload:
    label = name_of(file)
    try:
        data = file.read(limits.compressed_bytes + 1)
    except Exception as error:  # a file object of the caller's can raise anything
        raise InputError(f"{label}: cannot be read ({error}); give an open, readable binary file") from None
    if not isinstance(data, bytes):
        raise InputError(f'{label}: not a binary file object; open it with mode "rb"')
    return Payload(BYTES, label, "" if label == "<file object>" else label, data)


def payload_at(location: str, limits: Limits) -> Payload:
    """Payload of a path or URL, never of an installed distribution.

    Raises
    ------
    InputError
        It is not there, cannot be read, or is larger than the limits.
    """
    from darnel.batch.storage import is_url, read_bytes
    from darnel.features.readers.source import BytesSource, check_size

    if is_url(location):
        data = read_bytes(location, limits.compressed_bytes + 1)
        check_size(BytesSource(data, location), limits)
        return Payload(BYTES, location, location, data)
    if not os.path.lexists(location):
        raise InputError(f"{location}: no such file; give a readable file or folder")
    return payload_of(location, limits)
