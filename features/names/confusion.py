"""Which popular name a name could be mistaken for, and by what trick."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

from darnel.features.names.edits import slip
from darnel.features.names.popular import Popular, look, squash


class Match(NamedTuple):
    """A popular name that another name resembles."""

    popular: str
    kind: str
    """One of :data:`KINDS`."""
    distance: int
    """Optimal string alignment distance of the two names as they are written."""
    rank: int
    """0-based rank of the popular name."""


KINDS: dict[str, str] = {
    "look": "differs in look-alike characters only (0 and o, 1 l i, rn and m, vv and w, cl and d)",
    "separator": "differs in separators only",
    "scope": "same name under a scope that resembles a popular scope, or the unscoped twin of a scoped name",
    "transposed": "two neighbouring characters swapped",
    "doubled": "one character doubled",
    "omitted": "one character left out",
    "keyboard": "one character replaced by its neighbour on the keyboard",
    "inserted": "one character added",
    "substituted": "one character replaced",
    "order": "same parts in another order",
    "affix": "a popular name with a customary prefix or suffix (python-, -js, -utils, plural, a digit…)",
    "edit": "two edits away",
    "fork": "a popular unscoped name under some scope",
    "part": "a popular name is one of its parts (combosquatting)",
}
"""Confusion kinds, the most deceptive first."""

_ORDER = {kind: i for i, kind in enumerate(KINDS)}


def _affixes() -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
    tables = tomllib.loads((Path(__file__).parent / "affixes.toml").read_text(encoding="utf-8"))
    before, after, generic = (tuple(tables[key].split()) for key in ("prefixes", "suffixes", "generic"))
    return before, after, frozenset((*before, *after, *generic))


_PREFIXES, _SUFFIXES, _GENERIC = _affixes()

COMMON_RANK = 5_000
"""Parts of a name count as popular up to this rank."""


def reach(name: str) -> int:
    """Edits that may separate a name from its model: short names have too many neighbours by chance."""
    letters = len(squash(name))
    return 0 if letters <= 3 else 1 if letters <= 6 else 2


def matches(name: str, popular: Popular) -> list[Match]:
    """Every popular name that ``name`` resembles, the most deceptive kind first, then the most popular.

    A listed name is compared only with names that are at least four times as popular as itself, so that the popular
    and the unknown are measured by nearly the same rule.

    Parameters
    ----------
    name : str
        Normalised.
    popular : Popular
        Names of the same ecosystem.
    """
    from rapidfuzz.distance import OSA

    if not name or not popular.names:
        return []
    ceiling = popular.rank.get(name, 4 * len(popular.names)) // 4
    best: dict[str, str] = {}
    for target, kind in _candidates(name, popular):
        if target != name and popular.rank[target] < ceiling and _ORDER[kind] < _ORDER.get(best.get(target, ""), 99):
            best[target] = kind
    found = [Match(t, kind, int(OSA.distance(name, t)), popular.rank[t]) for t, kind in best.items()]
    return sorted(found, key=lambda match: (_ORDER[match.kind], match.rank))


def _candidates(name: str, popular: Popular) -> Iterator[tuple[str, str]]:
    flat = squash(name)
    scope, _, base = name.rpartition("/")
    if len(flat) >= 3:
        twin = popular.squashed.get(flat)
        if twin is not None:
            yield twin, "separator" if twin.startswith("@") == name.startswith("@") else "scope"
        same_look = popular.looks.get(look(flat))
        if same_look is not None and squash(same_look) != flat:
            yield same_look, "look"
    yield from _edits(name, popular)
    if scope:
        if base in popular.rank and len(base) >= 3:
            yield base, "fork"
        yield from _scopes(scope, base, popular)
    yield from _parts(base, popular)


def _edits(name: str, popular: Popular) -> Iterator[tuple[str, str]]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    limit = reach(name)
    if not limit:
        return
    found = process.extract(
        name,
        popular.letters.within_edits(name, limit),
        scorer=OSA.distance,
        score_cutoff=limit,
        limit=12,
        processor=None,
    )
    for target, distance, _ in found:
        if distance == 0 or reach(target) < distance:
            continue
        # Two edits beside a shared scope are a change of the base name alone: too little of it is left if it's short.
        if distance > 1 and "/" in name and len(name.rpartition("/")[2]) < 7 and name.partition("/")[0] in target:
            continue
        yield target, (slip(name, target) or "edit") if distance == 1 else "edit"


def _scopes(scope: str, base: str, popular: Popular) -> Iterator[tuple[str, str]]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if scope in popular.scopes or len(scope) < 5:
        return
    for other, _, _ in process.extract(scope, list(popular.scopes), scorer=OSA.distance, score_cutoff=2, limit=5):
        target = f"{other}/{base}"
        if target in popular.rank:
            yield target, "scope"


def _parts(base: str, popular: Popular) -> Iterator[tuple[str, str]]:
    parts = [part for part in re.split(r"[-_./]+", base) if part]
    if 2 <= len(parts) <= 4:
        for order in permutations(parts):
            target = popular.squashed.get("".join(order))
            if target is not None and list(order) != parts:
                yield target, "order"
    for stem in _stems(base, parts):
        target = stem if stem in popular.rank else popular.squashed.get(squash(stem), "")
        if target and not target.startswith("@"):
            yield target, "affix"
    if len(parts) > 1:
        for width in range(1, min(3, len(parts))):
            for i in range(len(parts) - width + 1):
                piece = "-".join(parts[i : i + width])
                if len(piece) >= 4 and piece not in _GENERIC and popular.rank.get(piece, COMMON_RANK) < COMMON_RANK:
                    yield piece, "part"


def _stems(base: str, parts: list[str]) -> Iterator[str]:
    """Yield what is left of a name without a customary prefix or suffix; glued ones need a longer rest."""
    if len(parts) > 1:
        if parts[0] in _PREFIXES or parts[0] in _SUFFIXES:
            yield "-".join(parts[1:])
        if parts[-1] in _SUFFIXES or parts[-1] in _PREFIXES:
            yield "-".join(parts[:-1])
    for prefix in _PREFIXES:
        if base.startswith(prefix) and len(base) - len(prefix) >= 4:
            yield base[len(prefix) :].lstrip("-_.")
    for suffix in _SUFFIXES:
        if base.endswith(suffix) and len(base) - len(suffix) >= 4:
            yield base[: -len(suffix)].rstrip("-_.")
