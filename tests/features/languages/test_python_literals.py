"""Literals on one line are what an expression for them would find, in linear time."""

import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features.languages import python_compared, python_relevance
from darnel.features.languages.python_literals import literals, without_literals

LITERAL = re.compile(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")


@settings(max_examples=1_000, deadline=None)
@given(st.lists(st.sampled_from([b'"', b"'", b"\\", b"\n", b"a", b"\r", b'\\"', b"\\'"]), max_size=30).map(b"".join))
def test_literals(text: bytes) -> None:
    assert list(literals(text)) == [match.span() for match in LITERAL.finditer(text)]
    assert without_literals(text) == LITERAL.sub(b"", text)


def test_a_quote_that_nothing_closes() -> None:
    assert list(literals(rb'" \" \" ' + b"'a' \"\n'b'")) == [(0, 13), (14, 17)]
    assert list(literals(rb'" \" \" ' + b"'a'\n'b'")) == [(8, 11), (12, 15)]


HOSTILE = [rb"\"", rb"\'", b'"\\', b"sys.platform ", b"sys.platform, 'a', ", b"hyper-v "]


@pytest.mark.parametrize("before", [b'import sys\nx = (sys.platform, "', b"x = 'a' + 'b' + \""])
@pytest.mark.parametrize("scrap", HOSTILE)
def test_giant_lines_are_read_fast(scrap: bytes, before: bytes) -> None:
    data = before + scrap * (400_000 // len(scrap)) + b" == sys.platform, os.name)\n"
    begin = process_time()
    python_relevance.relevant(data)
    assert process_time() - begin < 10


def test_too_much_to_look_at_is_taken_to_be_compared() -> None:
    line = b"sys.platform, "
    few, many = 50, 4 + int((2 * python_compared.MOST / len(line)) ** 0.5)
    assert not python_compared.compared(line * few + b"\n", [b"platform"], False)
    assert python_compared.compared(line * many + b"\n", [b"platform"], False)
