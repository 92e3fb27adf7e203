"""What a comparison needs of a release beyond its raw features: files, lines of what changed, hosts, dependencies."""

from __future__ import annotations

import re
from collections.abc import Collection, Container
from dataclasses import dataclass, field
from hashlib import sha256

from darnel.defang import printable
from darnel.features import metadata
from darnel.features.extract import MANIFEST_BYTES
from darnel.features.indicators.matcher import normalise
from darnel.features.indicators.urls import addresses, is_local, is_name, public, urls, versionlike
from darnel.features.package import Member, Package

_VERSIONED = re.compile(r"^[^/]+-\d[^/]*\.(dist-info/)")
"""The folder of a wheel that is named after its version."""
TEXT_BYTES = 4 << 20
"""Of a larger file, the rest is not looked at for hosts and lines."""


@dataclass(slots=True)
class Contents:
    """Facts about the members of one release."""

    files: dict[str, str] = field(default_factory=dict)
    """sha256 of the content by path, without the version in ``NAME-VERSION.dist-info``."""
    hosts: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Path and line where a host is first named."""
    dependencies: dict[str, str] = field(default_factory=dict)
    """Version range by name; not those of developers."""
    lines: dict[str, list[bytes]] = field(default_factory=dict)
    """Stripped lines of the files that were asked for. Transient: source text."""


def contents(package: Package, code: Container[str], keep: Collection[str] = ()) -> Contents:
    """Read every member once.

    Parameters
    ----------
    package : Package
        What is read.
    code : container of str
        Paths in which hosts are looked for: documentation names too many.
    keep : collection of str
        Paths whose lines are wanted.
    """
    found = Contents()
    manifests: dict[str, bytes] = {}
    for member in package.members():
        found.files[_VERSIONED.sub(r"\1", member.path)] = sha256(member.data).hexdigest()
        if metadata.wanted(member.path) and len(member.data) <= MANIFEST_BYTES:
            manifests[member.path] = member.data
        if member.path in code:
            _hosts(member, found.hosts)
        if member.path in keep:
            found.lines[member.path] = [line.strip() for line in member.data[:TEXT_BYTES].split(b"\n")]
    about = metadata.read(package.ecosystem, manifests, package.name, package.version)
    for needed in about.dependencies:
        if not needed.dev:
            found.dependencies.setdefault(printable(needed.name)[:100], printable(needed.spec)[:60])
    return found


def _hosts(member: Member, hosts: dict[str, tuple[str, int]]) -> None:
    text = normalise(member.data[:TEXT_BYTES])
    for url in urls(text):
        if url.host not in hosts and (public(url.host) or (is_name(url.host) and not is_local(url.host))):
            hosts[url.host] = (member.path, text.count(b"\n", 0, url.at) + 1)
    for address in addresses(text):
        if address.address not in hosts and public(address.address) and not versionlike(address.address):
            hosts[address.address] = (member.path, text.count(b"\n", 0, address.at) + 1)
