"""What compiled code sees in literals is what Python sees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels
from darnel.features.runs import runs
from darnel.features.suspicion import spaced
from tests.mutilated import mutilated

NAMES = {runs.__name__, spaced.__name__}
pytestmark = pytest.mark.skipif(not kernels.TWINS.keys() >= NAMES, reason="it is not compiled here")

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

anything = scrappy | st.integers(0, 1 << 30).map(lambda seed: mutilated(seed, SCRAPS, 5_000, 9, 2))


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
