"""That some words were met before changes what a test of a source costs, not what it says."""

from pathlib import Path

import pytest

import darnel
from darnel.features.languages import python_relevance, python_shapes
from darnel.features.languages.python_known_words import asked
from darnel.features.languages.python_words import Index, Plain, words_of

SOURCES = sorted(Path(darnel.__file__).parent.rglob("*.py"))


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_shapes, "_plain", Plain(50_000, 40))
    monkeypatch.setattr(python_shapes, "_asked_and_plain", set())


@pytest.mark.usefixtures("cold")
def test_what_was_met_before_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [path.read_bytes() for path in SOURCES]
    for source in sources:
        python_relevance.relevant(source)
    assert len(python_shapes._plain) > 1_000
    for source in sources:
        warm = python_relevance.relevant(source)
        with monkeypatch.context() as patch:
            patch.setattr(python_shapes, "_plain", Plain(50_000, 40))
            patch.setattr(python_shapes, "_asked_and_plain", set())
            assert python_relevance.relevant(source) == warm


@pytest.mark.usefixtures("cold")
def test_what_is_asked_for_is_always_there() -> None:
    everything = b" ".join(sorted(asked()))
    for _ in range(2):
        python_relevance.relevant(everything + b" nothing")
        assert python_shapes.telling_words(everything) == asked()


def test_what_is_asked_for_are_words() -> None:
    assert all(words_of(word) == {word} for word in asked())


def test_words() -> None:
    assert words_of("x.été_1(0xff)".encode()) == {b"x", "été_1".encode(), b"0xff"}


def test_words_are_kept_while_there_is_room() -> None:
    plain = Plain(3, 10)
    text = Index(b"one three two four five a_long_word another_one")
    plain.add([b"one", b"three", b"", b"two", b"one", b"another_one"])
    assert len(plain) == 3
    assert text.others(plain) == {b"four", b"five", b"a_long_word", b"another_one"}
    plain.add([b"four"])
    assert text.others(plain) == {b"one", b"three", b"two", b"five", b"a_long_word", b"another_one"}
    plain.add([b"four", b"long_word", b"another", b"other_one", b"one"])
    assert text.others(plain) == {b"three", b"two", b"four", b"five", b"a_long_word", b"another_one"}
