"""What compiled code sees between literals is what Python sees."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from darnel.features import kernels
from darnel.features.languages.python_shapes import put_together
from darnel.features.squeezed import beside_joints
from tests.mutilated import mutilated

NAMES = {beside_joints.__name__, put_together.__name__}
pytestmark = pytest.mark.skipif(not kernels.TWINS.keys() >= NAMES, reason="it is not compiled here")

SCRAPS = [b'"', b"'", b" ", b"(", b"\n", b"\t", b"\\", b"/", b"+", b"%", b".", b"[", b":", b"::", b"-", b"[::-"]
SCRAPS += [
    b"reversed",
    b"re",
    b"versed",
    b"v",
    b"format",
    b"for",
    b"mat",
    b"replace",
    b"place",
    b"word",
    b"\xff",
    b"\0",
]

scrappy = st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=2), max_size=40).map(b"".join)

anything = scrappy | st.integers(0, 1 << 30).map(lambda seed: mutilated(seed, SCRAPS, 5_000, 9, 3))


def same(name: str, *args: object) -> None:
    pure, compiled = kernels.TWINS[name]
    assert compiled(*args) == pure(*args)


@settings(max_examples=1_000, deadline=None)
@given(anything, st.sampled_from([120, 3, 1]))
@example(b"-", 1)
@example(b"[:\n:(-", 1)
@example(b'"', 1)
@example(b'""', 1)
def test_joints(data: bytes, near: int) -> None:
    same(beside_joints.__name__, data, near)


@settings(max_examples=1_000, deadline=None)
@given(anything)
@example(b"'")
@example(b"' \\")
def test_signs(data: bytes) -> None:
    same(put_together.__name__, data)


@pytest.mark.parametrize("scrap", [*SCRAPS, b'"/', b'" + "', b'" " ', b'"[: ', b"r e v"])
def test_much_of_the_same(scrap: bytes) -> None:
    data = scrap * 20_000
    same(beside_joints.__name__, data, 120)
    same(put_together.__name__, data)
    same(put_together.__name__, b'"' + data)
