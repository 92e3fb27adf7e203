"""Real worker processes that die before they are ready: one, one of two, all of them, and those of a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from darnel.batch import cluster as clusters
from darnel.batch import process, slot
from darnel.batch.run import Plan, run
from darnel.batch.task import Scope
from darnel.cli import main
from darnel.errors import DarnelError
from darnel.verdict import Label
from tests.darnel.batch.mirrors import fill

FIRST = """
import os, sys
try:
    os.mkdir({place!r})
except FileExistsError:
    pass
else:
    os.kill(os.getpid(), 9)
"""
"""The first worker dies."""

ONE_AT_A_TIME = """
import fcntl, os, sys
held = os.open({place!r}, os.O_CREAT | os.O_RDWR)
try:
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit("no room for two")
os.set_inheritable(held, True)
"""
"""There is room for one worker only."""

NEVER = "import sys; sys.exit('libfoo.so.1: cannot open shared object file')"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks")


def starting(monkeypatch: pytest.MonkeyPatch, prelude: str) -> None:
    """Have workers do something before all else."""
    monkeypatch.setattr(process, "_BOOT", prelude + process._BOOT)


def plan(folder: Path, model: Path, **options: Any) -> Plan:
    return Plan([str(folder / "mirror")], str(folder / "out"), model=str(model), quiet=True, **options)


@posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_one_that_dies_is_started_again(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    fill(tmp_path / "mirror", 12)
    starting(monkeypatch, FIRST.format(place=str(tmp_path / "first")))
    assert run(plan(tmp_path, tiny_model, jobs=jobs)).counts[Label.CLEAN] == 12
    assert (tmp_path / "first").exists()


@posix
def test_a_slot_that_never_works_gives_its_work_to_the_others(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archives = fill(tmp_path / "mirror", 60)
    monkeypatch.setattr(slot, "PAUSES", (0.01,))
    failed = []
    start = slot.Slot._start

    def watched(one: slot.Slot, scope: Scope) -> process.Worker:
        try:
            return start(one, scope)
        except process.StartError as error:
            failed.append(str(error))
            raise

    monkeypatch.setattr(slot.Slot, "_start", watched)
    starting(monkeypatch, ONE_AT_A_TIME.format(place=str(tmp_path / "lock")))
    summary = run(plan(tmp_path, tiny_model, jobs=2))
    assert summary.counts[Label.CLEAN] == 60
    assert Counter(pd.read_parquet(tmp_path / "out")["path"]) == Counter(map(str, archives))
    assert failed
    assert "no room for two" in failed[0]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_without_any_the_run_ends_with_a_line(
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    jobs: str,
) -> None:
    fill(tmp_path / "mirror", 40)
    monkeypatch.setattr(slot, "PAUSES", (0.01,))
    place = str(tmp_path / "out")
    words = ["batch", str(tmp_path / "mirror"), "--output", place, "--model", str(tiny_model), "--jobs", jobs]
    with monkeypatch.context() as broken:
        starting(broken, NEVER)
        assert main([*words, "--no-cache"]) == 2
    assert capsys.readouterr().err == (
        "darnel: no process that analyses could be started (libfoo.so.1: cannot open shared object file); "
        "check this machine's memory and installation, then run it again\n"
    )
    assert main([*words, "--no-cache", "--quiet"]) == 0, "nothing was lost or marked as done"
    assert len(pd.read_parquet(place)) == 40


def test_no_more_processes(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system refuses, three times, to make one."""
    fill(tmp_path / "mirror", 3)
    monkeypatch.setattr(slot, "PAUSES", (0.01, 0.01, 0.01))
    popen, tries = subprocess.Popen, []

    def scarce(*words: Any, **options: Any) -> Any:
        tries.append(words)
        if len(tries) <= 3:
            raise BlockingIOError(11, os.strerror(11))
        return popen(*words, **options)

    monkeypatch.setattr(subprocess, "Popen", scarce)
    assert run(plan(tmp_path, tiny_model)).counts[Label.CLEAN] == 3
    monkeypatch.setattr(slot, "PAUSES", (0.01,))
    tries.clear()
    with pytest.raises(DarnelError, match=os.strerror(11)):
        run(Plan([str(tmp_path / "mirror")], str(tmp_path / "other"), model=str(tiny_model), quiet=True))


def break_here() -> None:
    """On a machine of a cluster: no process starts any more."""
    from darnel.batch import process, slot

    process._BOOT = "import sys; sys.exit('out of order')"
    slot.PAUSES = (0.3,)


def test_a_cluster_that_cannot_start_any(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed: Any = pytest.importorskip("distributed")
    fill(tmp_path / "mirror", 20)
    monkeypatch.setattr(clusters, "RETRIES", 2)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(break_here)
        with pytest.raises(DarnelError, match="out of order"):
            run(plan(tmp_path, tiny_model, cluster=cluster.scheduler_address))
