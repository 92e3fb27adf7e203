"""Passes over binaries: compiled and in Python."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels
from darnel.features.binary_scans import histograms, printable_runs, standing
from tests.features.kernels.test_twins import anything, same

pytestmark = pytest.mark.skipif("standing" not in kernels.TWINS, reason="nothing is compiled here")

NAMES = (b"UPX!", b"ptrace", b"aaaa", b"aaaab", b"\0\xff\0\xff", b"ptracer", b"Go build ID")
PIECES = [*NAMES, *(name[1:] for name in NAMES), *(name[:-1] for name in NAMES), b"~", b"\x7f", b"\x1f", b" ", b"x" * 9]
binaries = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=40).map(b"".join) | anything


@settings(max_examples=500, deadline=None)
@given(binaries, st.integers(1, 8), st.integers(0, 9))
def test_printable_runs(data: bytes, shortest: int, more: int) -> None:
    same(printable_runs.__name__, data, shortest, shortest + more)


@settings(max_examples=500, deadline=None)
@given(binaries, st.lists(st.sampled_from(NAMES) | st.binary(min_size=4, max_size=6), max_size=8).map(tuple))
def test_standing(data: bytes, names: tuple[bytes, ...]) -> None:
    same(standing.__name__, data, names)


@settings(max_examples=300, deadline=None)
@given(binaries, st.integers(0, 40), st.lists(st.integers(0, 1_000), min_size=1, max_size=5))
def test_histograms(data: bytes, size: int, starts: list[int]) -> None:
    size = min(size, len(data))
    same(histograms.__name__, data, [start % (len(data) - size + 1) for start in starts], size)


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("name", NAMES)
def test_wherever_a_name_stands(name: bytes, at: int) -> None:
    for function in kernels.TWINS[standing.__name__]:
        for rest in (b"", b"a", b"ab", b"abc"):
            assert name in function(bytes(at) + name + rest, NAMES)
        assert name not in function(bytes(at) + name[:-1], NAMES)
        assert name not in function(name[1:] + bytes(at), NAMES)


CUT = {5: [], 6: [6], 511: [511], 512: [512], 517: [512], 518: [512, 6], 1024: [512, 512], 1030: [512, 512, 6]}


@pytest.mark.parametrize("length", CUT)
def test_long_runs_are_cut(length: int) -> None:
    data = b"\0" + b"a" * length + b"\n" + b"b" * 6
    for function in kernels.TWINS[printable_runs.__name__]:
        assert [len(run) for run in function(data, 6, 512)] == [*CUT[length], 6]
        assert function(data[1:-7], 6, 512) == function(data, 6, 512)[:-1]


def test_every_byte_is_counted() -> None:
    data = random.Random(1).randbytes(70_000)
    for function in kernels.TWINS[histograms.__name__]:
        counts = np.frombuffer(function(data, [0, 4096, 65_000], 4_999), np.int64).reshape(3, 256)
        assert counts.sum(axis=1).tolist() == [4_999] * 3
        assert counts[1][7] == data.count(7, 4096, 4096 + 4_999)
    same(histograms.__name__, bytes(1 << 20), [0], 1 << 20)
    same(histograms.__name__, b"", [0], 0)


def test_much_of_the_same() -> None:
    for name in NAMES:
        same(standing.__name__, name[:-1] * 20_000, NAMES)
        same(standing.__name__, name[:3] * 20_000 + name, NAMES)
