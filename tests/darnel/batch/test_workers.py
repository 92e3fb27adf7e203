"""What a worker gets to see, what becomes of it when others die, and what becomes of its work when it does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from darnel.batch import landlock, process
from darnel.batch.item import Item
from darnel.batch.judging import Judging
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import Settings
from darnel.batch.run import Plan, run
from darnel.batch.slot import Slot
from darnel.batch.task import Task, task_of
from darnel.errors import DarnelError
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import MemoryPackage
from tests import builders
from tests.darnel.batch.mirrors import fill

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

INSTEAD = """
import json, os, signal, sys, time
sys.path[:] = json.loads(sys.argv[2])
from darnel.batch import worker
_take = worker._take
def take(analyst, header, blobs):
    name = os.path.basename(header["payloads"][0][1])
    {does}
    return _take(analyst, header, blobs)
worker._take = take
worker.main(sys.argv[1])
"""
"""A worker that does something of its own when it is given a release."""

LOOK = """
    def sees(path):
        try:
            os.listdir(path) if os.path.isdir(path) else open(path).read()
        except OSError:
            return False
        return True
    return {{"failed": json.dumps([path for path in {paths!r} if sees(path)]), "trouble": "input"}}
"""


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda does: monkeypatch.setattr(process, "_BOOT", INSTEAD.format(does=does.strip()))


@pytest.fixture
def settings(tiny_model: Path) -> Settings:
    return Settings(str(tiny_model), seconds=60.0, memory=1 << 29)


@pytest.fixture
def slot(settings: Settings) -> Iterator[Slot]:
    made = Slot(settings)
    yield made
    made.close()


def good(number: int = 0) -> Task:
    return task_of(builders.sdist(files={"a.py": f"x = {number}\n"}), DEFAULT_LIMITS)


@linux
@pytest.mark.skipif(landlock.version() < 1, reason="no Landlock")
def test_a_worker_reads_nothing_but_the_release_that_it_has(
    tiny_model: Path, tmp_path: Path, instead: Callable[[str], None]
) -> None:
    home = tmp_path / "home"
    fill(home, 2)
    for name in ("one", "two"):
        (home / name).mkdir()
        (home / name / "setup.py").write_text("x = 1\n")
    (home / "single.py").write_text("x = 1\n")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_rsa").write_text("secret")
    names = sorted(path.name for path in home.iterdir() if path.name != ".ssh")
    (home / "list.csv").write_text("path\n" + "\n".join(names))
    instead(LOOK.format(paths=[str(path) for path in (home, *sorted(home.rglob("*")))]))
    for number, word in enumerate(("list.csv", "[!.l]*")):  # a manifest, and a pattern
        out = tmp_path / f"{number}.jsonl"
        run(Plan([str(home / word)], str(out), "jsonl", model=str(tiny_model), quiet=True))
        seen = {os.path.basename(row["path"]): json.loads(row["error"]) for row in map(json.loads, out.open())}
        assert seen == {
            **{name: [] for name in names},
            "one": [str(home / "one"), str(home / "one" / "setup.py")],
            "two": [str(home / "two"), str(home / "two" / "setup.py")],
            "single.py": [str(home / "single.py")],
        }


@linux
def test_archives_are_judged_in_jail_after_what_cannot_be(slot: Slot) -> None:
    for task in (good(), task_of(MemoryPackage({"a.py": b"x = 1\n"}), DEFAULT_LIMITS), good()):
        slot.judge([task])
        assert slot.worker is not None
        assert ("seccomp" in slot.worker.jail) == (task.release.kind == "bytes")


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_was_killed_while_it_waited_costs_nothing(slot: Slot, number: int) -> None:
    assert not slot.judge([good(1)])[0].trouble
    assert slot.worker is not None
    os.kill(slot.worker.pid, number)
    time.sleep(0.2)
    assert not slot.judge([good(2)])[0].trouble


@linux
def test_one_that_is_killed_at_work_is_given_a_second_chance(
    slot: Slot, tmp_path: Path, instead: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a system that has no memory left: maybe it was not this release that took it."""
    folder = tmp_path / "once"
    instead(f"""
    if name == "always-1.0.tar.gz" or name == "once-1.0.tar.gz" and not os.path.exists({str(folder)!r}):
        os.kill(os.getpid(), 9)
    """)
    made = []
    for name in ("once", "fine", "always"):
        (tmp_path / f"{name}-1.0.tar.gz").write_bytes(builders.sdist(name, "1.0"))
        made.append(task_of(tmp_path / f"{name}-1.0.tar.gz", DEFAULT_LIMITS))
    lost: list[object] = []
    again = Slot._again

    def noted(*words: object) -> bool:
        folder.touch()
        lost.append(words[1])
        return again(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(Slot, "_again", staticmethod(noted))
    slot.settings = replace(slot.settings, isolation="off")
    found = slot.judge(made)
    assert [outcome.trouble for outcome in found] == ["", "", Trouble.CRASH]
    assert lost == [0, 2, 2]


def test_results_are_told_when_they_are_there(
    tiny_model: Path, tmp_path: Path, instead: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was finished is in the cache while a release of the same chunk hangs."""
    archives = fill(tmp_path / "mirror", 4)
    (hanging := tmp_path / "mirror" / "hangs-1.0.tar.gz").write_bytes(builders.sdist("hangs", "1.0"))
    instead("time.sleep(600 if name.startswith('hangs') else 1.1)")
    judging = Plan([], model=str(tiny_model), cache=str(tmp_path / "cache"), seconds=8.0).judging
    assert isinstance(judging, Judging)
    told: list[tuple[int, int]] = []
    judge = Slot.judge

    def watched(slot: Slot, tasks: list[Task], ready: Callable[[int, Outcome], object]) -> list[Outcome]:
        def see(number: int, outcome: Outcome) -> None:
            ready(number, outcome)
            told.append((number, len(list((tmp_path / "cache").rglob("*.json")))))

        return judge(slot, tasks, see)

    monkeypatch.setattr(Slot, "judge", watched)
    slot = Slot(judging.settings)
    try:
        found = judging(slot, [Item(str(path)) for path in (*archives, hanging)])
    finally:
        slot.close()
    assert [outcome.trouble for outcome in found] == ["", "", "", "", Trouble.TIME]
    assert told == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 4)]


SUPERVISE = """
import sys
from darnel.batch import process
from darnel.batch.process import Settings
from darnel.batch.slot import Slot
from darnel.batch.task import task_of
from darnel.features.limits import DEFAULT_LIMITS
process._BOOT = sys.argv[2]
slot = Slot(Settings(sys.argv[1], seconds=600.0))
start = slot._start
def started(scope):
    worker = start(scope)
    print(worker.pid, flush=True)
    return worker
slot._start = started
slot.judge([task_of(sys.stdin.buffer.read(), DEFAULT_LIMITS)])
"""

HANG = """
import ctypes, resource
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass
"""


@linux
def test_no_worker_outlives_its_supervisor(tiny_model: Path) -> None:
    """Not even one that hangs and would rather not be told."""
    boot = INSTEAD.format(does=HANG.strip())
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{SUPERVISE}", str(tiny_model), boot]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        supervisor.stdin.write(builders.sdist())
        supervisor.stdin.close()
        pid = int(supervisor.stdout.readline())
        time.sleep(0.5)
        assert running(pid)
        supervisor.kill()
    until = time.monotonic() + 10
    while running(pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@linux
def test_one_whose_supervisor_is_gone_already_ends() -> None:
    told = "from darnel.batch import jail\njail.die_with(1 << 22)\nprint('goes on')"
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{told}"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b""


@pytest.mark.parametrize("limits", [{"seconds": float("inf")}, {"seconds": float("nan")}, {"seconds": 1e12}])
def test_limits_that_no_clock_keeps_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(DarnelError, match="10 days"):
        Settings("x", **limits)  # type: ignore[arg-type]
    with pytest.raises(DarnelError, match="more memory"):
        Settings("x", memory=1 << 70)
