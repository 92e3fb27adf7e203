"""What called functions are is told by how they are spelled. Sources here are hand-written and inert."""

import pytest

from darnel.features.languages import lexicon, python_spelled
from darnel.features.languages.python import analyse
from darnel.features.limits import DEFAULT_LIMITS


def called(source: str) -> list[str]:
    return analyse(source.encode(), DEFAULT_LIMITS).calls


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("f()", ["f"]),
        ("a.b.c()", ["a.b.c"]),
        ("import a as b\nb.c()", ["a.c"]),
        ("from a import b\nb()", ["a.b"]),
        ("from a import b as c\nc.d.e()", ["a.b.d.e"]),
        ("import builtins\nbuiltins.print()", ["print"]),
        ("def f(): pass\nf()\nf.g.h()", [".h"]),
        ("def f(x):\n x.y.z()", [".z"]),
        ("def f(open):\n open()", ["open"]),
        ("def f(x):\n x()", []),
        ("def f(str):\n str.join()", [".join"]),
        ("x = g()\nx.unheard_of()", ["g", ".unheard_of"]),
        ("f().unheard_of()", ["f", ".unheard_of"]),
        ("'a'.join(x)\n'a'.b()", [".join", ".b"]),
        ("from os import *\nsystem(x)", ["os.system"]),
        ("import socket\nx = 1\nx = socket.socket()\nx.connect(y)", ["socket.socket", "socket.socket.connect"]),
        ("import socket\nx = 1\nx.connect(y)\nx = socket.socket()", [".connect", "socket.socket"]),
        ("(lambda: f())()", ["f"]),
        ("a." + "b." * 100 + "c()", [".c"]),
    ],
)
def test_called_names(source: str, names: list[str]) -> None:
    assert sorted(called(source)) == sorted(names)


def test_names_are_told_by_their_ends_as_by_looking_them_up() -> None:
    table = lexicon.load("python")
    known: list[str] = []
    for section in (table["calls"], table["to_hook"]):
        known += section.exact
        known += [f"{name}.{more}" for name in section.below for more in ("x", "x.y")]
        known += [f"{base}.{name}" for name in section.tails for base in ("", "x")]
    known += ["x", "", ".", "x.y", ".x", *(f"{name}.x" for name in known[::7])]
    acting = 0
    for name in known:
        ids, hooks = table["calls"].get(name)[0], table["to_hook"].get(name)[0]
        entry = python_spelled._called(name)
        if ids or hooks:
            acting += 1
            assert not isinstance(entry, str)
            assert (entry.ids, entry.hooks) == (ids, hooks)
        else:
            assert entry == name
    assert acting > 500
