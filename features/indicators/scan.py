"""Indicators in string literals and in text: observations with their place, and ``ind.*`` columns."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from math import log1p
from typing import NamedTuple

from darnel.features.excerpt import Excerpt
from darnel.features.facts import Literal, Observation
from darnel.features.identifiers import surprise
from darnel.features.indicators import urls
from darnel.features.indicators.matcher import Matcher, normalise
from darnel.features.indicators.tables import Entry, entries
from darnel.features.languages import commands
from darnel.features.schema import Column

LIMIT = 400
"""Observations per file."""
PER_ENTRY = 8
"""Observations of one table entry per file: a list of two hundred sandbox names is one finding, not two hundred."""
LITERAL_BYTES = 4 << 20
"""Literals beyond this are not scanned."""
LINES = 60
"""Lines per file that are classified as commands."""
REACH = 400
"""Bytes of a line on either side of a command word that are classified."""
HINT = "command.line"
"""Text beyond this is not scanned."""

COLUMNS = (
    Column("ind.urls", "log1p of the number of URLs", "real"),
    Column("ind.hosts", "log1p of the number of distinct hosts in URLs", "real"),
    Column("ind.hosts_unknown", "log1p of distinct domain names that are no well-known site", "real"),
    Column("ind.hosts_unknown_share", "share of distinct hosts that are no well-known site", "real"),
    Column("ind.addresses", "log1p of the number of distinct public IP addresses", "real"),
    Column("ind.plain_share", "share of URLs with scheme http", "real"),
    Column("ind.logins", "log1p of URLs with user or password", "real"),
    Column("ind.odd_ports", "log1p of URLs with an unusual port", "real"),
    Column("ind.throwaway", "log1p of distinct hosts under cheap top-level domains", "real"),
    Column("ind.host_length_max", "length of the longest unknown host", "real"),
    Column("ind.host_digits_max", "largest share of digits in an unknown host", "real"),
    Column("ind.host_unlike_max", "largest bits per letter pair of an unknown host (words are near 4)", "real"),
    Column("ind.host_depth_max", "largest number of labels of an unknown host", "count"),
    Column("ind.punycode", "some host is internationalised (xn--)", "bool"),
    Column("ind.hits", "log1p of all indicator hits", "real"),
    Column("ind.hidden", "log1p of hits in literals that were hidden", "real"),
    Column("ind.entries", "log1p of distinct table entries hit", "real"),
    Column("ind.behaviours", "number of distinct behaviours named", "count"),
    Column("ind.cred_families", "number of distinct credential families named", "count"),
    Column("ind.host_families", "number of distinct suspicious host families named", "count"),
    Column("ind.cred_entries", "log1p of distinct credential needles named", "real"),
)


TOOLS = "guard:tools"
_KEY_BODY = re.compile(
    rb"begin (?:rsa|openssh) private key-----(?:\s|/[rn])*(?:[a-z-]{1,20}: [^\n]{0,80}\n\s*){0,4}[a-z0-9+/]{40}"
)
"""A key that is there, as tests and example servers have them, is not one that is looked for."""
_VIDEO = b"dqw4w9wgxcq"
"""What Discord's enciphered tokens start with is also the name of a video."""
_URL_BEFORE = re.compile(rb"://[^\s\"'<>`]{0,76}$")
LIST = 30
"""So many names of hosts in a row, each a literal of its own, are a list of hosts and nobody's address."""
_HOST_NAME = re.compile(r"[!*]?\.?(?:[\w*-]+\.)+[\w-]{2,24}")


class Found(NamedTuple):
    """Result of one scan."""

    observations: list[Observation]
    values: dict[str, float]


TABLES = ("hosts.toml", "secrets.toml", "behaviour.toml", "hints.toml")
"""Tables of indicators."""


@cache
def _matcher() -> Matcher:
    return Matcher(entries(*TABLES))


@dataclass(slots=True)
class _Collector:
    """Gathers what one pass over a text finds; ``place`` turns an offset into where it stands."""

    place: Callable[[int, str, str], tuple[int, Observation]]
    observations: list[Observation] = field(default_factory=list)
    seen: set[tuple[int, str, str]] = field(default_factory=set)
    per_entry: dict[tuple[str, str], int] = field(default_factory=dict)
    needles: set[tuple[str, bytes]] = field(default_factory=set)
    hits: int = 0

    def add(self, at: int, behaviour: str, label: str) -> None:
        self.hits += 1
        count = self.per_entry.get((behaviour, label), 0)
        if count >= PER_ENTRY or len(self.observations) >= LIMIT:
            return
        key, observation = self.place(at, behaviour, label)
        if (key, behaviour, label) not in self.seen:
            self.seen.add((key, behaviour, label))
            self.per_entry[behaviour, label] = count + 1
            self.observations.append(observation)


def examine_literals(literals: Iterable[Literal], shown: Callable[[Literal], bool] | None = None) -> Found:
    """Indicators in the string literals of one source file.

    Parameters
    ----------
    literals : iterable of Literal
    shown : callable, optional
        Whether a literal is only shown to the user (:func:`darnel.features.printed.printed`): commands in it are not
        given, then, as nobody runs them.

    Returns
    -------
    Found
        Observations keep line, order, statement, function and ``top`` of their literal; ``hidden`` is true if the
        literal was only visible after folding. ``api`` is ``family:entry``.
    """
    kept = [literal for literal in literals if len(literal.value) >= 4]
    if not kept:
        return Found([], {})
    whole = "\n".join([literal.value for literal in kept])
    plain = whole.isascii()
    starts: list[int] = []

    def number(offset: int) -> int:
        """Which literal an offset of the text is in."""
        if not starts:
            sizes = (len(literal.value if plain else _utf8(literal.value)) + 1 for literal in kept)
            starts.extend(accumulate(sizes, initial=0))
        return bisect_right(starts, offset, 0, len(kept)) - 1

    def place(offset: int, behaviour: str, label: str) -> tuple[int, Observation]:
        i = number(offset)
        literal = kept[i]
        return i, Observation(
            behaviour,
            literal.line,
            literal.order,
            literal.statement,
            literal.function,
            literal.top,
            label,
            literal.how != "",
        )

    listed = _listed(kept)

    def named(at: int, entry: Entry) -> bool:
        return entry.behaviour.startswith("host.") and number(at) in listed

    def said(at: int) -> bool:
        return shown is not None and shown(kept[number(at)])

    text = normalise(_utf8(whole)[:LITERAL_BYTES])
    return _scan(text, place, ignored=named if listed else None, said=said, code=True)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _listed(literals: list[Literal]) -> frozenset[int]:
    """Numbers of the literals in rows of at least :data:`LIST` host names, such as the public suffix list.

    A host that the code talks to stands beside other words (a path, a method, a key), also in minified code.
    """
    found: set[int] = set()
    first, size = 0, len(literals)
    while size - first >= LIST:
        # From the end: most of them need not be looked at.
        end = first + LIST
        while end > first and _is_host_name(literals[end - 1]):
            end -= 1
        if end > first:
            first = end
            continue
        end = first + LIST
        while end < size and _is_host_name(literals[end]):
            end += 1
        found.update(range(first, end))
        first = end
    return frozenset(found)


def _is_host_name(literal: Literal) -> bool:
    return not literal.how and _HOST_NAME.fullmatch(literal.value[:256]) is not None


def examine_text(data: bytes, hits: Iterable[tuple[int, Entry]] | None = None) -> Found:
    """Indicators in text that is not parsed (configuration, shell, unknown languages, strings of a binary).

    Parameters
    ----------
    data : bytes
        UTF-8; of a large file 3 MiB of head and 1 MiB of tail are scanned.
    hits : iterable of (int, Entry), optional
        What a search for the entries of :data:`TABLES` gives, if it was made already.

    Returns
    -------
    Found
        Observations have the byte offset as order, the line's start as statement, and count as running with the file.
    """
    excerpt = Excerpt(data)

    def place(at: int, behaviour: str, label: str) -> tuple[int, Observation]:
        offset = excerpt.offset(at)
        line, start = excerpt.line(offset), excerpt.line_start(offset)
        return line, Observation(behaviour, line, offset, start, -1, True, label)

    return _scan(normalise(excerpt.text), place, hits)


def _scan(
    text: bytes,
    place: Callable[[int, str, str], tuple[int, Observation]],
    hits: Iterable[tuple[int, Entry]] | None = None,
    ignored: Callable[[int, Entry], bool] | None = None,
    said: Callable[[int], bool] = lambda _: False,
    code: bool = False,
) -> Found:
    found = _Collector(place)
    lines: set[int] = set()
    for at, entry in _matcher().find(text) if hits is None else hits:
        if _harmless(text, at, entry) or (ignored is not None and ignored(at, entry)):
            continue
        if entry.behaviour == HINT:
            _command(text, at, lines, found, said)
            continue
        found.needles.add((entry.behaviour, entry.needle))
        found.add(at, entry.behaviour, entry.label)
    values: dict[str, float] = {}
    if b"://" in text:
        _hosts(text, found, values, code)
    public = {bare.address for bare in _bare(text, found)}
    if public or values.get("ind.addresses"):
        values["ind.addresses"] = log1p(values.get("ind.addresses", 0.0) + len(public))
    if found.hits:
        _summary(found, values)
    found.observations.sort(key=lambda o: (o.order, o.behaviour, o.api))
    return Found(found.observations, values)


# Their commands (id, env, host, sleep, zip…) are words of plain English too, and the line may be prose.
_WORDS = frozenset(
    {
        "host.identity",
        "host.enumerate",
        "env.all",
        "net.dns",
        "guard.delay",
        "encode.compress",
        "file.unpack",
        "install.dependency",
    }
)


_PACKAGER = "spawn.packager"
_ADVICE = re.compile(
    r"\b(?:run|running|using|use|try|with|via|please|type|execute|re-?run)[\s:`'\"]{1,4}(?:python[\d.]*\s-m\s)?"
    r"(?:pip[\d.]*|pipx|uv|npm|npx|yarn|pnpm|conda|brew|apt(?:-get)?)\s"
)
"""A sentence that tells its reader to install something."""


def _harmless(text: bytes, at: int, entry: Entry) -> bool:
    """Whether what stands around a needle says that it is no more than a word."""
    if entry.label == TOOLS or entry.needle == _VIDEO:
        return _in_url(text, at)
    return entry.needle.startswith(b"begin ") and _KEY_BODY.match(text, at) is not None


def _in_url(text: bytes, at: int) -> bool:
    """Whether a word is part of a URL: who links to a tool does not look for it among the processes."""
    return _URL_BEFORE.search(text, max(0, at - 80), at) is not None


def _command(text: bytes, at: int, lines: set[int], found: _Collector, said: Callable[[int], bool]) -> None:
    """Classify the line around a hint as a command, once."""
    start = max(text.rfind(b"\n", 0, at) + 1, at - REACH)
    if start in lines or len(lines) >= LINES:
        return
    lines.add(start)
    end = text.find(b"\n", at)
    line = text[start : min(at + REACH, end if end >= 0 else len(text))].decode("utf-8", "replace")
    behaviours = [
        behaviour
        for behaviour in commands.classify(line)
        if behaviour not in _WORDS and not (behaviour == _PACKAGER and _ADVICE.search(line) is not None)
    ]
    if behaviours and not said(at):
        for behaviour in behaviours:
            found.add(at, behaviour, "command:" + behaviour.partition(".")[2])


def _hosts(text: bytes, found: _Collector, values: dict[str, float], code: bool) -> None:
    total = plain = logins = odd = 0
    hosts: set[str] = set()
    unknown: set[str] = set()
    numbers: set[str] = set()
    for url in urls.urls(text):
        total += 1
        plain += url.scheme in {"http", "ftp", "ws"}
        hosts.add(url.host)
        if code and urls.of_program(text, url.at) and not urls.is_local(url.host):
            found.add(url.at, "host.paste", "host:program")
        if urls.public(url.host):
            numbers.add(url.host)
            found.add(url.at, "host.address", "host:ip-in-url" if not urls.numeric(url.host) else "host:ip-disguised")
            continue
        if not urls.is_name(url.host):
            continue
        logins += url.login
        if urls.is_known(url.host):
            continue
        unknown.add(url.host)
        if urls.unusual_port(url.port):
            odd += 1
            found.add(url.at, "host.address", "host:odd-port")
        if urls.throwaway(url.host):
            found.add(url.at, "host.dynamic", "host:cheap-tld")
    if not total:
        return
    values["ind.urls"] = log1p(total)
    values["ind.hosts"] = log1p(len(hosts))
    values["ind.plain_share"] = plain / total
    values["ind.logins"] = log1p(logins)
    values["ind.odd_ports"] = log1p(odd)
    values["ind.addresses"] = float(len(numbers))
    values["ind.punycode"] = float(any("xn--" in host for host in hosts))
    if unknown:
        names = sorted(unknown)
        values["ind.hosts_unknown"] = log1p(len(names))
        values["ind.hosts_unknown_share"] = len(names) / len(hosts)
        values["ind.throwaway"] = log1p(sum(map(urls.throwaway, names)))
        values["ind.host_length_max"] = float(max(map(len, names)))
        values["ind.host_digits_max"] = max(sum(c.isdigit() for c in name) / len(name) for name in names)
        values["ind.host_depth_max"] = float(max(name.count(".") + 1 for name in names))
        values["ind.host_unlike_max"] = float(surprise(names).max())


def _bare(text: bytes, found: _Collector) -> Iterable[urls.Address]:
    for bare in urls.addresses(text):
        if urls.public(bare.address) and (bare.port or not urls.versionlike(bare.address)):
            found.add(bare.at, "host.address", "host:ip-with-port" if bare.port else "host:ip-bare")
            yield bare


def _summary(found: _Collector, values: dict[str, float]) -> None:
    behaviours = {behaviour for behaviour, _ in found.per_entry}
    values["ind.hits"] = log1p(found.hits)
    values["ind.hidden"] = log1p(sum(observation.hidden for observation in found.observations))
    values["ind.entries"] = log1p(len(found.per_entry))
    values["ind.behaviours"] = float(len(behaviours))
    values["ind.cred_families"] = float(sum(behaviour.startswith("cred.") for behaviour in behaviours))
    values["ind.host_families"] = float(len(behaviours & _HOSTS))
    values["ind.cred_entries"] = log1p(sum(behaviour.startswith("cred.") for behaviour, _ in found.needles))


_HOSTS = frozenset(
    f"host.{name}"
    for name in ("webhook", "outofband", "tunnel", "paste", "address", "dynamic", "drop", "chain", "onion")
)
