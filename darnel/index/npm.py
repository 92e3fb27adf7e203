"""Releases on the npm registries that npm is configured for.

Source: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx2

from darnel.defang import printable
from darnel.errors import FetchError
from darnel.index import semver
from darnel.index.artefact import Artefact, Hashes, Kind, Pair, Release, file_name, from_integrity
from darnel.index.http import Session, host, refusal
from darnel.index.npm_config import NPM, NpmConfig
from darnel.index.reference import Reference

PUBLIC = frozenset((urlsplit(NPM).netloc, "registry.yarnpkg.com"))
"""Names of the public registry."""
ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
"""The short form of the metadata, which npm itself asks for when it installs."""


class Npm:
    """npm registries, asked as npm would ask them."""

    def __init__(self, config: NpmConfig) -> None:
        self.config = config
        self.session = Session(config.settings, _Auth(config))

    def files(self, name: str) -> list[Artefact]:
        """The tarballs of all releases of a name, lowest version first.

        Raises
        ------
        FetchError
            The registry does not have it or cannot be asked.
        """
        document = self._document(name)
        versions = _object(document.get("versions"))
        found = [self._artefact(name, version, _object(about)) for version, about in versions.items()]
        return sorted((a for a in found if a.url), key=lambda a: semver.key(a.version) or ((), False, ()))

    def release(
        self,
        reference: Reference,
        choice: str = "default",  # noqa: ARG002
        pinned: Hashes = frozenset(),
    ) -> Release:
        """The tarball of a release, and that of the release before it.

        Parameters
        ----------
        reference : Reference
            With an exact version, a tag, or neither (the tag ``latest``).
        choice : str
            Not used: a release has one file.
        pinned : set of (algorithm, hex digest)
            It must have one of these, if any are given.

        Raises
        ------
        FetchError
            There is no such name or version.
        """
        files = {a.version: a for a in self.files(reference.name)}
        tags = _object(self._document(reference.name).get("dist-tags"))
        wanted = reference.version or "latest"
        version = wanted if wanted in files else str(tags.get(wanted, ""))
        new = files.get(version)
        if new is None:
            near = ", ".join(list(files)[:-4:-1])
            text = f"no release is tagged {wanted}" if not reference.version else "no such version"
            raise FetchError(f"{reference}: {text}; {f'the newest are {near}' if near else 'there are none'}")
        reference = reference._replace(version=version)
        if pinned and pinned.isdisjoint(new.hashes.items()):
            raise FetchError(f"{reference}: the registry has another file than is pinned; find out why before using it")
        notes = []
        if new.yanked:
            notes.append(f"{reference} is deprecated: {new.yanked}")
        if not new.hashes:
            notes.append(f"{new.label}: the registry announces no hash, so it was not verified")
        return Release(reference, (Pair(new, self.previous(new)),), 0, tuple(notes))

    def previous(self, artefact: Artefact) -> Artefact | None:
        """The tarball of the release before, None if there is none.

        Raises
        ------
        FetchError
            As :meth:`files`.
        """
        files = {a.version: a for a in self.files(artefact.name)}
        before = semver.previous(artefact.version, files)
        return files[before] if before else None

    def _document(self, name: str) -> dict[str, Any]:
        url = self.config.registry(name) + quote(name, safe="@")
        answer = self.session.get(url, headers={"Accept": ACCEPT})
        if answer.status_code in (404, 410):
            raise FetchError(f"npm:{name}: no package of that name ({host(url)}); check the spelling")
        if answer.status_code >= 400:
            raise FetchError(f"npm:{name}: {refusal(url, answer.status_code)}")
        try:
            return _object(json.loads(answer.content))
        except (ValueError, RecursionError):
            raise FetchError(f"npm:{name}: {host(url)} did not answer as an npm registry; check .npmrc") from None

    def _artefact(self, name: str, version: str, about: dict[str, Any]) -> Artefact:
        dist = _object(about.get("dist"))
        url = self.address(str(dist.get("tarball") or ""), name)
        hashes = from_integrity(str(dist.get("integrity") or ""))
        if not hashes and isinstance(dist.get("shasum"), str):
            hashes = {"sha1": dist["shasum"].lower()}
        deprecated = about.get("deprecated")
        return Artefact(
            ecosystem="npm",
            name=name,
            version=version,
            file_name=file_name(url, "artefact.tgz"),
            url=url,
            hashes=hashes,
            kind=Kind.TARBALL,
            yanked=printable(deprecated)[:200] if isinstance(deprecated, str) and deprecated else "",
        )

    def address(self, url: str, name: str) -> str:
        """Where to get a tarball.

        Answers of a mirror and lock files name the public registry, for which npm takes the configured one.
        """
        registry = urlsplit(self.config.registry(name))
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return ""
        if parts.netloc in PUBLIC and registry.netloc != parts.netloc:
            return urlunsplit(parts._replace(scheme=registry.scheme, netloc=registry.netloc))
        return url


class _Auth(httpx2.Auth):
    """Credentials by host and path; httpx2 takes them off a request that is redirected to another host."""

    def __init__(self, config: NpmConfig) -> None:
        self._config = config

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        value = self._config.authorization(str(request.url))
        if value:
            request.headers["Authorization"] = value
        yield request


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, Mapping) else {}  # type: ignore[return-value]
