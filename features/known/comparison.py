"""A package held against the known files of popular packages other than itself.

What a package shares with its own name or family is left out: a release of aiohttp is compared with every owner but
aiohttp. The reference comes from the same popular packages that models learn as benign, so anything else would teach
"its files are known, so it is benign". What is left is what a package vendors, forks or copies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log1p, log2

import numpy as np

from darnel.features.known.families import related
from darnel.features.known.hashing import Print
from darnel.features.known.reference import Known
from darnel.features.names import confusion
from darnel.features.names.popular import Popular

NEAR = 0.5
"""A package with this share of an owner's places, and identical files or the import folder of that owner, is a copy."""
OWN_SHARE = 0.25
"""…if at least this share of its own files lie there: a small library inside a big package is vendored."""
INTACT, ALL = 0.25, 0.9
"""…and this share of what it has at the owner's places is identical, or so many of the owner's places are taken, or the
import folder is the owner's."""
MAX_CANDIDATES = 8


@dataclass(slots=True)
class Comparison:
    """What was found.

    Parameters
    ----------
    package : dict of str to float
        ``copy.*`` columns, non-zero ones.
    files : dict of str to dict of str to float
        ``known.*`` columns by path, non-zero ones.
    owner : str
        The popular package that it is a copy of, ``""`` if none.
    """

    package: dict[str, float] = field(default_factory=dict)
    files: dict[str, dict[str, float]] = field(default_factory=dict)
    owner: str = ""


@dataclass(slots=True)
class _Match:
    """One owner held against the package."""

    number: int
    identical: set[str]
    """Paths of files equal to one of the owner's."""
    placed: set[str]
    """Paths at the owner's places, identical or not; sampled like the owner's."""
    added: set[str]
    """Other files; sampled likewise."""
    content_share: float
    """Share of a typical release's files that are here, identical."""
    place_share: float
    """Share of a typical release's places that are taken here."""
    named: bool
    """The import folder is the owner's."""

    @property
    def intact(self) -> float:
        """Share of the files at the owner's places that are identical."""
        return len(self.identical & self.placed) / max(1, len(self.placed))

    @property
    def copied(self) -> bool:
        enough = max(self.place_share, self.content_share) >= NEAR
        mine = len(self.placed | self.identical) >= OWN_SHARE * (len(self.placed) + len(self.added))
        alike = self.intact >= INTACT or (self.place_share >= ALL and len(self.identical) > 0)
        return enough and mine and (self.named or alike)


def compare(name: str, prints: Mapping[str, Print], known: Known, popular: Popular) -> Comparison:
    """Hold a package against the reference.

    Parameters
    ----------
    name : str
        The package's own normalised name, ``""`` if it has none.
    prints : mapping of str to Print
        Its source files, by path.
    known : Known
    popular : Popular
        Of the same ecosystem.
    """
    result = Comparison()
    if not prints or not known.owners:
        return result
    paths = list(prints)
    holders = known.owners_with(np.array([prints[path].content for path in paths], np.uint64))
    named = {n for seen in prints.values() if seen.top and not seen.aside for n in known.by_top.get(seen.top, ())}
    foreign = {
        number
        for number in named.union(*holders)
        if not related(name, known.owners[number].name, known.groups, popular.rank)
    }
    owners_of = {path: [o for o in found if o in foreign] for path, found in zip(paths, holders, strict=True)}
    known_paths = [path for path in paths if owners_of[path]]
    for path in known_paths:
        result.files[path] = {"known.identical": 1.0}
    out = result.package
    out["copy.known_share"] = len(known_paths) / len(paths)
    out["copy.vendored"] = log1p(sum(prints[path].aside for path in known_paths))
    matches = _matches(prints, owners_of, named & foreign, known)
    if matches:
        _describe(result, name, max(matches, key=lambda m: _order(m, known, popular)), known, popular)
    result.package = {column: value for column, value in out.items() if value}
    return result


def _matches(
    prints: Mapping[str, Print], owners_of: Mapping[str, Sequence[int]], named: set[int], known: Known
) -> list[_Match]:
    """Owners that share the most files, or the import folder."""
    own = {path: seen for path, seen in prints.items() if not seen.aside}
    shared = Counter(number for path in own for number in owners_of[path])
    chosen = [number for number, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:MAX_CANDIDATES]]
    return [
        _match(n, own, owners_of, known, n in named) for n in (*chosen, *sorted(named - set(chosen))[:MAX_CANDIDATES])
    ]


def _match(
    number: int, own: Mapping[str, Print], owners_of: Mapping[str, Sequence[int]], known: Known, named: bool
) -> _Match:
    owner, places = known.owners[number], known.places_of(number)
    limit = owner.kept * 2.0**32
    sampled = {path: seen for path, seen in own.items() if seen.tail < limit}
    identical = {path for path in own if number in owners_of[path]}
    placed = {path for path, seen in sampled.items() if seen.tail in places}
    expected = max(1.0, owner.files * owner.kept)
    return _Match(
        number,
        identical,
        placed,
        set(sampled) - placed - identical,
        min(1.0, len({own[path].content for path in identical}) / expected),
        min(1.0, len({own[path].tail for path in placed}) / expected),
        named,
    )


def _order(match: _Match, known: Known, popular: Popular) -> tuple[float, ...]:
    rank = popular.rank.get(known.owners[match.number].name, len(popular.names))
    return (match.copied, len(match.identical), match.place_share, -rank)


def _describe(result: Comparison, name: str, best: _Match, known: Known, popular: Popular) -> None:
    owner = known.owners[best.number].name
    out = result.package
    out["copy.share"] = len(best.identical) / max(1, len(best.placed | best.identical | best.added))
    out["copy.identical"] = log1p(len(best.identical))
    out["copy.owner_share"] = best.content_share
    out["copy.place_share"] = best.place_share
    if not best.copied:
        return
    result.owner = owner
    changed = best.placed - best.identical
    rank = popular.rank.get(owner, len(popular.names))
    out["copy.near"] = 1.0
    out["copy.import_name"] = float(best.named)
    out["copy.intact"] = best.intact
    out["copy.changed"] = log1p(len(changed))
    out["copy.added"] = log1p(len(best.added))
    out["copy.owner_fame"] = max(0.0, 1 - log2(rank + 1) / log2(len(popular.names) + 1))
    out["copy.confusable"] = float(any(match.popular == owner for match in confusion.matches(name, popular)))
    for path in changed:
        result.files.setdefault(path, {})["known.changed_in_copy"] = max(best.intact, 1e-3)
    for path in best.added:
        result.files.setdefault(path, {})["known.new_in_copy"] = max(best.intact, 1e-3)
