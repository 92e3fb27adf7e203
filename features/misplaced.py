"""Native code that a wheel's own tags deny: compiled files in a wheel for any platform, or for another system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import log1p

from darnel.features.schema import Column

COLUMNS: tuple[Column, ...] = (
    Column(
        "comp.native_in_pure_wheel", "log1p of ELF, PE and Mach-O files in a wheel whose tags are all none-any", "real"
    ),
    Column("comp.native_foreign", "log1p of these for a system that the wheel's platform tags do not name", "real"),
)

_TAG = re.compile(rb"^Tag:\s*(\S{1,200})\s*$", re.MULTILINE | re.IGNORECASE)
_SYSTEMS = {
    "win": "pe",
    "linux": "elf",
    "manylinux": "elf",
    "musllinux": "elf",
    "macosx": "macho",
    "android": "elf",
    "ios": "macho",
}


def values(manifests: Mapping[str, bytes], formats: Iterable[str]) -> dict[str, float]:
    """Non-zero columns of a package.

    Parameters
    ----------
    manifests : mapping of str to bytes
        Contents by path; only ``*.dist-info/WHEEL`` is looked at.
    formats : iterable of str
        Format of every native file of the package: ``elf``, ``pe``, ``macho``.
    """
    native = [name for name in formats if name in {"elf", "pe", "macho"}]
    tags = [
        tag.decode("ascii", "replace")
        for path, data in manifests.items()
        if path.endswith(".dist-info/WHEEL") and path.count("/") == 1
        for tag in _TAG.findall(data[:20_000])
    ]
    if not native or not tags:
        return {}
    platforms = {part for tag in tags for part in tag.rpartition("-")[2].split(".")}
    if platforms == {"any"}:
        return {"comp.native_in_pure_wheel": log1p(len(native))}
    fitting = {name for platform in platforms for start, name in _SYSTEMS.items() if platform.startswith(start)}
    foreign = sum(name not in fitting for name in native) if fitting and "any" not in platforms else 0
    return {"comp.native_foreign": log1p(foreign)} if foreign else {}
