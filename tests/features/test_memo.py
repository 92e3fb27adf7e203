"""Files of the same content are analysed once, and nobody notices but by the clock."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from darnel.features import memo as module
from darnel.features.analyse import analyse_file
from darnel.features.extract import extract
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.memo import Memo
from darnel.features.package import MemoryPackage
from darnel.features.raw import RawPackage

CODE = b"import os\nos.system('x')\n"


def packed(raw: RawPackage) -> str:
    raw.pop("seconds", None)
    return json.dumps(raw)


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that were really analysed."""
    seen: list[str] = []

    def analyse(path: str, *rest: Any) -> Any:
        seen.append(path)
        return analyse_file(path, *rest)

    monkeypatch.setattr(module, "analyse_file", analyse)
    return seen


def test_answers_stay_as_they_were() -> None:
    package = MemoryPackage({"a/m.py": CODE, "b/m.py": CODE, "c/m.py": CODE, "d.txt": b"text", "e.py": b"y = 1"})
    memo = Memo(entries=2)
    plain, first = extract(package, analyse=analyse_file), extract(package, analyse=memo)
    assert packed(plain) == packed(first) == packed(extract(package, analyse=memo))
    first["files"][0]["values"].clear()
    first["files"][0]["observations"].clear()
    first["files"][0]["cut"].append("changed")
    assert packed(extract(package, analyse=memo)) == packed(plain)


def test_same_content_is_analysed_once_but_not_as_something_else(analysed: list[str]) -> None:
    extract(MemoryPackage({"a.py": CODE, "b.py": CODE, "c.txt": CODE, "d.js": CODE}), analyse=Memo())
    assert analysed == ["a.py", "c.txt", "d.js"]


def test_what_was_not_asked_for_goes_first(analysed: list[str]) -> None:
    memo = Memo(entries=2)
    for text in (b"x = 1", b"x = 2", b"x = 1", b"x = 3", b"x = 1", b"x = 2"):
        extract(MemoryPackage({f"{text.decode()}.py": text}), analyse=memo)
    assert analysed == ["x = 1.py", "x = 2.py", "x = 3.py", "x = 2.py"]


def test_what_a_budget_cut_is_not_remembered(analysed: list[str]) -> None:
    from dataclasses import replace

    limits = replace(DEFAULT_LIMITS, observations=1)
    package = MemoryPackage({"a.py": CODE * 3, "b.py": CODE * 3})
    extract(package, limits, Memo())
    assert analysed == ["a.py", "b.py"]


def test_other_limits_find_other_things(analysed: list[str]) -> None:
    from dataclasses import replace

    memo, package = Memo(), MemoryPackage({"a.py": CODE})
    for limits in (DEFAULT_LIMITS, replace(DEFAULT_LIMITS), replace(DEFAULT_LIMITS, parse_bytes=5), DEFAULT_LIMITS):
        extract(package, limits, memo)
    assert analysed == ["a.py"] * 3


def test_several_threads() -> None:
    memo = Memo(entries=3)
    package = MemoryPackage({f"{i}.py": b"x = %d\n" % i for i in range(8)})
    wanted = packed(extract(package, analyse=analyse_file))
    wrong: list[str] = []

    def work() -> None:
        for _ in range(5):
            if packed(extract(package, analyse=memo)) != wanted:
                wrong.append("differs")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
