import random
import re
import string

import pytest

from darnel.features import syntax

EXAMPLES = {
    r"_*0x[0-9a-f]{3,}": ["_0x1a2", "__0xfff"],
    r"_?[O0oQ]{5,}": ["O0o0Q", "_ooooo"],
    r"_?[Il1i|]{5,}": ["lI1il", "_iiiii"],
    r"_{4,}\d*": ["____", "____12"],
    r"[A-Za-z_]?(?=\w*[Il1])(?=\w*[O0])[IlO01_]{6,}": ["IlO01_", "xI0_1l0"],
    r"(?=\w{0,60}\d)[a-z]*(?:[a-z]{1,3}\d{1,3}){4,}[a-z]*": ["a1b2c3d4", "xyzabc12d345ef6g78h"],
    r"[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{9,}": ["bcdfghjkl", "XZXZXZXZX"],
    r"_?[\u4e00-\u9fff]{12,}": [],
}
"""Of each alternative of the pattern: shortest words; none is ASCII of the last."""


def test_each_alternative_has_examples() -> None:
    assert "|".join(EXAMPLES) == syntax.MACHINE_NAME.pattern


@pytest.mark.parametrize("word", [word for words in EXAMPLES.values() for word in words])
def test_no_machine_made_word_is_passed_over(word: str) -> None:
    assert syntax.machine_made(word)
    assert syntax.may_be_machine_made(b"\nself\n%b\nvalue\n" % word.encode())


@pytest.mark.parametrize(
    "letters", ["O0oQ_", "Il1i_", "IlO01_x", "_01", "ab12", "bcdfgz", string.ascii_letters + "_01"]
)
def test_random_words_agree(letters: str) -> None:
    draw = random.Random(letters)
    words = ["".join(draw.choices(letters, k=draw.randrange(1, 14))) for _ in range(4_000)]
    machine = [word for word in words if syntax.machine_made(word) and not re.match(r"\d", word)]
    assert all(syntax.may_be_machine_made(b"\n%b\n" % word.encode()) for word in machine)


def test_plain_words_are() -> None:
    assert not syntax.may_be_machine_made(b"\nself\nconnection\nparse_args\nutf8\nx86_64\nHTTPServer\nstrengths\n")
