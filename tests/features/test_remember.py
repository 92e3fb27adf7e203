"""What is remembered of words is bounded in bytes, whatever the words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import darnel.features
from darnel.features import remember, syntax
from darnel.features.extract import MEMO, extract
from darnel.features.package import MemoryPackage

SIZE = 20_000
"""Bytes of a name."""


def package(number: int) -> MemoryPackage:
    """Names that nobody has seen before."""
    names = [f"name{number}_{i}".ljust(SIZE, "x") for i in range(6)]
    python = "import os\n" + "".join(f"def {name}(): os.{name}.{name}()\n" for name in names[:3])
    javascript = "".join(f"require('fs').{name}(); function {name}() {{}}\n" for name in names[3:])
    return MemoryPackage({"a.py": python.encode(), "a.js": javascript.encode()})


def test_long_names_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remember, "BYTES", 20 * SIZE)
    for number in range(8):
        extract(package(number))
    assert 0 < syntax.machine_made.cache_info().currsize < 40
    for cached in remember._caches:
        assert cached.cache_info().currsize < 40


def test_the_same_is_found_after_all_was_dropped() -> None:
    first = extract(package(0), analyse=lambda *words: MEMO(*words))
    MEMO.forget()
    assert syntax.machine_made.cache_info().currsize
    remember.read(remember.BYTES + 1)
    assert not syntax.machine_made.cache_info().currsize
    again = extract(package(0))
    assert [file["values"] for file in again["files"]] == [file["values"] for file in first["files"]]


def test_nothing_else_remembers_words() -> None:
    """``cache`` is for tables that are loaded once; names of packages and the commands in question are short.

    Of environments (``readers/site.py``), a few are known at once: nobody hands them over by the thousand.
    """
    folder = Path(darnel.features.__path__[0])
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"@(functools\.)?lru_cache", path.read_text(encoding="utf-8"))
    }
    assert found <= {"names/__init__.py", "languages/commands.py", "readers/site.py"}, (
        "use darnel.features.remember for functions of what stands in files"
    )
