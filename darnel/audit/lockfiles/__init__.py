"""One module per format of lock file, each with ``matches(file name)`` and ``read(path) -> list of Pin``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

from darnel.audit.lockfiles import npm_lock, pipenv, pnpm, poetry, pylock, requirements, uv, yarn
from darnel.audit.pin import Pin
from darnel.defang import printable
from darnel.errors import InputError
from darnel.features.readers.layout import archives
from darnel.index import reference

HANDLERS: tuple[ModuleType, ...] = (uv, poetry, pipenv, pylock, npm_lock, pnpm, yarn, requirements)
"""The first that matches reads."""
KNOWN = (
    "requirements*.txt, pylock.toml, uv.lock, poetry.lock, Pipfile.lock, package-lock.json, pnpm-lock.yaml or yarn.lock"
)


def handler(path: Path) -> ModuleType | None:
    """The module that reads a file, by its name."""
    return next((module for module in HANDLERS if module.matches(path.name)), None)


def read(path: Path, module: ModuleType | None = None) -> list[Pin]:
    """The pins of a lock file; what names no release says so.

    Raises
    ------
    InputError
        It is not a lock file by its name, or cannot be read.
    """
    module = module or handler(path)
    if module is None:
        hint = "; for a package use darnel scan" if archives([path.name]) else ""
        raise InputError(f"{path}: not a lock file by its name; darnel reads {KNOWN}{hint}")
    return [pin if pin.problem else _checked(pin) for pin in module.read(path)]


def _checked(pin: Pin) -> Pin:
    """Names go into addresses and paths: only what can be one."""
    if pin.files and pin.reference.name and not pin.reference.version:
        return pin  # an address, whatever is behind it
    try:
        reference.parse(str(pin.reference))
    except InputError:
        blank = pin.reference._replace(name="", version="")
        shown = printable(str(pin.reference))[:100]
        return replace(pin, reference=blank, problem=f"{shown} is not a release; write the lock file anew")
    return pin


def found_in(folder: Path) -> list[Path]:
    """Lock files directly in a folder, sorted."""
    return sorted(
        path for path in folder.iterdir() if handler(path) and path.is_file() and not path.name.startswith(".")
    )
