"""A difference as data, which a program can filter and keep; ``docs/json.md`` and the JSON Schema describe it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from darnel.defang import defang, printable
from darnel.diff.difference import Difference, File, Host, Needed, Place, Trigger
from darnel.features.taxonomy import BEHAVIOURS, CATEGORY

SOURCES = frozenset(("secret", "identity", "read", "env", "fetch"))
"""Categories that bring something in."""
SINKS = frozenset(("send", "code", "spawn", "persist", "spread", "destroy", "native", "write", "load"))
"""Categories that something goes to: out, onto the disk, or into execution."""

_DOC = {behaviour.id: behaviour.doc for behaviour in BEHAVIOURS}

Rows = list[dict[str, Any]]


def structured(found: Difference, kinds: tuple[str, str]) -> dict[str, Any]:
    """JSON-able; all text is printable, hosts are defanged.

    Parameters
    ----------
    found : Difference
    kinds : (str, str)
        Shapes of the old and the new release.
    """
    places = [(place, True) for place in found.behaviours] + [(place, False) for place in found.more]
    return {
        "kinds": {"old": kinds[0], "new": kinds[1]},
        "files_in_all": found.total,
        "new": {
            "triggers": _triggers(found.triggers),
            **_behaviours([_place(place) | {"new_kind": first, "times": place.times} for place, first in places]),
            "hosts": _hosts(found.hosts),
            "dependencies": _needed(found.dependencies),
            "files": _files(found.added),
        },
        "changed": {"dependencies": _needed(found.dependencies_changed), "files": _files(found.changed)},
        "vanished": {
            "triggers": _triggers(found.triggers_gone),
            **_behaviours([_place(place) for place in found.behaviours_gone]),
            "hosts": _hosts(found.hosts_gone),
            "dependencies": _needed(found.dependencies_gone),
            "files": _files(found.removed),
        },
    }


def _behaviours(rows: Rows) -> dict[str, Rows]:
    """What brings something in, what something goes to, and the rest (it hides, decodes, checks…)."""
    return {
        "sources": [row for row in rows if row["category"] in SOURCES],
        "sinks": [row for row in rows if row["category"] in SINKS],
        "others": [row for row in rows if row["category"] not in SOURCES | SINKS],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "behaviour": place.behaviour,
        "category": CATEGORY.get(place.behaviour, ""),
        "description": _DOC.get(place.behaviour, ""),
        "file": printable(place.file),
        "line": place.line,
        "context": place.context,
    }


def _triggers(triggers: Iterable[Trigger]) -> Rows:
    return [{"file": printable(trigger.file), "context": trigger.context} for trigger in triggers]


def _hosts(hosts: Iterable[Host]) -> Rows:
    return [{"host": defang(one.host), "file": printable(one.file), "line": one.line} for one in hosts]


def _needed(needed: Iterable[Needed]) -> Rows:
    return [
        {"name": printable(one.name), "range": printable(one.range)}
        | ({"range_before": printable(one.before)} if one.before else {})
        for one in needed
    ]


def _files(files: Iterable[File]) -> Rows:
    return [
        {"path": printable(file.path), "sha256": file.sha256} | ({"sha256_before": file.before} if file.before else {})
        for file in files
    ]
