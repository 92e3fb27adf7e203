"""Native code that a wheel's own tags deny: compiled files in a wheel for every platform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import log1p

from darnel.features.schema import Column

COLUMNS: tuple[Column, ...] = (
    Column(
        "comp.native_in_pure_wheel",
        "log1p of ELF, PE and Mach-O files in a wheel whose tags all end in none-any",
        "real",
    ),
)

_TAG = re.compile(rb"^Tag:\s*(\S{1,200})\s*$", re.MULTILINE | re.IGNORECASE)


def values(manifests: Mapping[str, bytes], formats: Iterable[str]) -> dict[str, float]:
    """Non-zero columns of a package.

    Parameters
    ----------
    manifests : mapping of str to bytes
        Contents by path; only ``*.dist-info/WHEEL`` is looked at.
    formats : iterable of str
        Format of every file of the package; ``elf``, ``pe`` and ``macho`` count.
    """
    native = sum(name in {"elf", "pe", "macho"} for name in formats)
    tags = [
        tag.lower()
        for path, data in manifests.items()
        if path.endswith(".dist-info/WHEEL") and path.count("/") == 1
        for tag in _TAG.findall(data[:20_000])
    ]
    if native and tags and all(tag.endswith(b"-none-any") for tag in tags):
        return {"comp.native_in_pure_wheel": log1p(native)}
    return {}
