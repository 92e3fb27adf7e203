"""One file of a release as an index announces it, and a release as what of it is judged."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from darnel.index.reference import Reference

ALGORITHMS = ("sha512", "sha384", "sha256", "sha1", "md5")
"""Hashes that indexes and lock files announce, strongest first."""
CHOICES = ("default", "wheel", "sdist", "all")
"""What pip would install here and the sdist, as an attacker may change only one; one of the two; or all."""
Hashes = Set[tuple[str, str]]
"""Digests as (algorithm, hex) pairs, each of which is enough."""
_SAFE_NAME = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9._+!@-]{0,180}")


class Kind(StrEnum):
    """The shape of an artefact."""

    WHEEL = "wheel"
    SDIST = "sdist"
    TARBALL = "tarball"
    """npm's."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file."""

    ecosystem: str
    name: str
    version: str
    file_name: str
    """Safe as a file name."""
    url: str
    """May hold credentials: never print it."""
    hashes: Mapping[str, str]
    """Announced digests in lower-case hex by algorithm; empty when the index announces none."""
    kind: Kind
    yanked: str = ""
    """Why the release was yanked or deprecated, ``""`` if it was not."""

    @property
    def label(self) -> str:
        """For people: ``pypi:requests-2.32.0.tar.gz``, ``npm:@types/node-20.1.0.tgz``."""
        return f"{self.ecosystem}:{self.file_name if self.ecosystem == 'pypi' else f'{self.name}-{self.version}.tgz'}"

    @property
    def reference(self) -> Reference:
        """The release it belongs to."""
        return Reference(self.ecosystem, self.name, self.version)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, without the address, which may hold credentials."""
        return {**asdict(self), "hashes": dict(self.hashes), "url": ""}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Artefact:
        """Undo :meth:`to_dict`."""
        return cls(**{**data, "kind": Kind(data["kind"])})


@dataclass(frozen=True, slots=True)
class Pair:
    """A file to judge, and the file of the release before it that it is compared with."""

    new: Artefact
    previous: Artefact | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """What of a release is judged."""

    reference: Reference
    """With its version."""
    pairs: tuple[Pair, ...]
    left_out: int = 0
    """Further files of the release that were not asked for."""
    notes: tuple[str, ...] = field(default=())
    """What the user should know: yanked, not hashed, …"""


def file_name(url: str, fallback: str) -> str:
    """Last part of an address as a file name that is safe on every system, else ``fallback``."""
    name = unquote(urlsplit(url).path).replace("\\", "/").rpartition("/")[2]
    return name if _SAFE_NAME.fullmatch(name) else fallback


def kind_of(name: str) -> Kind:
    """Shape of a file on a Python index, by its name."""
    return Kind.WHEEL if name.lower().endswith(".whl") else Kind.SDIST


def from_integrity(text: str) -> dict[str, str]:
    """Digests in hex by algorithm from a subresource-integrity string (``sha512-<base64> …``).

    Source: https://www.w3.org/TR/SRI/#the-integrity-attribute
    """
    found: dict[str, str] = {}
    for word in text.split():
        algorithm, _, digest = word.partition("?")[0].partition("-")
        if algorithm in ALGORITHMS and algorithm not in found:
            try:
                found[algorithm] = b64decode(digest, validate=True).hex()
            except (binascii.Error, ValueError):
                continue
    return found
