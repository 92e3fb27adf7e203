"""Releases on the Python indexes that pip is configured for, through `unearth`'s finder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from darnel.defang import printable
from darnel.errors import FetchError
from darnel.index.artefact import Artefact, Hashes, Pair, Release, file_name, kind_of
from darnel.index.choice import choose
from darnel.index.http import Session, host, refusal
from darnel.index.pip_config import PipConfig
from darnel.index.reference import Reference

if TYPE_CHECKING:
    from unearth import Package, PackageFinder


class PyPI:
    """Python indexes, asked as pip would ask them."""

    def __init__(self, config: PipConfig) -> None:
        from unearth.auth import MultiDomainBasicAuth

        self.config = config
        self.session = Session(config.settings, MultiDomainBasicAuth(prompting=False, index_urls=config.index_urls))
        self._listed: dict[str, list[Artefact]] = {}

    def files(self, name: str) -> list[Artefact]:
        """All files of all releases, whatever platform they are for, withdrawn ones too.

        Raises
        ------
        FetchError
            No index has the name, or one that should know cannot be asked.
        """
        if name not in self._listed:
            found = self._finder(anything=True).find_all_packages(name, allow_yanked=True)
            self._listed[name] = _unique(_artefact(package) for package in found)
        self._complain(name, found=bool(self._listed[name]))
        return self._listed[name]

    def release(self, reference: Reference, choice: str = "default", pinned: Hashes = frozenset()) -> Release:
        """Choose what of a release is judged.

        Parameters
        ----------
        reference : Reference
            Without a version: the newest that pip would install here, or else the newest at all.
        choice : str
            One of :data:`darnel.index.artefact.CHOICES`.
        pinned : set of (algorithm, hex digest)
            Only files that have one of these, if any are given.

        Raises
        ------
        FetchError
            There is no such name, version or file.
        """
        files = self.files(reference.name)
        version = self._version(reference, files)
        reference = reference._replace(version=str(version))
        here = of_pinned(reference, self._of(version, files), pinned)
        chosen = self._choose(reference, here, choice)
        before = previous_version(version, files)
        pairs = [Pair(new, self._counterpart(new, before, files)) for new in chosen]
        notes = []
        if here[0].yanked:
            notes.append(f"{reference} was yanked: {here[0].yanked}")
        notes += [f"{a.label}: the index announces no hash, so it was not verified" for a in chosen if not a.hashes]
        return Release(reference, tuple(pairs), len(here) - len(chosen), tuple(notes))

    def previous(self, artefact: Artefact) -> Artefact | None:
        """The file of the release before that an artefact is compared with, None if there is none.

        Raises
        ------
        FetchError
            As :meth:`files`.
        """
        try:
            version = Version(artefact.version)
        except InvalidVersion:
            return None
        files = self.files(artefact.name)
        return self._counterpart(artefact, previous_version(version, files), files)

    def address(self, url: str, name: str) -> str:  # noqa: ARG002
        """Where to get a file: where the index or the lock says."""
        return url

    def _finder(self, anything: bool = False) -> PackageFinder:
        from unearth import PackageFinder

        config = self.config
        finder = PackageFinder(
            session=self.session,  # type: ignore[arg-type]  # it returns responses of httpx2, which are wider
            index_urls=config.index_urls,
            find_links=[link for link in config.find_links if "://" in link or os.path.exists(link)],
            ignore_compatibility=anything,
            no_binary=() if anything else config.no_binary,
            only_binary=() if anything else config.only_binary,
            prefer_binary=(":all:",) if config.prefer_binary else (),
        )
        if not config.index_urls:  # unearth falls back to pypi.org; pip's no-index means none
            finder.sources = [source for source in finder.sources if source["type"] == "find_links"]
        return finder

    def _complain(self, name: str, found: bool) -> None:
        """Say why there is nothing. An index that failed is an error even if another has the name: it may decide."""
        for url, status in self.session.refused.items():
            if status not in (404, 410) and f"/{name}/" in url:
                raise FetchError(f"pypi:{name}: {refusal(url, status)}")
        if found:
            return
        asked = ", ".join([host(url) for url in (*self.config.index_urls, *self.config.find_links)])
        raise FetchError(f"pypi:{name}: no release of that name ({asked or 'no index configured'}); check the spelling")

    def _version(self, reference: Reference, files: list[Artefact]) -> Version:
        known = {Version(a.version): bool(a.yanked) for a in files}
        if reference.version:
            try:
                wanted = Version(reference.version)
            except InvalidVersion:
                raise FetchError(f"{reference}: {reference.version!r} is not a version (PEP 440)") from None
            if wanted not in known:
                near = ", ".join(str(version) for version in sorted(known, reverse=True)[:3])
                raise FetchError(f"{reference}: no such version; the newest are {near}")
            return wanted
        best = self._finder().find_best_match(reference.name, allow_prereleases=self.config.pre or None).best
        if best is not None and best.version:
            return Version(best.version)
        standing = [version for version, yanked in known.items() if not yanked]
        if not standing:
            raise FetchError(f"{reference}: every release was yanked; name one with =={max(known)} to judge it anyway")
        return max(standing, key=lambda version: (not version.is_prerelease, version))

    @staticmethod
    def _of(version: Version, files: list[Artefact]) -> list[Artefact]:
        return [a for a in files if Version(a.version) == version]

    def _choose(self, reference: Reference, here: list[Artefact], choice: str) -> list[Artefact]:
        chosen = choose(here, choice)
        if not chosen:
            raise FetchError(f"{reference}: has no {choice}; use --artifact all")
        return chosen

    def _counterpart(self, new: Artefact, before: Version | None, files: list[Artefact]) -> Artefact | None:
        """The file of the release before that ``new`` is compared with: same kind, same platform if there is one."""
        if before is None:
            return None
        there = self._of(before, files)
        same = [a for a in there if a.kind is new.kind]
        tags = _tags(new.file_name)
        for candidate in same:
            if _tags(candidate.file_name) == tags:
                return candidate
        return choose(same)[0] if same else there[0]


def of_pinned(reference: Reference, here: list[Artefact], pinned: Hashes) -> list[Artefact]:
    """The files that a lock file allows.

    Raises
    ------
    FetchError
        None of them has a hash that is pinned.
    """
    if not pinned:
        return here
    allowed = [a for a in here if not pinned.isdisjoint(a.hashes.items())]
    if not allowed:
        raise FetchError(
            f"{reference}: none of the {len(here)} files that the index has is one of the {len(pinned)} that are "
            "pinned; find out why before installing it"
        )
    return allowed


def previous_version(version: Version, files: Iterable[Artefact]) -> Version | None:
    """The release that ``version`` follows: the next lower one that stands; a pre-release only before another."""
    lower = {Version(a.version) for a in files if not a.yanked and Version(a.version) < version}
    final = {v for v in lower if not v.is_prerelease}
    candidates = lower if version.is_prerelease or not final else final
    return max(candidates, default=None)


def _artefact(package: Package) -> Artefact:
    link = package.link
    name = file_name(link.url_without_fragment, "artefact")
    hashes = {key: values[0].lower() for key, values in (link.hash_option or {}).items() if values}
    reason = link.yank_reason
    return Artefact(
        ecosystem="pypi",
        name=package.name,
        version=str(package.version),
        file_name=name,
        url=link.url_without_fragment,
        hashes=hashes,
        kind=kind_of(name),
        yanked="" if reason is None else _reason(reason),
    )


def _reason(told: object) -> str:
    return printable(told)[:200] if isinstance(told, str) and told.strip() else "no reason given"


def _unique(found: Iterable[Artefact]) -> list[Artefact]:
    """The first of several files of the same name (mirrors of each other), in pip's order of preference."""
    return list({a.file_name: a for a in reversed(list(found))}.values())[::-1]


@cache
def _tags(name: str) -> str:
    """Python, ABI and platform of a wheel's file name; ``""`` for an sdist."""
    return "-".join(name.lower().removesuffix(".whl").rsplit("-", 3)[1:]) if name.endswith(".whl") else ""
