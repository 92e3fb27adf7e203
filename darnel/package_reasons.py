"""What counted about the package as a whole, in words: the name it resembles, oddities of its metadata, statistics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from darnel.features.names import nearest
from darnel.features.names.confusion import KINDS
from darnel.features.raw import RawPackage
from darnel.phrases import listed
from darnel.verdict import Evidence

TELLING = ("anomaly.", "meta.", "trigger.")
"""Groups whose columns are facts that can be checked, if their value is not zero; others are statistics."""
LEAST = 0.02
"""Smaller shares are not worth a line of their own."""
STATISTICS = "statistics"


def facts(
    raw: RawPackage, parts: Mapping[str, float], docs: Mapping[str, str]
) -> tuple[list[Evidence], dict[str, float]]:
    """Tell facts from statistics.

    Parameters
    ----------
    raw : RawPackage
        The package.
    parts : mapping of str to float
        Share of the score by package column, positive.
    docs : mapping of str to str
        Doc line by column, of the columns that state a fact when they are not zero.

    Returns
    -------
    evidence : list of Evidence
        Facts about the package as a whole, without a file.
    rest : dict of str to float
        Columns that name nothing one could check.
    """
    rest: dict[str, float] = {}
    found: list[Evidence] = []
    name = {column: part for column, part in parts.items() if column.startswith("name.")}
    like = nearest(raw["ecosystem"], raw["name"]) if sum(name.values()) >= LEAST else None
    if like:
        words = f"its name resembles the popular {like[0]}: {KINDS[like[1]]}"
        found.append(Evidence("name", words, "", None, "", sum(name.values()), columns=strongest(name)))
    for column, part in parts.items():
        if like and column in name:
            continue
        if part >= LEAST and column in docs and column.startswith(TELLING) and raw["values"].get(column):
            words = docs[column].partition(";")[0].rstrip(".").removeprefix("times seen (at most 100): ")
            found.append(Evidence(column, words[:1].lower() + words[1:], "", None, "", part, columns=(column,)))
        else:
            rest[column] = part
    return found, rest


def statistics(parts: Mapping[str, float]) -> Evidence:
    """One line for everything that counted and names neither a place nor a fact."""
    groups: dict[str, float] = {}
    for column, part in parts.items():
        group = _group(column)
        groups[group] = groups.get(group, 0.0) + part
    named = sorted(groups, key=lambda group: -groups[group])[:3]
    words = f"what names no behaviour: {listed(named)}"
    return Evidence(STATISTICS, words, "", None, "", sum(parts.values()), columns=strongest(parts))


@cache
def _group(column: str) -> str:
    """Plain words for a column without a place; of the columns of a model, some hundreds."""
    return GROUPS.get(column.partition(".")[0], OTHER)


def strongest(parts: Mapping[str, float]) -> tuple[str, ...]:
    """The three columns with the largest shares."""
    return tuple(sorted(parts, key=parts.__getitem__, reverse=True)[:3])


OTHER = "lesser behaviours"
"""Plain words for columns that count behaviours, where these are not worth a line of their own."""
GROUPS = {
    "anomaly": "oddities of the archive",
    "api": "the mix of what is called",
    "bin": "binary content",
    "copy": "likeness to popular packages",
    "comp": "kinds and places of files",
    "content": "kinds of content",
    "delta": "what changed",
    "file": "kinds and places of files",
    "ident": "how identifiers are spelled",
    "ind": "hosts and addresses named",
    "known": "likeness to popular packages",
    "local": "many behaviours close together",
    "meta": "metadata",
    "name": "how the name is spelled",
    "obs": "many behaviours in one file",
    "pool": "scores of its files",
    "reach": "what runs unasked",
    "shape": "size and form",
    "str": "how string literals look",
    "syntax": "the shape of the code",
    "text": "how the text looks",
    "trigger": "what runs unasked",
    "uni": "unusual characters",
}
"""Plain words for columns without a place, by group."""
