"""Build the shipped reference of known files from the benign sources; see :mod:`darnel.features.known.reference`."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from darnel.errors import DarnelError
from darnel.features import content
from darnel.features.known.hashing import Print, fingerprint
from darnel.features.known.reference import Known, Owner
from darnel.features.languages.registry import language_for
from darnel.features.names import popular
from darnel.features.package import Ecosystem
from darnel.training.corpus.manifest import Manifest
from darnel.training.corpus.places import Listing
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.selection import rank

RELEASES = 8
"""Releases of a name that are read: the oldest, the newest, and some between."""
FILES = 600
"""Places of an owner that are kept; larger packages are sampled by the hash of the place, alike in every release."""
OWNERS_OF_FILE = 3
"""A file that more groups of owners have says nothing of where it came from."""
OWNERS_OF_TOP = 3
"""Import folders that more owners have (``tests``, ``google``) are not theirs."""
TOP_SHARE = 0.25
"""Of an owner's files, what must lie in an import folder for the folder to be its own."""
SAME_GROUP = 0.2, 0.1
"""Two owners that share these parts of the smaller and of the larger one's files are of one group."""
ROWS = 110_000
"""Rows of one ecosystem that ship: files of the most popular owners first."""


@dataclass(frozen=True, slots=True)
class Release:
    """The compared files of one release."""

    name: str
    prints: tuple[Print, ...]


@dataclass(slots=True)
class _Owned:
    """What the releases of one owner had."""

    counts: list[int] = field(default_factory=list)
    rows: set[tuple[int, int]] = field(default_factory=set)
    """(content, place)."""
    tops: Counter[str] = field(default_factory=Counter)


def wanted(listings: Iterable[Listing], manifest: Manifest, ecosystem: Ecosystem) -> list[Sample]:
    """Benign samples with a popular name, at most :data:`RELEASES` of each, spread over its versions."""
    rank_of = popular.load(str(ecosystem)).rank
    by_name: dict[str, dict[str, Sample]] = defaultdict(dict)
    for listing in listings:
        for sample in sorted(listing.samples, key=rank):
            listed = sample.name in rank_of and sample.name not in manifest.drop
            if sample.ecosystem is ecosystem and not sample.label and sample.kind != "file" and listed:
                by_name[sample.name].setdefault(sample.version or sample.content, sample)
    chosen: list[Sample] = []
    for name in sorted(by_name):
        versions = sorted(by_name[name].values(), key=lambda s: (_version(s.version), s.content))
        picked = np.unique(np.linspace(0, len(versions) - 1, min(RELEASES, len(versions))).round().astype(int))
        chosen += [versions[i] for i in picked]
    return chosen


def _version(text: str) -> tuple[int, ...]:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text).release
    except InvalidVersion:
        return ()


def read(sample: Sample) -> Release | None:
    """The compared files of one sample; None if it cannot be read or has none."""
    try:
        package = sample.open()
        name = popular.normalise(str(sample.ecosystem), package.name or sample.name)
        prints = tuple(sorted(_prints(sample)))
    except (DarnelError, OSError):
        return None
    return Release(name, prints) if prints else None


def _prints(sample: Sample) -> Iterator[Print]:
    for member in sample.open().members():
        if member.size != len(member.data) or not language_for(member.path, member.data):
            continue
        if content.sniff(member.path, member.data).is_text:
            found = fingerprint(member.path, member.data, str(sample.ecosystem))
            if found and not found.aside:
                yield found


def build(releases: Iterable[Release], ecosystem: Ecosystem, rows: int = ROWS) -> Known:
    """Put releases together.

    Parameters
    ----------
    releases : iterable of Release
        In any order: the result is the same.
    ecosystem : Ecosystem
    rows : int
        Bound on the rows.
    """
    rank_of = popular.load(str(ecosystem)).rank
    owned: dict[str, _Owned] = defaultdict(_Owned)
    for release in releases:
        if release.name in rank_of:
            entry = owned[release.name]
            entry.counts.append(len(release.prints))
            entry.rows |= {(seen.content, seen.tail) for seen in release.prints}
            entry.tops.update(seen.top for seen in release.prints if seen.top)
    names = sorted(owned, key=rank_of.__getitem__)
    groups = _groups(names, owned)
    kept = {name: _sampled(owned[name].rows) for name in names}
    allowed = _telling(names, kept, groups)
    tops = {name: _tops(owned[name]) for name in names}
    common = Counter(top for name in names for top in tops[name])
    table: list[tuple[int, int, int]] = []
    owners: list[Owner] = []
    for name in names:
        share, found = kept[name]
        mine = sorted(row for row in found if row[0] in allowed)
        if not mine or len(table) + len(mine) > rows:
            continue
        table += [(hashed, place, len(owners)) for hashed, place in mine]
        folders = tuple(top for top in tops[name] if common[top] <= OWNERS_OF_TOP)
        owners.append(Owner(name, int(median(owned[name].counts)), share, folders, groups[name]))
    table.sort()
    columns = list(zip(*table, strict=True)) or [(), (), ()]
    return Known(
        np.array(columns[0], np.uint64), np.array(columns[1], np.uint32), np.array(columns[2], np.uint16), owners
    )


def _tops(owned: _Owned) -> list[str]:
    """Folders that hold a good part of an owner's files."""
    return sorted(top for top, count in owned.tops.items() if count >= TOP_SHARE * sum(owned.counts))


def _sampled(rows: set[tuple[int, int]]) -> tuple[float, set[tuple[int, int]]]:
    """Share of the places that is kept, and the rows at these places."""
    places = {place for _, place in rows}
    if len(places) <= FILES:
        return 1.0, rows
    limit = heapq.nsmallest(FILES + 1, places)[-1]
    # Rounded as it is stored, so that both sides sample alike.
    share = round(limit / 2.0**32, 6)
    return share, {row for row in rows if row[1] < share * 2.0**32}


def _groups(names: Sequence[str], owned: dict[str, _Owned]) -> dict[str, int]:
    """Number of each owner's group: connected components over pairs that share much."""
    contents = {name: {hashed for hashed, _ in owned[name].rows} for name in names}
    holders: dict[int, list[str]] = defaultdict(list)
    for name in names:
        for hashed in contents[name]:
            holders[hashed].append(name)
    shared: Counter[tuple[str, str]] = Counter()
    for group in holders.values():
        if 1 < len(group) <= 20:
            shared.update((a, b) for i, a in enumerate(group) for b in group[i + 1 :])
    root = {name: name for name in names}

    def find(name: str) -> str:
        while root[name] != name:
            root[name] = name = root[root[name]]
        return name

    for (a, b), count in sorted(shared.items()):
        small, large = sorted((len(contents[a]), len(contents[b])))
        if count >= SAME_GROUP[0] * small and count >= SAME_GROUP[1] * large:
            root[find(b)] = find(a)
    numbers: dict[str, int] = {}
    return {name: numbers.setdefault(find(name), len(numbers)) for name in names}


def _telling(
    names: Sequence[str], kept: dict[str, tuple[float, set[tuple[int, int]]]], groups: dict[str, int]
) -> set[int]:
    """Contents that few groups of owners have."""
    having: dict[int, set[int]] = defaultdict(set)
    for name in names:
        for hashed, _ in kept[name][1]:
            having[hashed].add(groups[name])
    return {hashed for hashed, found in having.items() if len(found) <= OWNERS_OF_FILE}


def read_all(samples: Sequence[Sample], jobs: int) -> list[Release]:
    """Read samples in parallel; those that cannot be read are left out."""
    from joblib import Parallel, delayed

    workers = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=4)
    return [release for release in workers(delayed(read)(sample) for sample in samples) if release]
