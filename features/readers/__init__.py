"""From a path, bytes, folder or installed distribution to a :class:`darnel.features.package.Package`.

Everything is read in memory, one member at a time. Nothing is unpacked, imported, built or run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import BinaryIO, cast

from darnel.errors import InputError
from darnel.features.limits import DEFAULT_LIMITS, Limits
from darnel.features.package import Ecosystem, Package
from darnel.features.readers.archive import ArchivePackage
from darnel.features.readers.detect import BLOCK, SOURCE_SUFFIXES, Container, claimed, is_tar_header, sniff, suffix
from darnel.features.readers.folder import FilePackage, FolderPackage
from darnel.features.readers.installed import NAME, InstalledPackage, find
from darnel.features.readers.layout import archives
from darnel.features.readers.source import BytesSource, PathSource, Source, check_size, from_file_object

__all__ = ["open_installed", "open_package"]

_PINNED = re.compile(r"[A-Za-z0-9][\w.-]*==[^/]+|@[\w.-]+/[\w.-]+(?:@[^/]+)?|[\w.-]+@\d[^/]*")
"""What pip or npm would be given for a release."""


def open_package(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO,
    *,
    limits: Limits = DEFAULT_LIMITS,
    ecosystem: Ecosystem | None = None,
    name: str = "",
    version: str = "",
) -> Package:
    """Open one package release.

    Parameters
    ----------
    source : path, bytes, binary file object or str
        A wheel, sdist, npm tarball, zip or tar (told by its bytes, whatever its name), a folder, a single source
        file, or the name of an installed distribution (a str that is no existing path).
    limits : Limits
        Bounds on what is read.
    ecosystem : Ecosystem, optional
        Overrides what the container says.
    name, version : str
        Override what file name and manifest say.

    Returns
    -------
    Package
        Its ``members()`` can be called again and again. A path is opened again for every pass; a file object must
        stay open and is left open.

    Raises
    ------
    InputError
        There is no such thing, or it is not a package that can be read.
    LimitError
        It is larger than ``limits`` allow, so that nothing of it could be judged.
    """
    package = _open(source, limits)
    if ecosystem is not None:
        package.ecosystem = Ecosystem(ecosystem)
    package.name = name or package.name
    package.version = version or package.version
    return package


def open_installed(name: str, path: Sequence[str] | None = None, *, limits: Limits = DEFAULT_LIMITS) -> Package:
    """Open an installed distribution.

    Parameters
    ----------
    name : str
        Distribution name, in any spelling.
    path : sequence of str, optional
        Folders to search instead of ``sys.path``.
    limits : Limits
        Bounds on what is read.

    Raises
    ------
    InputError
        No such distribution.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"{name[:200]!r}: not a distribution name; give the name as pip lists it")
    return InstalledPackage(find(name, path), limits, name)


def _open(source: object, limits: Limits) -> Package:
    if isinstance(source, bytes | bytearray | memoryview):
        return _open_archive(BytesSource(bytes(source)), limits)
    if isinstance(source, str | os.PathLike):
        return _open_path(source, limits)
    if hasattr(source, "read"):
        return _open_archive(from_file_object(cast(BinaryIO, source), limits), limits)
    raise InputError(f"{type(source).__name__}: not a package; give a path, bytes, a binary file object or a name")


def _open_path(source: str | os.PathLike[str], limits: Limits) -> Package:
    path = os.fsdecode(source)
    if os.path.isdir(path):
        return FolderPackage(path, limits)
    if isinstance(source, str) and NAME.fullmatch(path) and not archives([path]) and not os.path.lexists(path):
        return open_installed(path, limits=limits)
    if _PINNED.fullmatch(path) and not os.path.lexists(path):
        ecosystem = Ecosystem.PYPI if "==" in path else Ecosystem.NPM
        raise InputError(f"{path}: no such file; for a release that is not here write {ecosystem}:{path}")
    return _open_archive(PathSource(path), limits, path)


def _open_archive(source: Source, limits: Limits, path: str = "") -> Package:
    check_size(source, limits)
    with source.open() as raw:
        head = raw.read(BLOCK)
        raw.seek(max(0, source.size - 22))
        container = sniff(head, raw.read(22))
    if container is None and claimed(source.file_name) is Container.TAR and is_tar_header(head):
        container = Container.TAR
    if container is not None:
        return ArchivePackage(source, container, limits)
    if path and suffix(source.file_name) in SOURCE_SUFFIXES:
        return FilePackage(path, limits)
    raise InputError(
        f"{source.label}: not a zip, a tar or a compressed tar; give a wheel, sdist, npm tarball, folder or source file"
    )
