"""Code that manifests and trigger files carry: a lifecycle script, a task, an import line of a ``.pth`` file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from darnel.features import metadata, triggers
from darnel.features.metadata.npm import MANIFEST
from darnel.features.package import Ecosystem
from darnel.features.roles import Role

_LINE = re.compile(r"line\d+")


class Carried(NamedTuple):
    """One piece, as :mod:`darnel.features.extract` takes it out."""

    label: str
    """What stands after ``#`` in the path of the code: ``postinstall``, ``tasks[0]``."""
    language: str
    code: bytes
    line: int
    """1-based; of the file around it."""
    unasked: bool
    """Runs by itself: when the release is installed, or the interpreter or an editor starts."""


def carried(path: str, data: bytes) -> Iterator[Carried]:
    """Everything that a file carries, in its order."""
    trigger = triggers.inspect(path, data)
    for inner in trigger.embedded if trigger else ():
        yield Carried(inner.label, inner.language, inner.code, inner.line, inner.role is not Role.SUPPORT)
    if path == MANIFEST:
        for script in metadata.read(Ecosystem.NPM, {path: data}, "", "").scripts:
            yield Carried(script.name, "shell", script.command.encode(), script.line, script.hook)


def around(path: str) -> str:
    """Path of the file that carries the code with this path; ``""`` if it is a file by itself."""
    file, _, _ = path.rpartition("#")
    return file if file and (file == MANIFEST or triggers.trigger(file)) else ""


def shown(path: str) -> str:
    """Path to show: of a line of a file, which has a number anyway, that of the file."""
    return around(path) if around(path) and _LINE.fullmatch(path.rpartition("#")[2]) else path
