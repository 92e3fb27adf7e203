"""A difference in words: a screenful of lines, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from darnel.defang import defang, printable
from darnel.diff.difference import Difference, Needed, Place
from darnel.features.taxonomy import BEHAVIOURS

FEW = 3
"""Items named per line, and lines per kind of behaviour that is merely more frequent."""
KINDS = 6
"""Kinds of behaviour listed, of those that are new and of those that are more frequent."""

_WORDS = {behaviour.id: behaviour.doc for behaviour in BEHAVIOURS}


def lines(found: Difference, verbose: bool = False) -> list[str]:
    """One printable line per change, the gravest first; empty when nothing changed."""
    few, kinds = (10_000, 10_000) if verbose else (FEW, KINDS)
    out = [
        *(f"new at installation or start-up: {printable(trigger.file)}" for trigger in found.triggers[:few]),
        *_more(found.triggers, few, "more files that run by themselves"),
        *_behaviours(found.behaviours, "new", few, kinds),
        *_behaviours(found.more, "more", few, kinds),
        *_named("new host", [f"{defang(host)} ({_at(file, line)})" for host, file, line in found.hosts], few),
        *_named("new dependency", map(_needed, found.dependencies), few),
    ]
    counts = [(len(found.added), "added"), (len(found.changed), "changed"), (len(found.removed), "removed")]
    if any(count for count, _ in counts):
        said = ", ".join(f"{count} {word}" for count, word in counts if count)
        out.append(f"files: {said}, {found.total} in all")
        out += _named("added", (printable(file.path) for file in found.added), few)
        if verbose:
            out += _named("changed", (printable(file.path) for file in found.changed), few)
            out += _named("removed", (printable(file.path) for file in found.removed), few)
    if verbose:
        out += _named("dependency in another range", map(_needed, found.dependencies_changed), few)
        out += _named("no longer at installation or start-up", (printable(t.file) for t in found.triggers_gone), few)
    out += _named("no longer", (_word(place.behaviour) for place in found.behaviours_gone), few)
    out += _named("host gone", (defang(gone.host) for gone in found.hosts_gone), few)
    out += _named("dependency gone", map(_needed, found.dependencies_gone), few)
    return out


def _behaviours(places: Sequence[Place], word: str, few: int, kinds: int) -> Iterator[str]:
    """One line per kind of behaviour and context, with its first places."""
    groups = [list(group) for _, group in groupby(places, key=lambda place: (place.context, place.behaviour))]
    for group in groups[:kinds]:
        first, count = group[0], sum(place.times for place in group)
        where = ", ".join(_at(place.file, place.line) for place in group[:few])
        rest = count - len(group[:few])
        yield f"{word} [{first.context}]: {_word(first.behaviour)}: {where}" + (f" and {rest} more" if rest else "")
    yield from _more(groups, kinds, f"{word} kinds of behaviour")


def _named(word: str, names: Iterable[str], few: int) -> Iterator[str]:
    listed = list(names)
    if listed:
        rest = len(listed) - few
        yield f"{word}: {', '.join(listed[:few])}" + (f" and {rest} more" if rest > 0 else "")


def _more(items: Sequence[object], few: int, what: str) -> Iterator[str]:
    if len(items) > few:
        yield f"{len(items) - few} {what} (--verbose shows all)"


def _word(behaviour: str) -> str:
    """The behaviour in a few words: what stands in brackets are examples."""
    return _WORDS.get(behaviour, behaviour).partition(" (")[0]


def _needed(needed: Needed) -> str:
    was = f" (was {needed.before})" if needed.before else ""
    return printable(f"{needed.name} {needed.range}".strip() + was)


def _at(file: str, line: int) -> str:
    return f"{printable(file)}:{line}"
