"""What a transform is, and how several are stacked."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from darnel.training.benchmarks.source import errors


@dataclass(frozen=True, slots=True)
class Code:
    """Source code on its way through transforms.

    Parameters
    ----------
    data : bytes
        UTF-8.
    rng : random.Random
        Decides spellings, names and keys.
    elsewhere : frozenset of bytes
        Words of the other source files of the package: names that occur there keep their spelling.
    """

    data: bytes = field(repr=False)
    rng: random.Random = field(repr=False)
    elsewhere: frozenset[bytes] = field(default=frozenset(), repr=False)


class Transform(NamedTuple):
    """One way to hide what code does."""

    name: str
    language: str
    """``python`` or ``javascript``."""
    make: Callable[[Code], bytes | None]
    """None where it does not fit."""


def stacked(*parts: Transform) -> Transform:
    """Apply several transforms of one language one after the other, first to last; fits where all fit."""

    def make(code: Code) -> bytes | None:
        for part in parts:
            data = part.make(code)
            if data is None:
                return None
            code = replace(code, data=data)
        return code.data

    return Transform("+".join(part.name for part in parts), parts[0].language, make)


def obfuscate(transform: Transform, code: Code) -> bytes | None:
    """Transformed code; None where it does not fit, changes nothing, or would have new syntax errors."""
    data = transform.make(code)
    if data is None or data == code.data or errors(data, transform.language) > errors(code.data, transform.language):
        return None
    return data
