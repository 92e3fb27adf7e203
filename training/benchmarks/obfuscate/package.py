"""Which files of a package are obfuscated: all or the worst one of a malicious package, some of a benign one."""

from __future__ import annotations

import random
from collections.abc import Iterable

from darnel.training.benchmarks.hosts import Host
from darnel.training.benchmarks.obfuscate.catalogue import TRANSFORMS
from darnel.training.benchmarks.obfuscate.edits import words
from darnel.training.benchmarks.obfuscate.transform import Code, Transform, obfuscate
from darnel.training.benchmarks.payloads import gravity
from darnel.training.benchmarks.splice import Change

LANGUAGES = {"pypi": "python", "npm": "javascript"}
_SUFFIXES = {"python": (".py",), "javascript": (".js", ".cjs", ".mjs")}
SMALLEST = 24
"""Bytes; there is nothing to hide in less."""
MOST_FILES = {0: 8, 1: 12}
"""By label."""
MOST_BYTES = {0: 160 * 1024, 1: 512 * 1024}
"""Of all files together that are transformed, by label; the first file may have as many alone."""


def transform_named(name: str, ecosystem: str) -> Transform | None:
    """The transform of that name for an ecosystem's language."""
    return next((t for t in TRANSFORMS[LANGUAGES[ecosystem]] if t.name == name), None)


def obfuscated(host: Host, name: str, label: int, rng: random.Random) -> Change | None:
    """What one transform makes of a package.

    Parameters
    ----------
    host : Host
    name : str
        Of the transform.
    label : int
        1: the gravest source file, and by a coin all others; 0: 5 to 60 % of the source files, at least one.
    rng : random.Random

    Returns
    -------
    Change or None
        None where it does not fit the gravest file (malicious) or any of those drawn (benign).
    """
    transform = transform_named(name, str(host.ecosystem))
    paths = sources(host)
    if transform is None or not paths:
        return None
    style = "share"
    if label:
        style = rng.choice(("worst", "all"))
        grave = {file["path"]: gravity(file) for file in host.raw["files"]}
        paths.sort(key=lambda path: (-grave.get(path, 0.0), path))
        paths = paths[:1] if style == "worst" else paths
    else:
        paths = rng.sample(paths, max(1, round(rng.uniform(0.05, 0.6) * len(paths))))
    chosen = list(_within(host, paths, label))
    files: dict[str, bytes] = {}
    for path in chosen:
        elsewhere = _elsewhere(host, path) if "renamed" in name or "minified" in name else frozenset()
        made = obfuscate(transform, Code(host.members[path].data, rng, elsewhere))
        if made is not None:
            files[path] = made
        elif label and path == chosen[0]:
            return None
    if not files:
        return None
    first = next(iter(files))
    return Change(files, first, 1, files[first].count(b"\n") + 1, style)


def sources(host: Host) -> list[str]:
    """Source files of the ecosystem's language that can be edited, sorted."""
    suffixes = _SUFFIXES[LANGUAGES[str(host.ecosystem)]]
    return sorted(
        path
        for path, member in host.members.items()
        if path.endswith(suffixes) and "!/" not in path and member.size >= SMALLEST and host.text(path) is not None
    )


def _within(host: Host, paths: Iterable[str], label: int) -> Iterable[str]:
    room, count = MOST_BYTES[label], 0
    for path in paths:
        size = host.members[path].size
        if size <= room and count < MOST_FILES[label]:
            room -= size
            count += 1
            yield path


def _elsewhere(host: Host, path: str) -> frozenset[bytes]:
    """Words of the other source files; JavaScript files share none of their names."""
    if str(host.ecosystem) == "npm":
        return frozenset()
    return frozenset().union(*(_words_of(host, other) for other in sources(host) if other != path))


_known: tuple[Host | None, dict[str, frozenset[bytes]]] = (None, {})


def _words_of(host: Host, path: str) -> frozenset[bytes]:
    global _known
    if _known[0] is not host:
        _known = (host, {})
    found = _known[1].get(path)
    if found is None:
        found = _known[1][path] = words(host.members[path].data)
    return found
