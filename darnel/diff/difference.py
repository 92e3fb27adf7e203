"""The behavioural difference between two releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from darnel.diff.contents import Contents
from darnel.features.raw import RawFile, RawPackage
from darnel.features.roles import Role, context
from darnel.features.taxonomy import CATEGORY

AT_ONCE = frozenset({Role.INSTALL, Role.STARTUP})
"""Roles of files that run without anybody importing or calling them."""
_READS = frozenset({"secret", "identity", "read", "env"})
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


@dataclass(frozen=True, slots=True)
class Difference:
    """What is in the new release and was not in the old one, and the other way round. Paths as in the packages."""

    behaviours: tuple[Place, ...] = ()
    """Kinds of behaviour that the old release did not have at all."""
    more: tuple[Place, ...] = ()
    """Kinds that it had, in lines that it did not."""
    hosts: tuple[tuple[str, str, int], ...] = ()
    """Host, file and line."""
    triggers: tuple[str, ...] = ()
    """Files that run at installation or start-up and are new or changed."""
    dependencies: tuple[str, ...] = ()
    """``name range`` of what was not needed before."""
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Files that are in both with another content."""
    removed: tuple[str, ...] = ()
    """Files that are gone; one that only moved is in neither list."""
    total: int = 0
    """Files of the new release."""
    behaviours_gone: tuple[str, ...] = ()
    hosts_gone: tuple[str, ...] = ()
    dependencies_gone: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        data = asdict(self)
        for key in ("behaviours", "more"):
            data[key] = [place._asdict() for place in getattr(self, key)]
        return data


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
    roles = {file["path"]: (file["role"], file["sha256"]) for file in old["files"]}
    return Difference(
        behaviours=tuple(place for place in places if place.behaviour not in had),
        more=tuple(place for place in places if place.behaviour in had),
        hosts=tuple((host, *place) for host, place in now.hosts.items() if host not in before.hosts),
        triggers=tuple(_triggers(new["files"], roles)),
        dependencies=tuple(_needed(now, before)),
        added=tuple(path for path, digest in now.files.items() if path not in before.files and digest not in content),
        changed=tuple(
            path for path, digest in now.files.items() if path in before.files and before.files[path] != digest
        ),
        removed=tuple(path for path, digest in before.files.items() if path not in now.files and digest not in left),
        total=len(now.files),
        behaviours_gone=tuple(sorted(had - have)),
        hosts_gone=tuple(host for host in before.hosts if host not in now.hosts),
        dependencies_gone=tuple(_needed(before, now)),
    )


def _triggers(files: Iterable[RawFile], before: dict[str, tuple[str, str]]) -> list[str]:
    """Files that run by themselves and did not, or have another content; code inside one of them is part of it."""
    found = [
        file["path"]
        for file in files
        if file["role"] in AT_ONCE and before.get(file["path"]) != (file["role"], file["sha256"])
    ]
    return [path for path in found if "#" not in path or path.rpartition("#")[0] not in found]


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


def _rank(place: Place) -> tuple[int, bool, str, str, int]:
    """What runs by itself before what has to be called, what acts before what reads."""
    reads = CATEGORY.get(place.behaviour, "") in _READS
    return _WHEN.index(place.context), reads, place.behaviour, place.file, place.line


def _needed(these: Contents, those: Contents) -> Iterator[str]:
    return (f"{name} {spec}".strip() for name, spec in these.dependencies.items() if name not in those.dependencies)
