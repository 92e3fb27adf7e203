"""Compiled kernels give what their twins in Python give, on anything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels
from darnel.features.languages import python_words
from tests.mutilated import mutilated

pytestmark = pytest.mark.skipif(not kernels.TWINS, reason="nothing is compiled here")

SCRAPS = [
    b"import ",
    b"def f(",
    b"'''",
    b'"""',
    b"#",
    b"\\",
    b"\n",
    b"\r\n",
    b"    ",
    b"\t",
    b"'",
    b'"',
    b"{",
    b"}",
    b"os",
]
SCRAPS += [b"system", b"=", b"+", b"%", b"\xc3\xa9", b"\xff", b"\0", b"join", b"A" * 60, b"0123456789abcdef" * 5]
"""What the kernels look for, and what could confuse them."""

scrappy = st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=4), max_size=60).map(b"".join)

broken = st.integers(0, 1 << 30).map(lambda seed: mutilated(seed, SCRAPS, 9_000, 4))
anything = scrappy | broken


def same(name: str, *args: object) -> None:
    pure, compiled = kernels.TWINS[name]
    assert compiled(*args) == pure(*args)


@settings(max_examples=300, deadline=None)
@given(anything, st.lists(scrappy, max_size=3))
def test_words(data: bytes, known: list[bytes]) -> None:
    pure, compiled = (plain(20, 30) for plain in kernels.TWINS[python_words.Plain.__name__])
    for text in known:
        added = python_words.words_of(text)
        pure.add(added)
        compiled.add(added)
    assert len(pure) == len(compiled)
    before, after = (index(data) for index in kernels.TWINS[python_words.Index.__name__])
    assert after.others(compiled) == before.others(pure)


@settings(max_examples=300, deadline=None)
@given(anything, st.sets(st.sampled_from(SCRAPS[9:]) | st.binary(max_size=3), max_size=20))
def test_places(data: bytes, names: set[bytes]) -> None:
    names = {word for name in names for word in python_words.words_of(name)}
    names |= set(sorted(python_words.words_of(data))[::3])
    before, after = (index(data) for index in kernels.TWINS[python_words.Index.__name__])
    assert after.places(names) == before.places(names)
    every = python_words.words_of(data)
    assert after.places(every) == before.places(every)


def test_many_words() -> None:
    words = [b"%x" % (number * number) for number in range(20_000)]
    words += [b"a_longer_word_%d" % (number % 300) for number in range(900)]
    places: dict[bytes, list[int]] = {}
    at = 0
    for word in words:
        places.setdefault(word, []).append(at)
        at += len(word) + 1
    plain, index = (kernels.TWINS[twin.__name__][1] for twin in (python_words.Plain, python_words.Index))
    found = index(b" ".join(words))
    assert found.places(places) == places
    assert found.others(plain(1, 1)) == set(places)
