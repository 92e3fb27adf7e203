"""Data flow within a file: which kinds of sources reach which kinds of sinks, and the columns that say so.

That a file reads a secret and sends something says less than that it sends the secret. How values are followed is up to
each language (:mod:`darnel.features.languages.python_flow`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from darnel.features.facts import Observation
from darnel.features.schema import Column
from darnel.features.taxonomy import CATEGORY

SOURCES: dict[str, str] = {
    "secret": "a secret, or the whole environment",
    "host": "what identifies host or user, the screen, clipboard or keyboard",
    "file": "what is read from files",
    "fetched": "what is downloaded or received",
    "decoded": "what is decoded or decrypted",
}
"""Classes of sources, with words."""

SINKS: dict[str, str] = {
    "send": "is sent, or put into what is asked of the network",
    "execute": "is executed, or becomes a command",
    "write": "is written to a file",
}
"""Classes of sinks, with words."""

_OF_CATEGORY = {"secret": "secret", "identity": "host", "read": "file", "decode": "decoded"}
_OF_BEHAVIOUR = {
    "env.all": "secret",
    "host.lookup": "",
    "net.fetch": "fetched",
    "net.request": "fetched",
    "spawn.download": "fetched",
}
_RECEIVED = ("socket.socket.recv", "flask.request.")
"""How calls begin that hand over what somebody sent: a behaviour that is no source by itself."""
_SINK = {
    "net.send": "send",
    "net.request": "send",
    "net.fetch": "send",
    "net.socket": "send",
    "net.dns": "send",
    "code.evaluate": "execute",
    "code.deserialise": "execute",
    "code.native": "execute",
    "spawn.process": "execute",
    "spawn.shell": "execute",
    "spawn.interpreter": "execute",
    "spawn.script": "execute",
    "spawn.packager": "execute",
    "file.write": "write",
    "file.executable": "write",
}

PAIRS: tuple[tuple[str, str], ...] = tuple(
    (source, sink) for source in SOURCES for sink in SINKS if (source, sink) != ("file", "write")
)
"""What is followed: that what is read from files is written to files says nothing."""

COLUMNS: tuple[Column, ...] = tuple(
    Column(
        f"flow.{source}.{sink}{end}",
        f"{'1 if ' if end else 'places at which '}{SOURCES[source]} {SINKS[sink]}"
        f"{' in code that runs with the file' if end else ''}",
        "bool" if end else "count",
    )
    for source, sink in PAIRS
    for end in ("", ".top")
)
"""File columns."""


class Flow(NamedTuple):
    """One source that reaches one sink. JSON-able as a list; holds no text of the package."""

    source: str
    """Key of :data:`SOURCES`."""
    sink: str
    """Key of :data:`SINKS`."""
    source_order: int
    """:attr:`Observation.order` of what is read."""
    source_line: int
    sink_order: int
    """:attr:`Observation.order` of where it ends."""
    sink_line: int
    top: bool
    """The sink runs with the file."""


def source_of(observation: Observation) -> str:
    """Class of source that an observation is, ``""`` if none."""
    behaviour = observation.behaviour
    if observation.api.startswith(_RECEIVED):
        return "fetched"
    known = _OF_BEHAVIOUR.get(behaviour)
    return known if known is not None else _OF_CATEGORY.get(CATEGORY[behaviour], "")


def sink_of(observation: Observation) -> str:
    """Class of sink that an observation is, ``""`` if none."""
    return _SINK.get(observation.behaviour, "")


def worth(observations: Collection[Observation]) -> bool:
    """Whether there is something to follow: a source, and a sink that it may reach at another place."""
    sources, sinks = set(), set()
    for o in observations:
        if name := source_of(o):
            sources.add((name, o.order))
        if name := sink_of(o):
            sinks.add((name, o.order))
    kinds = {name for name, _ in sources}, {name for name, _ in sinks}
    if not any(source in kinds[0] and sink in kinds[1] for source, sink in PAIRS):
        return False
    return len({order for _, order in sources | sinks}) > 1


def values(flows: Iterable[Flow]) -> dict[str, float]:
    """Compute the non-zero ones of :data:`COLUMNS`."""
    found: dict[str, float] = {}
    for flow in map(Flow._make, flows):
        name = f"flow.{flow.source}.{flow.sink}"
        found[name] = found.get(name, 0.0) + 1.0
        if flow.top:
            found[f"{name}.top"] = 1.0
    return found
