"""The behavioural difference between two releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from darnel.diff.contents import Contents
from darnel.features.raw import RawFile, RawPackage
from darnel.features.roles import Role, context
from darnel.phrases import gravity

AT_ONCE = frozenset({Role.INSTALL, Role.STARTUP})
"""Roles of files that run without anybody importing or calling them."""
_WHEN = ("install", "import", "called")


class Place(NamedTuple):
    """One behaviour in one file."""

    behaviour: str
    file: str
    line: int
    context: str
    """``install``, ``import`` or ``called``."""
    times: int = 1
    """How often in lines that are new."""


class Host(NamedTuple):
    """A host and where it is first named."""

    host: str
    file: str
    line: int


class Trigger(NamedTuple):
    """A file that runs without anybody importing or calling it."""

    file: str
    context: str
    """``install`` or ``start``."""


class Needed(NamedTuple):
    """A dependency."""

    name: str
    range: str
    before: str = ""
    """Range in the old release, of one that both need."""


class File(NamedTuple):
    """A file by its content."""

    path: str
    sha256: str
    before: str = ""
    """sha256 in the old release, of one that is in both."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is in the new release and was not in the old one, and the other way round. Paths as in the packages."""

    behaviours: tuple[Place, ...] = ()
    """Kinds of behaviour that the old release did not have at all."""
    more: tuple[Place, ...] = ()
    """Kinds that it had, in lines that it did not."""
    hosts: tuple[Host, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    """Files that run at installation or start-up and are new or changed."""
    dependencies: tuple[Needed, ...] = ()
    """What was not needed before."""
    dependencies_changed: tuple[Needed, ...] = ()
    """What is needed in another range."""
    added: tuple[File, ...] = ()
    changed: tuple[File, ...] = ()
    """Files that are in both with another content."""
    removed: tuple[File, ...] = ()
    """Files that are gone; one that only moved is in neither list."""
    total: int = 0
    """Files of the new release."""
    behaviours_gone: tuple[Place, ...] = ()
    """Kinds of behaviour that the new release does not have at all, with their first place in the old one."""
    hosts_gone: tuple[Host, ...] = ()
    triggers_gone: tuple[Trigger, ...] = ()
    """Files that ran at installation or start-up and are not there or do not any more."""
    dependencies_gone: tuple[Needed, ...] = ()


def changed_paths(new: RawPackage, old: RawPackage) -> set[str]:
    """Paths of analysed files in ``new`` whose content ``old`` does not hold."""
    known = {file["sha256"] for file in old["files"]}
    return {file["path"] for file in new["files"] if file["sha256"] not in known}


def counterparts(changed: Iterable[str], old: RawPackage) -> dict[str, str]:
    """The old file that each changed file is compared with: of the same path, else the only one of the same name."""
    paths = {file["path"] for file in old["files"]}
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(PurePosixPath(path).name, []).append(path)
    found = {}
    for path in changed:
        named = by_name.get(PurePosixPath(path).name, [])
        if path in paths or len(named) == 1:
            found[path] = path if path in paths else named[0]
    return found


def difference(new: RawPackage, old: RawPackage, now: Contents, before: Contents) -> Difference:
    """Compare two releases.

    Parameters
    ----------
    new, old : RawPackage
        Raw features.
    now, before : Contents
        Of the same two; with the lines of :func:`changed_paths` and of their :func:`counterparts`.
    """
    changed = changed_paths(new, old)
    twins = counterparts(changed, old)
    had = {seen.behaviour for file in old["files"] for seen in file["observations"]}
    have = {seen.behaviour for file in new["files"] for seen in file["observations"]}
    places = sorted(_new_places(new["files"], changed, twins, now, before), key=_rank)
    content = set(before.files.values())
    left = set(now.files.values())
    both = [path for path in now.files if path in before.files]
    ranges = {name: spec for name, spec in before.dependencies.items() if name in now.dependencies}
    return Difference(
        behaviours=tuple(place for place in places if place.behaviour not in had),
        more=tuple(place for place in places if place.behaviour in had),
        hosts=tuple(Host(host, *place) for host, place in now.hosts.items() if host not in before.hosts),
        triggers=tuple(_triggers(new["files"], _running(old["files"]))),
        dependencies=tuple(_needed(now, before)),
        dependencies_changed=tuple(
            Needed(name, now.dependencies[name], spec)
            for name, spec in ranges.items()
            if now.dependencies[name] != spec
        ),
        added=tuple(
            File(path, digest)
            for path, digest in now.files.items()
            if path not in before.files and digest not in content
        ),
        changed=tuple(
            File(path, now.files[path], before.files[path]) for path in both if now.files[path] != before.files[path]
        ),
        removed=tuple(
            File(path, digest) for path, digest in before.files.items() if path not in now.files and digest not in left
        ),
        total=len(now.files),
        behaviours_gone=tuple(_gone(old["files"], have)),
        hosts_gone=tuple(Host(host, *place) for host, place in before.hosts.items() if host not in now.hosts),
        triggers_gone=tuple(_triggers(old["files"], _running(new["files"]), content=False)),
        dependencies_gone=tuple(_needed(before, now)),
    )


def _running(files: Iterable[RawFile]) -> dict[str, tuple[str, str]]:
    return {file["path"]: (file["role"], file["sha256"]) for file in files}


def _triggers(
    files: Iterable[RawFile], others: dict[str, tuple[str, str]], *, content: bool = True
) -> Iterator[Trigger]:
    """Files that run by themselves and do not in the other release, or (``content``) have another content there.

    Code inside one of them is part of it.
    """
    found: dict[str, str] = {}
    for file in files:
        role, digest = others.get(file["path"], ("", ""))
        if file["role"] in AT_ONCE and (role != file["role"] or (content and digest != file["sha256"])):
            found[file["path"]] = file["role"]
    for path, role in found.items():
        if "#" not in path or path.rpartition("#")[0] not in found:
            yield Trigger(path, "install" if role == Role.INSTALL else "start")


def _gone(old: Iterable[RawFile], have: set[str]) -> Iterator[Place]:
    first: dict[str, Place] = {}
    for file in old:
        for seen in file["observations"]:
            if seen.behaviour not in have:
                when = context(file["role"], seen.top).value
                first.setdefault(seen.behaviour, Place(seen.behaviour, file["path"], seen.line, when))
    yield from (first[name] for name in sorted(first))


def _new_places(
    files: Iterable[RawFile], changed: set[str], twins: dict[str, str], now: Contents, before: Contents
) -> Iterator[Place]:
    """Behaviours in lines that the counterpart of their file does not have, one place per file, behaviour, context."""
    for file in files:
        if file["path"] not in changed:
            continue
        lines = now.lines.get(file["path"], [])
        known = set(before.lines.get(twins.get(file["path"], ""), []))
        found: dict[tuple[str, str], Place] = {}
        for seen in file["observations"]:
            if 0 < seen.line <= len(lines) and lines[seen.line - 1] in known:
                continue
            key = (seen.behaviour, context(file["role"], seen.top).value)
            first = found.get(key)
            found[key] = (
                first._replace(line=min(first.line, seen.line), times=first.times + 1)
                if first
                else Place(key[0], file["path"], seen.line, key[1])
            )
        yield from found.values()


def _rank(place: Place) -> tuple[int, int, str, str, int]:
    """What runs by itself before what has to be called, the gravest first."""
    return _WHEN.index(place.context), gravity(place.behaviour), place.behaviour, place.file, place.line


def _needed(these: Contents, those: Contents) -> Iterator[Needed]:
    return (Needed(name, spec) for name, spec in these.dependencies.items() if name not in those.dependencies)
