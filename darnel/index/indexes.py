"""The indexes that this machine is configured for, with one cache before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from darnel.errors import FetchError, LimitError
from darnel.features.limits import DEFAULT_LIMITS, Limits
from darnel.index import semver
from darnel.index.artefact import Artefact, Hashes, Pair, Release
from darnel.index.cache import Cache, mismatch
from darnel.index.choice import choose
from darnel.index.http import Session
from darnel.index.reference import Reference


class Index(Protocol):
    """One family of registries."""

    session: Session

    def files(self, name: str) -> list[Artefact]:
        """All files of all releases of a name."""
        ...

    def release(self, reference: Reference, choice: str, pinned: Hashes) -> Release:
        """What of a release is judged."""
        ...

    def previous(self, artefact: Artefact) -> Artefact | None:
        """The file of the release before that an artefact is compared with."""
        ...

    def address(self, url: str, name: str) -> str:
        """Where to get a file that an index or a lock file names by an address."""
        ...


class Indexes:
    """Finds releases, downloads what is not in the cache, verifies all of it.

    Parameters
    ----------
    offline : bool
        Use the cache alone.
    limits : Limits
        ``compressed_bytes`` bounds a download.
    cache : Cache, optional
        Default: the user's.
    """

    def __init__(self, offline: bool = False, limits: Limits = DEFAULT_LIMITS, cache: Cache | None = None) -> None:
        self.offline = offline
        self.limits = limits
        self.cache = cache or Cache()
        self._opened: dict[str, Index] = {}

    def release(self, reference: Reference, choice: str = "default", pinned: Hashes = frozenset()) -> Release:
        """Find a release; see :meth:`darnel.index.pypi.PyPI.release` and :meth:`darnel.index.npm.Npm.release`."""
        if self.offline:
            return self._cached_release(reference, choice, pinned)
        return self.index(reference.ecosystem).release(reference, choice, pinned)

    def previous(self, artefact: Artefact) -> Artefact | None:
        """The file of the release before that an artefact is compared with, None if there is none.

        Offline it is the one before in the cache.

        Raises
        ------
        FetchError
            The index does not have the name or cannot be asked.
        """
        if not self.offline:
            return self.index(artefact.ecosystem).previous(artefact)
        return _counterpart(artefact, self.cache.releases(artefact.ecosystem, artefact.name))

    def index(self, ecosystem: str) -> Index:
        """The registries of an ecosystem; their configuration is read when they are first asked."""
        if self.offline:
            raise FetchError(f"{ecosystem}: needs the network, which --offline forbids")
        if ecosystem not in self._opened:
            self._opened[ecosystem] = _OPENERS[ecosystem]()
        return self._opened[ecosystem]

    def fetch(self, artefact: Artefact) -> Path:
        """The artefact as a verified file in the cache.

        Raises
        ------
        FetchError
            It cannot be had, or is not what was announced.
        LimitError
            It is too large.
        """
        found = self.cache.find(artefact.hashes)
        if found is not None:
            return self._within(found, artefact)
        if self.offline or not artefact.url:
            raise FetchError(f"{artefact.label}: not in the cache; scan it once without --offline")
        index = self.index(artefact.ecosystem)
        url = index.address(artefact.url, artefact.name)
        with self.cache.writing() as partial:
            digests = index.session.download(
                url, artefact.label, partial.file, artefact.hashes, self.limits.compressed_bytes
            )
            wrong = mismatch(digests, artefact.hashes)
            if wrong:
                raise FetchError(
                    f"{artefact.label}: hash mismatch: {wrong} is {digests[wrong][:16]}…, announced was "
                    f"{artefact.hashes[wrong][:16]}…; the file was discarded, do not install it"
                )
            path = self.cache.add(partial.path, artefact.file_name, digests)
        self._remember(artefact, digests)
        return path

    def _within(self, path: Path, artefact: Artefact) -> Path:
        size = path.stat().st_size
        if size > self.limits.compressed_bytes:
            raise LimitError(f"{artefact.label}: {size:,} bytes, over the limit of {self.limits.compressed_bytes:,}")
        return path

    def _remember(self, artefact: Artefact, digests: Mapping[str, str]) -> None:
        from dataclasses import replace

        self.cache.remember(replace(artefact, hashes=digests))

    def _cached_release(self, reference: Reference, choice: str, pinned: Hashes) -> Release:
        """What the cache holds of a release. The newest is only known to an index, so a version is needed."""
        known = self.cache.releases(reference.ecosystem, reference.name)
        versions = list(dict.fromkeys(a.version for a in known))
        shown = ", ".join(_sorted(reference.ecosystem, versions)[:-4:-1]) or "nothing"
        if not reference.version:
            raise FetchError(f"{reference}: --offline needs a version; of this name the cache has {shown}")
        here = [a for a in known if _same(a, reference) and not (pinned and pinned.isdisjoint(a.hashes.items()))]
        chosen = choose(here, choice)
        if not chosen:
            raise FetchError(f"{reference}: not in the cache, which has {shown}; scan it once without --offline")
        return Release(reference, tuple(Pair(new, _counterpart(new, known)) for new in chosen))


def _same(artefact: Artefact, reference: Reference) -> bool:
    if artefact.version == reference.version or artefact.ecosystem == "npm":
        return artefact.version == reference.version
    from packaging.version import InvalidVersion, Version

    try:
        return Version(artefact.version) == Version(reference.version)
    except InvalidVersion:
        return False


def _counterpart(new: Artefact, known: list[Artefact]) -> Artefact | None:
    """Of what is known of a name, the file of the release before, of the same kind if there is one."""
    before = _previous(new.reference, known)
    others = [a for a in known if before and a.version == before]
    return next((a for a in others if a.kind is new.kind), others[0] if others else None)


def _sorted(ecosystem: str, versions: Iterable[str]) -> list[str]:
    if ecosystem == "npm":
        return sorted(versions, key=lambda version: semver.key(version) or ((), False, ()))
    from packaging.version import Version

    return sorted(versions, key=Version)


def _previous(reference: Reference, known: list[Artefact]) -> str:
    if reference.ecosystem == "npm":
        return semver.previous(reference.version, (a.version for a in known)) or ""
    from packaging.version import InvalidVersion, Version

    from darnel.index.pypi import previous_version

    try:
        found = previous_version(Version(reference.version), known)
    except InvalidVersion:
        return ""
    return next((a.version for a in known if found is not None and Version(a.version) == found), "")


def _open_pypi() -> Index:
    from darnel.index import pip_config
    from darnel.index.pypi import PyPI

    return PyPI(pip_config.read())


def _open_npm() -> Index:
    from darnel.index import npm_config
    from darnel.index.npm import Npm

    return Npm(npm_config.read())


_OPENERS: Mapping[str, Callable[[], Index]] = {"pypi": _open_pypi, "npm": _open_npm}
