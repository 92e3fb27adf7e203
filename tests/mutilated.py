"""Real sources with something wrong in them: what loops over bytes are compared on."""

import random
from collections.abc import Sequence
from pathlib import Path

import darnel

SOURCES = sorted(Path(darnel.__file__).parent.rglob("*.py"))
"""Darnel's own."""


def mutilated(seed: int, scraps: Sequence[bytes], size: int, most: int, each: int = 1) -> bytes:
    """A piece of a real source, shorter than ``size``, into which fewer than ``most`` times ``each`` scraps are put."""
    draw = random.Random(seed)
    data = bytearray(draw.choice(SOURCES).read_bytes()[draw.randrange(2_000) :][: draw.randrange(size)])
    for _ in range(draw.randrange(most)):
        at = draw.randrange(len(data) + 1)
        data[at : at + draw.randrange(3)] = b"".join(draw.choice(scraps) for _ in range(each))
    return bytes(data)
