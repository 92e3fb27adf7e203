from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from darnel.batch.cache import Cache
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import Settings
from darnel.batch.task import BYTES, PATH, Payload, Task
from darnel.verdict import Label, Verdict

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
        key(settings=replace(SETTINGS, seconds=1.0)),
        key(model="n"),
        key(),
    }
    assert len(others) == 8
    assert key(Task(Payload(PATH, "folder", "folder"))) is None


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
