"""URLs, hosts and IP addresses in text: found without a regular-expression scan over all of it, then judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

import numpy as np

from darnel.features.indicators.tables import domains
from darnel.features.remember import remembered

LIMIT = 5_000
"""URLs per file."""
ADDRESSES = 20_000
"""Dotted numbers per file that are looked at."""

_SCHEME = re.compile(rb"([a-z][a-z0-9+.-]{1,14})$")  # one letter is a drive
_AUTHORITY = re.compile(rb"([^\s/?#\"'<>(){}|^`,;]{1,255})")
_HOST = re.compile(rb"(?:[^@]*@)?(\[[0-9a-f:.%]+\]|[^:@\[\]]+)(?::(\d{1,5}))?")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,58})\.?")
_DOTTED = re.compile(rb"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.-]|%[^a-z])")
_PROGRAM = re.compile(
    rb"://[^\s/\"'<>`]{1,255}/[^\s\"'<>`()]{0,300}\.(?:exe|scr|bat|cmd|ps1|vbs|hta|msi)(?=[\s\"'`?;&|)]|\Z)"
)
_GLUED = frozenset({b".", b"/", b"@", b"-", b"_", b"=", b"^", b"~"})
_PORT = re.compile(rb"(?:['\"]?\s*[,:]\s*)(\d{2,5})\b")
_PLACEHOLDER = re.compile(r"[{}$%<>*\[\]]")
_DOTS = re.compile(rb"\.(?<=\d\.)\d{1,3}\.\d{1,3}\.\d")


class Url(NamedTuple):
    """One URL's outside, lower case."""

    at: int
    """Byte offset of the scheme's colon."""
    scheme: str
    host: str
    port: int
    """0 if not given."""
    login: bool
    """Has user or password before the host."""


class Address(NamedTuple):
    """One dotted IPv4 address outside URLs."""

    at: int
    address: str
    port: int
    """0 if none stands next to it."""


_IN_SCHEME = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789+.-")


def _scheme(text: bytes, at: int) -> str:
    """Scheme that ends at ``at``, ``""`` if none does."""
    if text.startswith(b"https", at - 5) and at > 5 and text[at - 6] not in _IN_SCHEME:  # nearly all of them
        return "https"
    found = _SCHEME.search(text, max(0, at - 15), at)
    return found[1].decode() if found else ""


@remembered(4_096)
def _host_of(authority: bytes) -> tuple[str, int, bool] | None:
    """Host, port (0 if not given) and whether there is a login; None for a placeholder."""
    found = _HOST.match(authority)
    if found is None:
        return None
    host = found[1].decode("ascii", "replace").rstrip(".")
    if _PLACEHOLDER.search(host.strip("[]")):
        return None
    return host, int(found[2]) if found[2] else 0, b"@" in authority


def urls(text: bytes) -> Iterator[Url]:
    r"""Yield every ``scheme://authority`` of a normalised text.

    Normalising turns ``:\\`` into ``://`` too, so a scheme and a plausible host are asked for.
    """
    at = text.find(b"://")
    seen = 0
    while at >= 0 and seen < LIMIT:
        seen += 1
        scheme = _scheme(text, at)
        authority = _AUTHORITY.match(text, at + 3)
        found = _host_of(authority[1]) if scheme and authority else None
        if found:
            yield Url(at, scheme, *found)
        at = text.find(b"://", at + 3)


def of_program(text: bytes, at: int) -> bool:
    """Whether the URL whose colon stands at ``at`` is that of an executable or script (``https://…/x.exe``)."""
    return _PROGRAM.match(text, at) is not None


def addresses(text: bytes) -> Iterator[Address]:
    """Dotted IPv4 addresses that stand alone (not in a URL, a version, a longer dotted number)."""
    if _DOTS.search(text) is None:
        return
    dots = np.flatnonzero(np.frombuffer(text, np.uint8) == 46)
    gaps = np.diff(dots)
    # Three dots, one to three bytes apart: rare enough to look at one by one.
    close = (gaps >= 2) & (gaps <= 4)
    for at in dots[:-2][close[:-1] & close[1:]][:ADDRESSES].tolist():
        start = at
        while start > 0 and at - start < 3 and 48 <= text[start - 1] < 58:
            start -= 1
        found = _DOTTED.match(text, start)
        before = text[start - 1 : start]
        if found is None or before.isalnum() or before in _GLUED:
            continue
        port = _PORT.match(text, found.end(), found.end() + 24)
        yield Address(start, found[0].decode(), int(port[1]) if port else 0)


@remembered(4_096)
def public(address: str) -> bool:
    """Whether a literal (dotted, decimal, hex or octal IPv4; bracketed IPv6) is an address on the open internet."""
    try:
        if address.startswith("["):
            six = IPv6Address(address[1:-1].partition("%")[0])
            return six.is_global and not six.is_multicast
        if address.count(".") == 3:
            four = IPv4Address(address)
        elif re.fullmatch(r"0x[0-9a-f]{7,8}|\d{8,10}", address):
            four = IPv4Address(int(address, 0))
        else:
            return False
    except (AddressValueError, ValueError):
        return False
    return four.is_global and not four.is_multicast and not _documentary(four)


def _documentary(address: IPv4Address) -> bool:
    """Whether an address is a well-known resolver or a writer's invention (8.8.8.8, 1.2.3.4, 123.45.67.89)."""
    a, b, c, d = address.packed
    equal_steps = b - a == c - b == d - c
    return equal_steps or str(address) in _EXAMPLES or (a < 10 and b < 10 and c < 10 and d < 10)


_EXAMPLES = frozenset({"8.8.4.4", "1.0.0.1", "208.67.222.222", "208.67.220.220", "123.45.67.89", "149.112.112.112"})


def versionlike(address: str) -> bool:
    """Whether a public dotted address without a port reads rather like a version (3.11.10.15, 4.18.0.0)."""
    a, b, c, d = (int(part) for part in address.split("."))
    return (a < 20 and b < 100 and c < 100) or (c == 0 and d < 10)


def numeric(host: str) -> bool:
    """Whether a URL's host is an address in disguise: one decimal or hex number."""
    return bool(re.fullmatch(r"0x[0-9a-f]{7,8}|[1-9]\d{7,9}", host))


@remembered(4_096)
def is_name(host: str) -> bool:
    """Whether a host is a domain name that could be registered."""
    return bool(_NAME.fullmatch(host)) and not is_local(host)


def is_local(host: str) -> bool:
    """Whether a host is one of the documentation's and the local network's."""
    return _listed(host, domains().local)


@remembered(4_096)
def is_known(host: str) -> bool:
    """Whether a host belongs to a well-known code, documentation or vendor domain."""
    return _listed(host, domains().known)


def throwaway(host: str) -> bool:
    """Whether a host's top-level domain is cheap or free."""
    return host.rpartition(".")[2] in domains().throwaway


def unusual_port(port: int) -> bool:
    """Whether a port is given and is none that services commonly use."""
    return port > 0 and port not in domains().usual_ports


def _listed(host: str, suffixes: frozenset[str]) -> bool:
    while host:
        if host in suffixes:
            return True
        host = host.partition(".")[2]
    return False
