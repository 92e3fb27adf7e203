"""Which darnel this is, whatever its version says: verdicts of other code are not taken for those of this one."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import darnel

DECIDING = (("darnel", "*"), ("darnel.batch", "*.py"), ("darnel.features", "**/*"), ("darnel.models", "*.py"))
"""Packages and patterns of the files in them that a verdict depends on. Models have hashes of their own."""
SUFFIXES = frozenset((".py", ".toml", ".json", ".txt", ".scm", ".gz", ".bin"))
"""Not among them: compiled inner loops, which say what their twins in Python say, on every machine in other bytes."""


@cache
def code_sha256() -> str:
    """sha256 (hex) of names and contents of all files of darnel that decide verdicts; read once in a process."""
    total = sha256()
    for name, path in files():
        total.update(f"{name} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def files() -> list[tuple[str, Path]]:
    """Names, the same wherever darnel is installed, and paths of these files, sorted by name."""
    found = []
    for package, pattern in DECIDING:
        (folder,) = import_module(package).__path__
        inside = (path for path in Path(folder).glob(pattern) if path.suffix in SUFFIXES)
        found += [(f"{package}/{path.relative_to(folder).as_posix()}", path) for path in inside]
    return sorted(found)


def darnel_and_code() -> str:
    """Version and the beginning of the hash, for people: ``0.1.0 (code 1a2b3c4d5e6f)``."""
    return f"{darnel.__version__} (code {code_sha256()[:12]})"
