"""What a package's name alone says: the popular name it could be mistaken for, and whether it reads like a name."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from math import log1p, log2

from darnel.features.names import confusion, popular
from darnel.features.schema import Column

_KINDS = tuple(
    Column(f"name.{kind}", f"Resembles a more popular name: {doc}.", "bool") for kind, doc in confusion.KINDS.items()
)

COLUMNS: tuple[Column, ...] = (
    Column(
        "popularity.listed", "On the shipped list of popular names. Benign evidence that knows the name only.", "bool"
    ),
    Column("popularity.rank", "log1p of the 1-based rank on that list; 0 off the list.", "real"),
    *_KINDS,
    Column("name.distance", "Edits to the closest popular name within reach (1 or 2); 0 if there is none."),
    Column("name.similarity", "Jaro-Winkler similarity to the most similar popular name, 0 below 0.8.", "real"),
    Column(
        "name.target_rank", "log1p of the 1-based rank of the name it resembles most deceptively; 0 if none.", "real"
    ),
    Column("name.target_fame", "1 - log(rank) / log(list size) of that name: 1 the most popular, 0 none.", "real"),
    Column("name.length", "Characters, without the scope."),
    Column("name.parts", "Parts between separators."),
    Column("name.digits", "Share of digits.", "real"),
    Column("name.vowels", "Share of vowels among the letters.", "real"),
    Column("name.consonants", "Longest run of consonants."),
    Column("name.entropy", "Shannon entropy of its characters, bits.", "real"),
    Column(
        "name.surprise", "Mean bits per character pair under the pairs of popular names: high for random names.", "real"
    ),
    Column("name.repeats", "Longest run of one character."),
    Column("name.scoped", "npm: has a scope.", "bool"),
    Column(
        "name.scope_internal",
        "npm: the scope or name reads like a company's private one (internal, corp, private…).",
        "bool",
    ),
)

_INTERNAL = re.compile(r"(^|[-_@/.])(internal|intranet|corp|private|priv|inhouse|company|confidential)([-_/.]|$)")


def name_values(ecosystem: str, name: str) -> dict[str, float]:
    """``name.*`` and ``popularity.*`` columns of a package name.

    Being listed as popular is benign evidence, but it is also how corpora of benign packages are collected, and a
    compromised release has a popular name; the group ``popularity`` stands apart so that a model can leave it out.

    Parameters
    ----------
    ecosystem : str
        ``"pypi"`` or ``"npm"``; other ecosystems get no comparison with popular names.
    name : str
        Any spelling; ``""`` gives no values.

    Returns
    -------
    dict of str to float
        Only the non-zero values.
    """
    return dict(_name_values(str(ecosystem), popular.normalise(ecosystem, name)[:214]))


@lru_cache(maxsize=1024)
def _name_values(ecosystem: str, name: str) -> dict[str, float]:
    if not name:
        return {}
    listed = popular.load(ecosystem)
    values = _shape(name, listed)
    if name in listed.rank:
        values["popularity.listed"] = 1.0
        values["popularity.rank"] = log1p(listed.rank[name] + 1)
    found = _matches(ecosystem, name)
    for match in found:
        values[f"name.{match.kind}"] = 1.0
    if found:
        first = found[0]
        values["name.target_rank"] = log1p(first.rank + 1)
        values["name.target_fame"] = 1 - log2(first.rank + 1) / log2(len(listed.names) + 1)
        within = [match.distance for match in found if match.distance <= confusion.reach(name)]
        values["name.distance"] = float(min(within, default=0))
    values["name.similarity"] = _similarity(name, listed)
    return {column: value for column, value in values.items() if value}


def nearest(ecosystem: str, name: str) -> tuple[str, str] | None:
    """Find the popular name that ``name`` is most deceptively like, and the kind of likeness.

    Returns
    -------
    (str, str) or None
        Popular name and one of :data:`darnel.features.names.confusion.KINDS`.
    """
    found = _matches(str(ecosystem), popular.normalise(ecosystem, name)[:214])
    return (found[0].popular, found[0].kind) if found else None


@lru_cache(maxsize=4096)
def _matches(ecosystem: str, name: str) -> tuple[confusion.Match, ...]:
    return tuple(confusion.matches(name, popular.load(ecosystem)))


def rank(ecosystem: str, name: str) -> int | None:
    """0-based popularity rank, or None for a name off the list."""
    return popular.load(str(ecosystem)).rank.get(popular.normalise(ecosystem, name))


def _similarity(name: str, listed: popular.Popular) -> float:
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler

    own = listed.rank.get(name, 4 * len(listed.names))
    found = process.extract(
        name, listed.letters.similar(name, 3), scorer=JaroWinkler.similarity, score_cutoff=0.8, limit=4, processor=None
    )
    return max((score for target, score, _ in found if target != name and listed.rank[target] < own // 4), default=0.0)


def _shape(name: str, listed: popular.Popular) -> dict[str, float]:
    scope, _, base = name.rpartition("/")
    letters = [c for c in base if c.isalpha()]
    counts = Counter(base)
    size = max(len(base), 1)
    values = {
        "name.length": float(len(base)),
        "name.parts": float(len([part for part in re.split(r"[-_./]+", base) if part])),
        "name.digits": sum(c.isdigit() for c in base) / size,
        "name.vowels": sum(c in "aeiouy" for c in letters) / max(len(letters), 1),
        "name.consonants": float(max(map(len, re.findall(r"[bcdfghjklmnpqrstvwxz]+", base)), default=0)),
        "name.entropy": -sum(n / size * log2(n / size) for n in counts.values()),
        "name.repeats": float(max((len(run.group()) for run in re.finditer(r"(.)\1*", base)), default=0)),
        "name.scoped": float(bool(scope)),
        "name.scope_internal": float(bool(_INTERNAL.search(name))),
    }
    if listed.names and base:
        bits, framed = listed.surprise, f"\n{base}\n"
        values["name.surprise"] = sum(bits.get(a + b, bits["?"]) for a, b in pairwise(framed)) / (len(framed) - 1)
    return values
