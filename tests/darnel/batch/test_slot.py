"""A real worker process, and packages that do to it what hostile ones would."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from darnel import selftest
from darnel.batch import slot as slot_module
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import LostError, Settings, Worker
from darnel.batch.slot import Slot
from darnel.batch.task import Task, payload_of, task_of
from darnel.classifier import Classifier
from darnel.errors import DarnelError
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import MemoryPackage
from darnel.sources import Downloaded, Installed, Missing, Update
from darnel.verdict import Verdict
from tests import builders

MIB = 1 << 20


class Deadly(MemoryPackage):
    """Ends the process that analyses it."""

    def members(self):  # type: ignore[no-untyped-def]
        os._exit(9)


class Hanging(MemoryPackage):
    """Never comes to an end."""

    def members(self):  # type: ignore[no-untyped-def]
        while True:
            time.sleep(1)


class Greedy(MemoryPackage):
    """Wants all there is."""

    def members(self):  # type: ignore[no-untyped-def]
        held = []
        while True:
            held.append(bytes(64 * MIB))


class Broken(MemoryPackage):
    """Raises what nobody expects."""

    def members(self):  # type: ignore[no-untyped-def]
        raise ZeroDivisionError("boom")


@pytest.fixture(scope="module")
def settings(tiny_model: Path) -> Settings:
    return Settings(str(tiny_model), seconds=60.0, memory=512 * MIB)


@pytest.fixture(scope="module")
def slot(settings: Settings) -> Iterator[Slot]:
    made = Slot(settings)
    yield made
    made.close()


def task(source: object, **options: bool) -> Task:
    return Task(payload_of(source, DEFAULT_LIMITS), **options)  # type: ignore[arg-type]


def good(number: int = 0) -> Task:
    return task(builders.sdist(files={"a.py": f"x = {number}\n"}))


def same(one: Verdict, other: Verdict) -> bool:
    return replace(one, timings={}, source="") == replace(other, timings={}, source="")


def test_the_verdicts_are_those_of_predict(slot: Slot, tiny_model: Path, tmp_path: Path) -> None:
    classifier = Classifier.load(tiny_model)
    archive = tmp_path / "thing-1.0.tar.gz"
    archive.write_bytes(builders.sdist("thing", "1.0"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "setup.py").write_bytes(selftest.inert_package().files["setup.py"])
    script = tmp_path / "one.py"
    script.write_bytes(b"import os\nos.system('ls')\n")
    sources: list[Any] = [archive, folder, script, builders.wheel(), builders.npm(), selftest.inert_package(), b"junk"]
    found = slot.judge([task(source, excerpts=True) for source in sources])
    assert [outcome.trouble for outcome in found] == [*[Trouble.NONE] * 6, Trouble.INPUT]
    for source, outcome in zip(sources[:-1], found, strict=False):
        assert same(outcome.verdict, classifier.predict(source, excerpts=True)), source
        assert outcome.verdict.source == classifier.predict(source).source
    assert {outcome.verdict.label for outcome in found} == {"clean", "malicious", "unknown"}


def test_clean_packages_need_not_be_explained(slot: Slot, tiny_model: Path) -> None:
    sources = [selftest.harmless_package(), selftest.inert_package()]
    clean, bad = slot.judge([task(source, explain_clean=False) for source in sources])
    assert not clean.verdict.evidence
    assert bad.verdict.evidence
    full = Classifier.load(tiny_model).predict(sources[0])
    assert same(replace(clean.verdict, evidence=full.evidence, findings=full.findings, files=full.files), full)


@pytest.mark.parametrize(
    ("package", "trouble", "words"),
    [
        (Deadly({}, source="x"), Trouble.CRASH, "died (exit code 9)"),
        (Greedy({}, source="x"), Trouble.MEMORY, "more memory than 537 MB"),
        (Broken({}, source="x"), Trouble.INTERNAL, "ZeroDivisionError: boom"),
    ],
)
def test_what_a_package_does_costs_one_result(slot: Slot, package: MemoryPackage, trouble: Trouble, words: str) -> None:
    found = slot.judge([good(1), good(2), task(package), good(3)])
    assert [outcome.trouble for outcome in found] == ["", "", trouble, ""]
    assert words in found[2].verdict.error
    assert found[2].verdict.label == "unknown"
    assert found[2].verdict.source == "x"


def test_a_hang_is_stopped(settings: Settings) -> None:
    slot = Slot(replace(settings, seconds=3.0))
    started = time.monotonic()
    found = slot.judge([good(1), task(Hanging({}, source="x")), good(2)])
    slot.close()
    assert [outcome.trouble for outcome in found] == ["", Trouble.TIME, ""]
    assert "stopped after 3 s" in found[1].verdict.error
    assert time.monotonic() - started < 60


def test_one_that_kills_while_it_is_explained_is_found(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies when several are held: each is done again alone."""
    conclude = Worker.conclude

    def deadly(worker: Worker, tasks: list[Task]) -> list[Verdict]:
        if bad in tasks:
            worker.kill()
            raise LostError(Trouble.CRASH, "died")
        return conclude(worker, tasks)

    monkeypatch.setattr(Worker, "conclude", deadly)
    bad = good(2)
    slot.judge([good(0)])
    before = slot.started
    found = slot.judge([good(1), bad, good(3)])
    assert [outcome.trouble for outcome in found] == ["", Trouble.CRASH, ""]
    assert slot.started == before + 2


def test_what_is_answered_is_not_believed(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    from darnel.batch import wire

    receive = wire.receive

    def lying(stream: object, limit: int = wire.MAX_REPLY) -> tuple[dict[str, object], list[bytes]]:
        header, blobs = receive(stream, limit)  # type: ignore[arg-type]
        return ({"verdict": {"label": "clean"}} if "verdict" in header else header), blobs

    monkeypatch.setattr(wire, "receive", lying)
    (found,) = slot.judge([good()])
    assert found.trouble is Trouble.CRASH
    assert "nonsense" in found.verdict.error


def test_workers_are_replaced(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.judge([good()])
    before = slot.started
    monkeypatch.setattr(slot_module, "RECYCLE", 1)
    slot.judge([good(), good()])
    slot.judge([good(), good()])
    assert slot.started >= before + 2


def test_workers_do_not_see_the_environment(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    slot.judge([good()])
    assert slot.worker is not None
    environment = Path(f"/proc/{slot.worker.pid}/environ")
    if environment.exists():
        assert b"AWS_SECRET" not in environment.read_bytes()


def test_a_missing_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DarnelError, match="darnel train"):
        Slot(Settings(str(tmp_path))).judge([good()])


def test_a_closed_slot_judges_nothing(settings: Settings) -> None:
    slot = Slot(settings)
    slot.close()
    with pytest.raises(DarnelError):
        slot.judge([good()])


def test_outcomes_of_partial_analyses_say_so(tiny_model: Path) -> None:
    short = Classifier.load(tiny_model, replace(DEFAULT_LIMITS, parse_bytes=1000))
    verdict = short.predict(MemoryPackage({"a.py": b"x = 1\n" * 10_000}))
    assert Outcome.of(verdict).trouble is Trouble.PARTIAL


def test_what_an_index_gave(slot: Slot, tmp_path: Path) -> None:
    path = tmp_path / "thing-1.0.tar.gz"
    path.write_bytes(builders.sdist("thing", "1.0"))
    (found,) = slot.judge([task(Downloaded(str(path), "pypi:thing-1.0.tar.gz"))])
    assert (found.verdict.source, found.verdict.label) == ("pypi:thing-1.0.tar.gz", "clean")
    assert not found.verdict.anomalies
    with pytest.raises(DarnelError, match="not to be had"):
        task(Missing("pypi:thing", "not to be had"))


def test_a_previous_release_that_cannot_be_used_costs_no_verdict(slot: Slot, tmp_path: Path) -> None:
    """Missing, unreadable for the worker, or deadly for it."""
    new, cut = tmp_path / "thing-1.1.tar.gz", tmp_path / "thing-1.0.tar.gz"
    new.write_bytes(builders.sdist("thing", "1.1"))
    cut.write_bytes(new.read_bytes()[:100])
    deadly = Update(MemoryPackage({"a.py": b"x = 1\n"}), Deadly({}))
    for source, told in ((Update(new, tmp_path / "none-1.0.whl"), "no such file"), (Update(new, cut), "damaged")):
        (found,) = slot.judge([task_of(source, DEFAULT_LIMITS)])
        assert (found.verdict.label, found.verdict.delta, found.trouble) == ("clean", None, Trouble.NONE)
        assert told in found.verdict.notices[0]
    first, second = slot.judge([task_of(deadly, DEFAULT_LIMITS), good()])
    assert "died (exit code 9)" in first.verdict.notices[0]
    assert (first.trouble, first.verdict.delta) == (Trouble.NONE, None)
    assert second.verdict.notices == ()


def test_what_is_installed(slot: Slot) -> None:
    (found,) = slot.judge([task(Installed("packaging"))])
    assert (found.verdict.source, found.verdict.name) == ("<installed packaging>", "packaging")


def test_the_release_before_is_taken_into_account(slot: Slot, tiny_model: Path, tmp_path: Path) -> None:
    inert = {path: data.decode() for path, data in selftest.inert_package().files.items()}
    new, old = tmp_path / "thing-1.1.tar.gz", tmp_path / "thing-1.0.tar.gz"
    new.write_bytes(builders.sdist("thing", "1.1", inert))
    old.write_bytes(builders.sdist("thing", "1.0"))
    wanted = Classifier.load(tiny_model).predict(new, previous=old)
    for source in (Update(new, old), Downloaded(str(new), str(new), str(old))):
        (found,) = slot.judge([task_of(source, DEFAULT_LIMITS, explain_clean=False)])
        assert found.verdict.delta is not None
        assert found.verdict.delta.changed > 0
        assert same(found.verdict, wanted)
    with open(new, "rb") as one, open(old, "rb") as other:
        many = list(Classifier.load(tiny_model).predict_many([Update(one, other)], timeout=60))
    assert same(many[0], wanted)
