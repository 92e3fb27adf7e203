"""What compiled code sees in literals is what Python sees."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darnel
from darnel.features import kernels
from darnel.features.runs import runs
from darnel.features.suspicion import spaced

NAMES = {runs.__name__, spaced.__name__}
pytestmark = pytest.mark.skipif(not kernels.TWINS.keys() >= NAMES, reason="it is not compiled here")

SOURCES = sorted(Path(darnel.__file__).parent.rglob("*.py"))
SCRAPS = [
    b'"',
    b"'",
    b'""',
    b'"/"',
    b"/",
    b" ",
    b"(",
    b"\n",
    b"\t",
    b"\\n",
    b"\\t",
    b"\\",
    b":",
    b"-",
    b"_",
    b"=",
    b"==",
]
SCRAPS += [
    b"0",
    b"aF",
    b"g",
    b"+",
    b"\0",
    b"\xff",
    b"0a" * 11,
    b"0a " * 12,
    b"A" * 22,
    b"A" * 23,
    b"A" * 24,
    b"A-" * 12,
]

scrappy = st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=2), max_size=30).map(b"".join)


def mutilated(seed: int) -> bytes:
    """A piece of a real source with something of the kind in it."""
    draw = random.Random(seed)
    data = bytearray(draw.choice(SOURCES).read_bytes()[draw.randrange(2_000) :][: draw.randrange(5_000)])
    for _ in range(draw.randrange(9)):
        at = draw.randrange(len(data) + 1)
        data[at : at + draw.randrange(3)] = draw.choice(SCRAPS) + draw.choice(SCRAPS)
    return bytes(data)


anything = scrappy | st.integers(0, 1 << 30).map(mutilated)


def same(name: str, *args: object) -> None:
    pure, compiled = kernels.TWINS[name]
    assert compiled(*args) == pure(*args)


@settings(max_examples=500, deadline=None)
@given(anything, st.sampled_from([2_000, 1, 0]))
def test_runs(data: bytes, most: int) -> None:
    same(runs.__name__, data, 24, most)
    same(runs.__name__, data, 3, most)
    same(runs.__name__, data, 1, most)


@settings(max_examples=500, deadline=None)
@given(anything, st.sampled_from([2_000, 1, 0]))
def test_spaced(data: bytes, most: int) -> None:
    same(spaced.__name__, data, most)
    same(spaced.__name__, b'"' + data, most)


@pytest.mark.parametrize("scrap", SCRAPS)
def test_much_of_the_same(scrap: bytes) -> None:
    data = scrap * 20_000
    same(runs.__name__, data, 24, len(data))
    same(spaced.__name__, data, len(data))
