"""Counts over literals, names, hidden characters and sources as they are compared: compiled and in Python."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels, strings
from darnel.features.hidden_classes import ALIKE, KINDS, hidden_classes, mixed_pairs, special_runs
from darnel.features.identifiers import tenths
from darnel.features.known.hashing import normalised
from darnel.features.literal_counts import HEAD, looks, weights
from darnel.features.name_counts import name_counts
from tests.features.kernels.test_twins import broken, same

modules = (hidden_classes, name_counts, looks, normalised)
pytestmark = pytest.mark.skipif(
    not all(function.__name__ in kernels.TWINS for function in modules), reason="nothing is compiled here"
)

sources = broken
texts = sources.map(lambda data: data.decode("utf-8", "replace"))
words = texts.map(lambda text: re.split(r"""(?:"|'|\n\n)""", text))

LITERALS = [
    "0x",
    "0123456789abcdef",
    "Zm9vYmFyCg",
    "QWxhZGRpbjpvcGVu",
    "=",
    "==",
    "-",
    "/",
    "_",
    " ",
    "\n",
    "\t",
    "a/b",
]
LITERALS += ["://", "https://a.example/", "import ", "eval(", "x = 1", "C:\\", "\x00", "\x1b", "é", "\u2003", "\ud800"]
LITERALS += ["\n", "\t", "a/b", "a" * 40, "Ab1" * 20, "0f" * 4_000, "long " * 2_000]
pieces = st.lists(st.sampled_from(LITERALS) | st.text(max_size=4), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=12) | words)
def test_literals(found: list[str]) -> None:
    same(looks.__name__, found, strings.CODE_WORDS)
    heads = [text[:HEAD].encode("utf-8", "replace") for text in found if text]
    if heads:
        same(weights.__name__, heads, strings.LOGS)


def test_only_so_much_of_literals_is_looked_at() -> None:
    found = ["https://a.example/" + "A1b" * 1_400] * 2_500
    same(looks.__name__, found, strings.CODE_WORDS)
    assert looks(found, strings.CODE_WORDS)[1] == (8 << 20) // HEAD


NAMES = ["O0", "lI1", "_", "__", "_0x", "1a2b", "Q", "o", "name", "Name", "éa", "٣", "7"]
names = st.lists(st.sampled_from(NAMES) | st.text(max_size=3), min_size=1, max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(names.map(lambda name: name.replace("\n", "")), min_size=1, max_size=12))
def test_names(found: list[str]) -> None:
    same(name_counts.__name__, found, tenths())


def test_every_character_is_of_the_same_classes() -> None:
    """Alone, before and after a letter, and several times."""
    for code in range(0x110000):
        char = chr(code)
        same(hidden_classes.__name__, char * 4)
        same(special_runs.__name__, f"a{char} {char}\u200b", 9)
    same(mixed_pairs.__name__, "".join(f"a{chr(code)} {chr(code)}b " for code in range(0x3000)))
    assert len(mixed_pairs("".join(f"a{char} " for char in sorted(set(ALIKE))))) == len(set(ALIKE))


HIDING = [
    "\ufeff",
    "\u200b",
    "\u200d",
    "\u202e",
    "\ufe0f",
    "\U000e0101",
    "\U000e0041",
    "\U000e007f",
    "\ue000",
    "\U000f0001",
]
HIDING += [
    "a",
    "b ",
    "#",
    "\n",
    "\u0430",
    "\u0395",
    "\u0628",
    "\u0915",
    "\u4e00",
    "\U0001f3f4",
    "\U0001d41a",
    "\u2003",
    "\u00ad",
]
HIDING += ["\ue000", "\U000f0001", "\u2003", "\u00ad", "\u2001", "\u2000", "é"]
hiding = st.lists(st.sampled_from(HIDING) | st.text(max_size=2), max_size=40).map("".join)


@settings(max_examples=500, deadline=None)
@given(hiding | texts, st.integers(0, 20))
def test_hidden(text: str, most: int) -> None:
    same(hidden_classes.__name__, text)
    same(special_runs.__name__, text, most)
    same(mixed_pairs.__name__, text)
    assert all(kind < len(KINDS) for kind, _, _ in special_runs(text, most))


BLANK = [b"\xef\xbb\xbf", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\v", b"\f", b"x", b"x = 1", b"\0"]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(BLANK), max_size=30).map(b"".join) | sources)
def test_normalised(data: bytes) -> None:
    same(normalised.__name__, data)
