"""What can be judged, and how it is opened and named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from darnel.errors import InputError
from darnel.features.limits import Limits

if TYPE_CHECKING:
    from darnel.features.package import Package


class Installed(NamedTuple):
    """An installed distribution, whatever files there are of that name."""

    name: str
    path: tuple[str, ...] = ()
    """Folders to look in; empty: those of the running interpreter."""


class Downloaded(NamedTuple):
    """A release that an index gave, as a file in the cache."""

    path: str
    label: str
    """What its verdict calls it."""
    previous: Any = None
    """The release before it (a path, or :class:`Missing`), None if there is none or it is not wanted."""


class Missing(NamedTuple):
    """A release that could not be had: its verdict is ``unknown``. As a previous release it is done without."""

    label: str
    error: str
    """One line: what, where, what to do."""


class Update(NamedTuple):
    """A release together with the one before it, so that both can be handed to ``predict_many`` as one."""

    new: Any
    previous: Any


if TYPE_CHECKING:
    Source = str | os.PathLike[str] | bytes | BinaryIO | Package | Installed | Downloaded | Missing | Update


def parted(source: Any) -> tuple[Any, Any]:
    """A release and the one before it, None if there is none.

    Raises
    ------
    InputError
        The one before it comes with one before it.
    """
    previous = None
    if isinstance(source, Update):
        source, previous = source
    elif isinstance(source, Downloaded):
        previous = source.previous
    if isinstance(source, Update) or isinstance(previous, Update):
        raise InputError("a release with its previous one stands where one release is wanted; pass its `new`")
    return source, previous


def open_source(source: Source, limits: Limits) -> Package:
    """Open one package.

    Raises
    ------
    InputError
        There is no such thing, or nothing of it can be read as a package.
    """
    from darnel.features.package import Package
    from darnel.features.readers import open_installed, open_package

    if isinstance(source, Installed):
        return open_installed(source.name, source.path or None, limits=limits)
    if isinstance(source, Missing):
        raise InputError(source.error)
    if isinstance(source, Downloaded):
        package = open_package(source.path, limits=limits)
        package.source = source.label
        return package
    if isinstance(source, Package):
        return source
    if isinstance(source, Update):
        raise InputError("a release with its previous one stands where one release is wanted; pass its `new`")
    if isinstance(source, str | os.PathLike) and os.path.isdir(source):
        _refuse_several(os.fsdecode(source))
    return open_package(source, limits=limits)


def _refuse_several(folder: str) -> None:
    """A verdict on many packages as one would blame the first and hide the worst."""
    from darnel.features.readers.layout import HOME, archives, environment

    try:
        names = os.listdir(folder)
    except OSError:
        return  # opening it says why
    if os.path.basename(os.path.abspath(folder)) == "node_modules" or environment(names):
        raise InputError(f"{folder}: holds many installed packages, not one; use darnel audit {folder}")
    several = archives(names)
    if len(several) > 1 and HOME.isdisjoint(names):
        raise InputError(f"{folder}: holds {len(several)} package archives; name each, or use darnel batch {folder}")


def name_of(source: Any) -> str:
    """Name a source that has not been opened, as its verdict will call it."""
    if isinstance(source, Installed):
        return f"<installed {source.name}>"
    if isinstance(source, Downloaded | Missing):
        return source.label
    if isinstance(source, Update):
        return name_of(source.new)
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return "<bytes>"
    return str(getattr(source, "source", "") or getattr(source, "name", "") or "<file object>")
