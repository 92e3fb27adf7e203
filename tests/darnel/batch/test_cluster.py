"""A real scheduler with real worker processes, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from darnel.batch.cluster import DaskEngine
from darnel.batch.run import Plan, run
from darnel.batch.store import JOURNAL
from darnel.errors import DarnelError
from darnel.verdict import Label
from tests import builders
from tests.darnel.batch.mirrors import fill

distributed: Any = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def test_a_worker_is_killed_in_the_middle(scheduler: str, tiny_model: Path, tmp_path: Path) -> None:
    archives = [*fill(tmp_path / "mirror", 60), tmp_path / "mirror" / "junk-1.0.whl"]
    archives[-1].write_bytes(b"junk")
    place = tmp_path / "out"
    plan = Plan([str(tmp_path / "mirror")], str(place), model=str(tiny_model), cluster=scheduler, quiet=True)
    with distributed.Client(scheduler) as client:
        victims = list(client.run(os.getpid).values())
    results: list[Any] = []

    def kill() -> None:
        journal = place / JOURNAL
        until = time.monotonic() + 120
        while time.monotonic() < until and not (journal.exists() and journal.read_bytes().count(b"\n") > 3):
            time.sleep(0.02)
        os.kill(victims[0], signal.SIGKILL)
        results.append(journal.read_bytes().count(b"\n"))

    killer = threading.Thread(target=kill)
    killer.start()
    summary = run(plan)
    killer.join()
    assert 3 < results[0] < 61
    frame = pd.read_parquet(place)
    assert Counter(frame["path"]) == Counter(map(str, archives))
    assert Counter(frame["label"]) == {"clean": 60, "unknown": 1}
    assert summary.jail
    with distributed.Client(scheduler) as client:
        assert victims[0] not in client.run(os.getpid).values()
    assert run(plan).new == 0


def test_the_cluster_has_to_have_the_same_model(scheduler: str, tiny_model: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    plan = Plan(["x"], model=str(tiny_model), cluster=scheduler)
    engine = DaskEngine(scheduler, 1)
    try:
        judging = replace(plan.judging, model_sha256="0" * 64)
        with pytest.raises(DarnelError, match="not the same model"):
            engine.submit(judging, []).result()
    finally:
        engine.close()


def test_the_cluster_has_to_have_the_same_code(
    scheduler: str, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("darnel.batch.cluster.darnel_and_code", lambda: "0.1.0 (code of yesterday)")
    engine = DaskEngine(scheduler, 1)
    try:
        with pytest.raises(DarnelError, match=r"this is 0\.1\.0 \(code of yesterday\); install the same"):
            engine.submit(Plan(["x"], model=str(tiny_model)).judging, []).result()
    finally:
        engine.close()


def test_a_cluster_of_our_own(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "thing-1.0.tar.gz").write_bytes(builders.sdist("thing", "1.0"))
    plan = Plan([str(tmp_path)], str(tmp_path / "out"), model=str(tiny_model), cluster="local", jobs=1, quiet=True)
    assert run(plan).counts[Label.CLEAN] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="signals and process groups")
def test_a_cluster_of_our_own_is_nobody_elses_and_goes_quietly(tiny_model: Path, tmp_path: Path) -> None:
    """It listens on this machine only, and Ctrl-C, which reaches all its processes, is one line."""
    psutil = pytest.importorskip("psutil")
    fill(tmp_path / "mirror", 600)
    out = tmp_path / "out.jsonl"
    words = ["batch", str(tmp_path / "mirror"), "--output", str(out), "--format", "jsonl", "--no-cache", "--quiet"]
    command = [sys.executable, "-m", "darnel", *words, "--cluster", "local", "--jobs", "1", "--model", str(tiny_model)]
    # Whoever runs the tests in the background has them ignore interrupts, and children inherit that.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, inherited)
    with started as process:
        until = time.monotonic() + 120
        while not (out.exists() and out.stat().st_size):
            assert time.monotonic() < until
            time.sleep(0.05)
        one = psutil.Process(process.pid)
        sockets = [socket for each in (one, *one.children(recursive=True)) for socket in each.net_connections("inet")]
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert {socket.laddr.ip for socket in sockets if socket.status == "LISTEN"} == {"127.0.0.1"}
    assert (process.returncode, err) == (130, "darnel: interrupted\n")


def test_nobody_there_is_one_line(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darnel.batch.cluster.CONNECT_SECONDS", 1)
    (tmp_path / "a-1.0.whl").write_bytes(b"never read")
    plan = Plan([str(tmp_path)], str(tmp_path / "out"), model=str(tiny_model), cluster="tcp://127.0.0.1:9", quiet=True)
    with pytest.raises(DarnelError, match="no Dask scheduler answers") as caught:
        run(plan)
    assert "\n" not in str(caught.value)


SCHEDULER = """
import sys
sys.modules["darnel"] = None  # not installed
from distributed.cli.dask_scheduler import main
main(["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", sys.argv[1]])
"""


@pytest.fixture
def poor_scheduler(tmp_path: Path) -> Iterator[str]:
    """A scheduler without darnel, with a worker."""
    place = tmp_path / "scheduler.json"
    process = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER, str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 60
    while not place.exists() or not place.read_text().strip():
        assert time.monotonic() < until
        time.sleep(0.05)
    address = json.loads(place.read_text())["address"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--no-dashboard"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with distributed.Client(address) as client:
        client.wait_for_workers(1, timeout=60)
    yield address
    for one in (worker, process):
        one.kill()
        one.wait()


def test_a_scheduler_without_darnel_is_one_line(poor_scheduler: str, tiny_model: Path, tmp_path: Path) -> None:
    fill(tmp_path / "mirror", 3)
    place = str(tmp_path / "out")
    plan = Plan([str(tmp_path / "mirror")], place, model=str(tiny_model), cluster=poor_scheduler, quiet=True)
    with pytest.raises(
        DarnelError, match=r"the cluster gave up .*scheduler and workers have darnel\[cluster\]"
    ) as caught:
        run(plan)
    assert "\n" not in str(caught.value)
