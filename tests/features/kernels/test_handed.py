"""Compiled code finds the names that are handed on where Python finds them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels
from darnel.features.languages.python_handed import _attributes, handed
from tests.mutilated import mutilated

pytestmark = pytest.mark.skipif(handed.__name__ not in kernels.TWINS, reason="it is not compiled here")

SCRAPS = [
    b".",
    b",",
    b")",
    b"]",
    b"}",
    b"(",
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\f",
    b"#",
    b"# x\n",
    b"e",
    b"exec",
    b"eval",
]
SCRAPS += [b"system", b"run", b"_", b"1", b"\0", b"\xe9", b" " * 199, b" " * 200, b"#" + b"x" * 199, b"#" + b"x" * 200]

scrappy = st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=2), max_size=30).map(b"".join)


def same(data: bytes, most: int = 801) -> int:
    """How much is found, if it is the same."""
    pure, compiled = kernels.TWINS[handed.__name__]
    methods, builtins = pure(data, _attributes(), most)
    assert compiled(data, _attributes(), most) == (methods, builtins)
    return len(methods) + len(builtins)


@settings(max_examples=1_000, deadline=None)
@given(
    scrappy | st.integers(0, 1 << 30).map(lambda seed: mutilated(seed, SCRAPS, 5_000, 20, 2)),
    st.sampled_from([801, 1, 0]),
)
def test_handed(data: bytes, most: int) -> None:
    same(data, most)


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 500])
def test_between(count: int) -> None:
    """As many blanks and as long comments as the two of them allow."""
    for name in (b"exec", b"os.system", b"os. \t system"):
        for between in (b" " * count, b"#" + b"x" * count + b"\n", b"\n" * count + b"#\n", b"#\n" + b"\t" * count):
            assert same(name + between + b")") == (count <= 200)


@pytest.mark.parametrize("scrap", SCRAPS)
def test_much_of_the_same(scrap: bytes) -> None:
    same(scrap * 20_000)
    same(b".run" + scrap * 20_000)
