"""The compiled search for indicators gives what the one in Python gives."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darnel
from darnel.features import kernels
from darnel.features.glance import matcher
from darnel.features.indicators.matcher import Needles, normalise
from darnel.features.indicators.scan import TABLES
from darnel.features.indicators.tables import entries

pytestmark = pytest.mark.skipif(Needles.__name__ not in kernels.TWINS, reason="it is not compiled here")

SOURCES = sorted(Path(darnel.__file__).parent.rglob("*.py"))
WORDS = [entry.needle for entry in entries("prose.toml", *TABLES)]


def mutilated(seed: int) -> bytes:
    """A piece of a real source with whole and broken needles in it, in letters of both kinds."""
    draw = random.Random(seed)
    data = bytearray(draw.choice(SOURCES).read_bytes()[draw.randrange(2_000) :][: draw.randrange(3_000)])
    for _ in range(draw.randrange(12)):
        at = draw.randrange(len(data) + 1)
        word = draw.choice(WORDS)[draw.randrange(2) :]
        data[at : at + draw.randrange(3)] = draw.choice([word, word.upper(), word.replace(b"/", b"\\"), word[:-1]])
    return bytes(data)


pieces = st.sampled_from(WORDS) | st.sampled_from([b" ", b"-", b"\\", b"_", b"A", b"\n", b"\0"]) | st.binary(max_size=5)
anything = st.lists(pieces, max_size=40).map(b"".join) | st.integers(0, 1 << 30).map(mutilated)


def both(needles: list[tuple[bytes, int, bool, bool]], data: bytes, limit: int = 50_000) -> list[tuple[int, int]]:
    """What both find, if it is the same."""
    pure, compiled = kernels.TWINS[Needles.__name__]
    found: tuple[list[tuple[int, int]], bool] = pure(needles).find(data, limit)
    assert compiled(needles).find(data, limit) == found
    return found[0]


@settings(max_examples=300, deadline=None)
@given(anything, st.sampled_from([50_000, 3, 1, 0]))
def test_needles(data: bytes, limit: int) -> None:
    both(matcher().needles, data, limit)


small = st.lists(
    st.tuples(st.text("ab/", min_size=4, max_size=7), st.integers(0, 3), st.booleans(), st.booleans()), max_size=12
).map(lambda rows: [(text.encode(), min(at, len(text) - 4), left, right) for text, at, left, right in rows])


@settings(max_examples=300, deadline=None)
@given(small, st.text("ab/AB\\ ", max_size=200))
def test_needles_of_few_letters(needles: list[tuple[bytes, int, bool, bool]], text: str) -> None:
    """Needles that overlap, share their four bytes, stand at the edges."""
    both(needles, text.encode(), 100)


def test_every_needle() -> None:
    data = b"\n".join(WORDS)
    free = {i for i, (_, _, left, right) in enumerate(matcher().needles) if not left and not right}
    assert free <= {number for _, number in both(matcher().needles, data)}
    assert both(matcher().needles, data.upper()) == both(matcher().needles, normalise(data.upper()))
