from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from darnel.batch import fingerprint
from darnel.batch.cache import Cache
from darnel.batch.item import Item
from darnel.batch.judging import Judging
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import Settings
from darnel.batch.task import BYTES, PATH, Payload, Task
from darnel.features.limits import Limits
from darnel.verdict import Coverage, Label, Verdict

SETTINGS = Settings("/model")
TASK = Task(Payload(BYTES, "a/b/x-1.0.whl", "a/b/x-1.0.whl", b"content"))
OUTCOME = Outcome.of(Verdict(Label.CLEAN, 0.1, 0.2, 0.001, "", "pypi", "x", "1.0", "elsewhere", "ab" * 32), 7)


def test_what_was_put_is_got(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "c"), SETTINGS, "m")
    key = cache.key(TASK)
    assert key
    assert cache.get(key, TASK) is None
    cache.put(key, OUTCOME)
    found = cache.get(key, TASK)
    assert found is not None
    assert found.cached
    assert found.verdict == replace(OUTCOME.verdict, source="a/b/x-1.0.whl")
    (entry,) = (path for path in tmp_path.rglob("*") if path.is_file())
    for junk in (b"", b"{}", b"[]", b'{"verdict": {}, "trouble": ""}', b"[" * 100_000):
        entry.write_bytes(junk)
        assert cache.get(key, TASK) is None


def test_the_key_stands_for_all_that_matters(tmp_path: Path) -> None:
    def key(task: Task = TASK, settings: Settings = SETTINGS, model: str = "m") -> str | None:
        return Cache(str(tmp_path), settings, model).key(task)

    assert key() == key(replace(TASK, release=replace(TASK.release, name="elsewhere/x-1.0.whl")))
    others = {
        key(replace(TASK, release=replace(TASK.release, data=b"other"))),
        key(replace(TASK, release=replace(TASK.release, name="a/b/y-1.0.whl"))),
        key(replace(TASK, name="y")),
        key(replace(TASK, ecosystem="npm")),
        key(replace(TASK, excerpts=True)),
        key(settings=replace(SETTINGS, limits=replace(SETTINGS.limits, files=1))),
        key(model="n"),
        key(),
    }
    assert len(others) == 8
    assert key(settings=replace(SETTINGS, seconds=1.0, memory=1, limits=limits(0.8))) == key()
    assert key(Task(Payload(PATH, "folder", "folder"))) is None


def limits(seconds: float) -> Limits:
    return replace(SETTINGS.limits, package_seconds=seconds)


def test_what_the_clock_may_have_cut_is_found_under_the_same_clock_only(tmp_path: Path) -> None:
    short, long = (Cache(str(tmp_path), replace(SETTINGS, limits=limits(s)), "m") for s in (0.8, 240.0))
    for skipped, found in ((0, True), (1, False)):
        verdict = replace(OUTCOME.verdict, coverage=Coverage(files=3, skipped=skipped))
        key = short.key(TASK)
        assert key
        assert key == long.key(TASK)
        short.put(key, OUTCOME._replace(verdict=verdict))
        assert short.get(key, TASK) is not None
        assert (long.get(key, TASK) is not None) is found


def test_verdicts_of_other_code_are_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Cache(str(tmp_path), SETTINGS, "m").key(TASK)
    monkeypatch.setattr("darnel.batch.cache.code_sha256", lambda: "other")
    assert Cache(str(tmp_path), SETTINGS, "m").key(TASK) != before


LOADED = """
import json, sys
from dataclasses import asdict
from darnel.batch.worker import _prepare
from darnel.features.limits import DEFAULT_LIMITS
_prepare({"model": sys.argv[1], "limits": asdict(DEFAULT_LIMITS)})
print(json.dumps(sorted(module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "darnel")))
"""


def test_the_fingerprint_covers_all_code_that_decides(tiny_model: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, str(tiny_model)], capture_output=True, text=True, check=True)
    covered = {path.resolve() for _, path in fingerprint.files()}
    loaded = {Path(path).resolve() for path in json.loads(done.stdout)}
    assert {path for path in loaded - covered if path.suffix == ".py"} == set()
    assert len(fingerprint.code_sha256()) == 64
    names = {name for name, _ in fingerprint.files()}
    assert {"darnel/ordinary.json", "darnel.features/languages/python.toml", "darnel.features/known/pypi.bin"} <= names


def test_copies_are_scored_once(tmp_path: Path) -> None:
    class Counting:
        judged = 0

        def judge(self, tasks: list[Task], ready: Callable[[int, Outcome], None]) -> list[Outcome]:
            self.judged += len(tasks)
            for number in range(len(tasks)):
                ready(number, OUTCOME)
            return [OUTCOME] * len(tasks)

    for name in "abcd":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x-1.0.whl").write_bytes(b"content" if name != "c" else b"other")
    items = [Item(str(tmp_path / name / "x-1.0.whl")) for name in "abcd"]
    slot: Any = Counting()
    outcomes = Judging(SETTINGS, "m", str(tmp_path / "cache"))(slot, items)
    assert slot.judged == 2
    assert [outcome.cached for outcome in outcomes] == [False, True, False, True]
    assert [outcome.verdict.source for outcome in outcomes[1::2]] == [item.path for item in items[1::2]]
    Judging(SETTINGS, "m")(slot, items)
    assert slot.judged == 6, "without a cache each is judged"


@pytest.mark.parametrize(
    ("trouble", "kept"),
    [(Trouble.PARTIAL, True), (Trouble.TIME, False), (Trouble.CRASH, False), (Trouble.INPUT, False)],
)
def test_accidents_are_not_kept(trouble: Trouble, kept: bool) -> None:
    cache = Cache(f"memory://cache/{trouble}", SETTINGS, "m")
    key = cache.key(TASK)
    assert key
    cache.put(key, OUTCOME._replace(trouble=trouble))
    assert (cache.get(key, TASK) is not None) is kept
