"""Blanks, comments and continued lines around dots, which Python skips. Fixtures are inert."""

from __future__ import annotations

from time import perf_counter, process_time

import pytest

from darnel.features.analyse import analyse_file
from darnel.features.content import sniff
from darnel.features.languages.python import analyse
from darnel.features.languages.python_source import Source
from darnel.features.languages.python_spaced import _SPACED, MAX_ENDS, closed
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS


def seen(source: str) -> list[tuple[str, int, bool, str]]:
    data = source.encode()
    language = language_for("a.py", data)
    assert "unparsed" not in analyse_file("a.py", data, sniff("a.py", data), language, DEFAULT_LIMITS)
    return sorted((o.behaviour, o.line, o.top, o.api) for o in analyse(data, DEFAULT_LIMITS).observations)


def respelled(source: str) -> str | None:
    found = closed(Source(source.encode(), perf_counter() + 9))
    return None if found is None else found.decode()


@pytest.mark.parametrize(
    ("spaced", "plain"),
    [
        ("os . system('x')", "os.system('x')"),
        ("os. system ('x')", "os.system('x')"),
        ("os\t.\tsystem('x')", "os.system('x')"),
        ("os.\\\nsystem('x')", "os.system('x')"),
        ("f(os.\nsystem('x'))", "f(os.system('x'))"),
        ("f(os # a\n . # b\nsystem('x'))", "f(os.system('x'))"),
        ("x = (os # a\n . # b.c\n system('x'))", "x = (os.system('x'))"),
        ("exec(base64 .\n b64decode(y))", "exec(base64.b64decode(y))"),
        ("y = os . environ", "y = os.environ"),
        ("y = os . environ ['A_TOKEN']", "y = os.environ['A_TOKEN']"),
        ("y = os . environ . get('A_TOKEN')", "y = os.environ.get('A_TOKEN')"),
        ("y = os . environ.get('A_TOKEN')", "y = os.environ.get('A_TOKEN')"),
        ("__import__('os') . system('x')", "__import__('os').system('x')"),
        ("requests . get('https://a.invalid') . text", "requests.get('https://a.invalid').text"),
        ("urllib . request . urlopen(y)", "urllib.request.urlopen(y)"),
        ("import urllib . request as r; r.urlopen(y)", "import urllib.request as r; r.urlopen(y)"),
        ("from urllib . request import urlopen; urlopen(y)", "from urllib.request import urlopen; urlopen(y)"),
        ("a . b = os . system; a.b('x')", "a.b = os.system; a.b('x')"),
        ("class A:\n    def f(self): self . g()\n    def g(self): os . system('x')\nA() . f()", ""),
    ],
)
def test_names_with_blanks_are_those_without(spaced: str, plain: str) -> None:
    before = "import os, base64, requests, urllib.request\n"
    assert seen(before + spaced) == seen(before + (plain or spaced.replace(" . ", "."))) != []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a . b(c)", "a.b(  c)"),
        ("a . b . c = d", None),
        ("a . b.c . d()", "a.b.c.d(    )"),
        ("import a . b", "import a.b  "),
        ("from a . b import c", "from a.b   import c"),
    ],
)
def test_what_is_moved_stays_behind_its_names(source: str, expected: str | None) -> None:
    found = respelled(source)
    assert found == (expected or "a.b.c     = d")
    assert len(found) == len(source)


@pytest.mark.parametrize(
    "source",
    [
        "print('os . system')",
        "f(). g",
        "from . import a",
        "from .. import a",
        "# os . system('x')",
        "f('a . b').g()",
        "x = 1 .",
    ],
)
def test_text_and_relative_imports_stay_as_they_are(source: str) -> None:
    assert respelled(source) is None


def test_long_chains_take_time_that_grows_with_them() -> None:
    start = process_time()
    respelled("x = a" + " . b" * 20_000)
    respelled("x = (a" + "\n.b(' . c')" * 5_000 + ")")
    respelled("x = a" + " " * 200_000 + ".b()")
    assert process_time() - start < 3


@pytest.mark.parametrize("many", [1, MAX_ENDS + 1], ids=["one by one", "at once"])
@pytest.mark.parametrize("use", ["y = os . environ", "y = f'{os . environ}'", "os . environ = y", "os . a: int = 1"])
def test_it_is_the_same_however_many_dots_have_blanks(use: str, many: int) -> None:
    source = f"'''A. word. And more.'''\nos.environ\n{use}\n" + "# One. two\n" * many
    found = respelled(source)
    assert found is not None
    assert "os.environ" in found.splitlines()[2] or "os.a" in found.splitlines()[2]
    assert found.splitlines()[3:] == source.splitlines()[3:]


def test_sentences_are_no_names() -> None:
    assert respelled('"""Some. words, as in x. y = z. More (of. them)."""\nos.environ\n# a. b = c\n') is None
    assert respelled('"""Some. words, as in x. y = z. More (of. them)."""\n# a. b = c\n') is None


def test_dots_at_the_ends_of_many_comments() -> None:
    begin = process_time()
    assert not list(_SPACED.finditer(b"#.\n" * 30_000))
    assert process_time() - begin < 10
    assert _SPACED.search(b"os." + b"#.\n" * 400 + b"system") is not None
