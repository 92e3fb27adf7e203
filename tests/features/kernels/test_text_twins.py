"""Counts over a text's bytes: compiled and in Python."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels, text
from darnel.features.text_counts import census, comment_lines, encoded_runs, followers, line_lengths
from tests.features.kernels.test_twins import broken, same

pytestmark = pytest.mark.skipif("census" not in kernels.TWINS, reason="nothing is compiled here")

PIECES = [
    b"A" * 9,
    b"0123456789abcdef",
    b"Zm9vYmFyCg+/",
    b"1, 2, ",
    b" " * 30,
    b"\t" * 9,
    b"\n",
    b"\r\n",
    b"\r",
    b"\\x41",
    b"\\",
    b"\\u0041",
    b"%2F",
    b"%",
    b"# a",
    b" /* b",
    b"*",
    b"\n*\r",
    b"--",
    b"\xc3\xa9",
    b"\xff\0",
    b"x" * 1100,
]
pieces = st.lists(st.tuples(st.sampled_from(PIECES) | st.binary(max_size=5), st.integers(1, 40)), max_size=30)
texts = pieces.map(lambda found: b"".join(piece * times for piece, times in found))
anything = texts | broken


@settings(max_examples=300, deadline=None)
@given(anything)
def test_counts(data: bytes) -> None:
    same(line_lengths.__name__, data)
    same(comment_lines.__name__, data)
    same(encoded_runs.__name__, data, text.CLASSES)
    same(followers.__name__, data, b"\\", b"xuU")
    same(followers.__name__, data, b"%", b"267")
    if data:
        same(census.__name__, data, text.KIND)


@pytest.mark.parametrize("before", range(9))
def test_runs_between_words(before: int) -> None:
    """Wherever runs stand, of as many bytes as make a difference."""
    for byte in b"A1 \t,":
        for size in range(100):
            data = b"\xff" * before + bytes([byte]) * size + b"\xff" + b"Zm9vYmFyCg+/" * (size // 10)
            same(encoded_runs.__name__, data, text.CLASSES)


@pytest.mark.parametrize("size", [text.ENCODED_BYTES - 1, text.ENCODED_BYTES])
def test_long_runs_are_found_wherever_they_stand(size: int) -> None:
    found = [encoded_runs(b" " * before + b"A" * size + b" " * 20, text.CLASSES)[0] for before in range(8)]
    assert all(found) == (size == text.ENCODED_BYTES)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1023, 1024, 1025, 1536, 1537, 300_001])
@pytest.mark.parametrize("alphabet", [b"\n", b"a", b"\xff", b"a\n", b"0123456789abcdef", b"1,", bytes(range(256))])
def test_lengths(size: int, alphabet: bytes) -> None:
    data = bytes(random.Random(size).choices(alphabet, k=size))
    same(line_lengths.__name__, data)
    same(encoded_runs.__name__, data, text.CLASSES)
    if data:
        same(census.__name__, data, text.KIND)


def test_only_the_first_runs_are_looked_at() -> None:
    """Both give up after the same number of them."""
    run, numbers = b"Zm9vYmFyCg+/0123456789abcdefQWERTYUIOP..", b"1, 2, " * 16 + b"x" * 8
    same(encoded_runs.__name__, run * 2_500 + numbers * 2_500, text.CLASSES)
    assert encoded_runs(run * 2_500, text.CLASSES)[3] < 40 * 2_000
