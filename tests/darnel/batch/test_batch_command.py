"""The command as users run it: whole, killed and started again."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from darnel import selftest
from darnel.batch.run import Plan, run
from darnel.batch.store import JOURNAL, lock
from darnel.classifier import Classifier
from darnel.cli import main
from darnel.commands.batch import size, text
from darnel.errors import DarnelError
from darnel.verdict import Label
from tests import builders
from tests.darnel.batch.mirrors import fill


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clean releases, a bad one, one that is no archive, and one that is cut short."""
    folder = tmp_path_factory.mktemp("mirror")
    fill(folder, 3)
    inert = {path: data.decode() for path, data in selftest.inert_package().files.items()}
    (folder / "bad-1.0.tar.gz").write_bytes(builders.sdist("bad", "1.0", inert))
    (folder / "junk-1.0.whl").write_bytes(b"junk")
    (folder / "short-1.0.tar.gz").write_bytes(builders.sdist("short", "1.0")[:-60])
    return folder


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "darnel", "batch", *map(str, words)]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_dataset(tiny_model: Path, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, cache = tmp_path / "out", tmp_path / "cache"
    words = ["batch", str(mirror), "--model", str(tiny_model), "--cache", str(cache), "--jobs", "2", "--explain-clean"]
    assert main([*words, "--output", str(place)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"6 releases in {place}: 1 malicious, 2 unknown, 3 clean\n" in err
    assert "6 in " in err
    assert "not judged in full: 1 input, 1 partial" in err
    frame = pd.read_parquet(place).set_index("name", drop=False)
    assert len(frame) == 6
    classifier = Classifier.load(tiny_model)
    for _, found in frame.iterrows():
        if found["error_class"] == "input":
            continue
        verdict = classifier.predict(found["path"])
        plain = verdict.to_dict()
        for key in ("label", "score", "raw_score", "sha256"):
            assert found[key] == plain[key]
        assert [e["weight"] for e in found["evidence"]] == [e["weight"] for e in plain["evidence"]]
        assert list(found["anomalies"]) == list(verdict.anomalies)
    # Once more: nothing to do, and the same answer.
    assert main([*words, "--output", str(place)]) == 1
    assert "this run: 0 in" in capsys.readouterr().err
    # Elsewhere: known to the cache, but for what was no archive.
    assert main([*words, "--output", str(tmp_path / "b.jsonl"), "--format", "jsonl", "--fail-on", "suspicious"]) == 1
    assert "5 from the cache" in capsys.readouterr().err
    again = {row["path"]: row for row in rows(tmp_path / "b.jsonl")}
    assert sum(row["cached"] for row in again.values()) == 5
    for _, found in frame.iterrows():
        assert again[found["path"]]["score"] == (None if pd.isna(found["score"]) else found["score"])


def test_lines_on_stdout(tiny_model: Path, mirror: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    lines = [f"{mirror}/thing000-1.0.tar.gz,named,9", f"{mirror}/thing000-1.0.tar.gz,named,9", "gone.whl,gone,9"]
    manifest.write_text("\n".join(["path,name,version", *lines, ""]))
    words = [manifest, "-", "--format", "jsonl", "--model", tiny_model, "--no-cache", "--jobs", 1]
    done = subprocess.run(
        command(*words), input=f"{mirror}/bad-1.0.tar.gz\n", capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    found = sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda row: row["name"])
    assert [(row["name"], row["version"], row["label"]) for row in found] == [
        ("darnel-inert-selftest", "99.0.0", "malicious"),
        ("gone", "9", "unknown"),
        ("thing000", "1.0", "clean"),  # the release knows better
    ]
    assert found[1]["error"].endswith("gone.whl: no such file; give a readable file or folder")


def test_urls_in_and_out(tiny_model: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/mirror/thing-1.0.tar.gz", builders.sdist("thing", "1.0"))
    plan = Plan(["memory://mirror"], "memory://results/out", "parquet", str(tiny_model), quiet=True)
    summary = run(plan)
    assert summary.counts[Label.CLEAN] == 1
    assert run(plan).new == 0
    assert len(memory.find("/results/out")) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["x"],
        ["/no/such/folder", "--output", "o"],
        [".", "--output", "o", "--jobs", "0"],
        [".", "--output", "o", "--limit-time", "0"],
        [".", "--output", "o", "--limit-time", "inf"],
        [".", "--output", "o", "--limit-time", "nan"],
        [".", "--output", "o", "--limit-time", "1e12"],
        [".", "--output", "o", "--model", "/no/such/model"],
    ],
)
def test_what_cannot_be_done_is_one_line(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["batch", *words, "--no-cache"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("darnel: ")
    assert err.count("\n") == 1


def test_sizes() -> None:
    assert (size("800M"), size("2G"), size("0"), size("1gib"), size("134217728")) == (
        800 << 20,
        2 << 30,
        0,
        1 << 30,
        128 << 20,
    )
    for wrong in ("x", "1T", "-1", "1M"):
        with pytest.raises(Exception, match=r"size|little"):
            size(wrong)
    with pytest.raises(Exception, match="more than any machine has"):
        size("99999999999G")


MANY = 500
"""Releases of a run that is to be stopped before its end, on a machine that stops this process for seconds."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def wait_for(condition: Any, seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@linux
def test_killed_and_started_again(tiny_model: Path, tmp_path: Path, started: list[subprocess.Popen[str]]) -> None:
    """Kill a worker, then the whole run; start it again: one row for each, and nothing finished was done again."""
    archives = fill(tmp_path / "mirror", MANY)
    place = tmp_path / "out"
    words = command(tmp_path / "mirror", "--output", place, "--model", tiny_model, "--no-cache", "--jobs", 2)
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    started.append(process)

    def finished() -> int:
        journal = place / JOURNAL
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    wait_for(lambda: finished() >= MANY // 3)
    workers = children(process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    wait_for(lambda: finished() >= MANY // 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    before = {row["path"]: row for row in rows_of(place / JOURNAL)}
    assert MANY // 2 <= len(before) < MANY
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr
    frame = pd.read_parquet(place)
    assert Counter(frame["path"]) == Counter(map(str, archives))
    spent = dict(zip(frame["path"], frame["seconds_total"], strict=True))
    for path, row in before.items():
        assert row["seconds_total"] is None or spent[path] == row["seconds_total"]
    died = frame[frame["error_class"] == "crash"]
    assert len(died) <= 1
    assert set(frame["label"]) <= {"clean", "unknown"}
    assert f"this run: {MANY - len(before)} in" in done.stderr


def rows_of(journal: Path) -> list[dict[str, Any]]:
    """Whole lines only."""
    return [json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1]]


@linux
def test_an_interrupt_keeps_what_is_there(
    tiny_model: Path, tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    fill(tmp_path / "mirror", MANY)
    place = tmp_path / "out.jsonl"
    words = command(tmp_path / "mirror", "--output", place, "--format", "jsonl", "--model", tiny_model, "--no-cache")
    # Whoever runs the tests in the background has them ignore interrupts, and children inherit that.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen([*words, "--jobs", "1"], stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, inherited)
    started.append(process)
    wait_for(lambda: place.exists() and place.read_bytes().count(b"\n") >= 3)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert process.stderr is not None
    assert process.stderr.read().splitlines()[-1] == "darnel: interrupted"
    assert 3 <= len(rows(place)) < MANY


def test_the_summary_is_plain() -> None:
    from darnel.batch.run import Summary

    summary = Summary({**dict.fromkeys(Label, 0), Label.CLEAN: 1_200}, new=0)
    assert text(summary, "") == (
        "1,200 releases in all: 1,200 clean\nthis run: 0 in 0.0 s, 0.0 a second, 0 from the cache"
    )


def test_an_input_without_releases_is_one_line_and_exit_code_2(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no release")
    (tmp_path / "empty.csv").write_text("path\n")
    options = ["--model", str(tiny_model), "--output", str(tmp_path / "out")]
    (tmp_path / "data.parquet").mkdir()
    for name, why in (
        ("empty", "no package archive is there; give a folder"),
        ("empty.csv", "the manifest has no row"),
        ("data.parquet", "a manifest is one file and no folder"),
    ):
        assert main(["batch", str(tmp_path / name), *options]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert f"{name}: nothing to judge, {why}" in err
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    assert main(["batch", "-", *options]) == 0, "a night without news"
    assert capsys.readouterr().err == "darnel: nothing to judge: standard input names no release\n"
    assert len(pd.read_parquet(tmp_path / "out")) == 0, "but with a table for what comes next"


def test_one_bad_input_costs_only_itself(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that makes no sense, a pattern that matches nothing, and a second manifest that is none."""
    (first, second) = fill(tmp_path / "mirror", 2)
    (tmp_path / "m.csv").write_text(f"path,ecosystem\n{first},rubygems\n,\n{second},PyPI\n")
    (tmp_path / "n.csv").write_text("name\nx\n")
    place = tmp_path / "out.jsonl"
    words = [*(str(tmp_path / name) for name in ("n.csv", "m.csv", "*.none")), "--no-cache", "--jobs", "1"]
    options = ["--format", "jsonl", "--model", str(tiny_model), "--output", str(place)]
    assert main(["batch", *words, *options]) == 2
    said = capsys.readouterr().err
    assert "\ndarnel: " + str(tmp_path / "n.csv") + ": no column path" in said
    assert "*.none: matches nothing" in said
    found = {row["path"]: row for row in rows(place)}
    assert {path: row["error_class"] for path, row in found.items()} == {
        str(first): "input",
        f"{tmp_path}/m.csv#row=2": "input",
        str(second): "",
    }
    assert "row 1: ecosystem 'rubygems'" in found[str(first)]["error"]
    place.unlink()
    assert main(["batch", str(tmp_path / "mirror"), str(tmp_path / "nope"), *options]) == 2
    assert capsys.readouterr().err == (
        f"darnel: {tmp_path}/nope: no such file or folder, and no pattern; check the spelling\n"
    )
    assert not place.exists()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
@pytest.mark.parametrize("end", [b"\n", b"\0"])
def test_names_on_standard_input_are_bytes(end: bytes, tiny_model: Path, tmp_path: Path) -> None:
    names = [b"a\xff-1.0.tar.gz", b" b\xfe-1.0.tar.gz", *([b"c\n-1.0.tar.gz\r"] if end == b"\0" else [])]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(builders.sdist("thing", "1.0"))
    options = ["-", "--format", "jsonl", "--model", tiny_model, "--no-cache", "--jobs", 1, *["-0"] * (end == b"\0")]
    given = end.join(os.fsencode(tmp_path) + b"/" + name for name in names)
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command(*options), input=given, env=strict, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"\n") == len(names)


@pytest.mark.skipif(sys.platform == "win32", reason="file descriptors")
def test_closed_streams_lead_nowhere(tiny_model: Path, tmp_path: Path) -> None:
    fill(tmp_path / "mirror", 1)
    words = command(tmp_path / "mirror", "--format", "jsonl", "--model", tiny_model, "--no-cache", "--jobs", 1)
    done = subprocess.run(["sh", "-c", '"$@" 2>&- <&-', "sh", *words], stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == ["clean"]
    place = tmp_path / "out.jsonl"
    closed = subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *words, "--output", str(place)], check=False)
    assert closed.returncode == 0
    assert len(rows(place)) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_manifest_from_a_named_pipe_is_read_once(tiny_model: Path, tmp_path: Path) -> None:
    archives = fill(tmp_path / "mirror", 12)
    pipe = tmp_path / "m.csv"
    os.mkfifo(pipe)
    words = command(pipe, "--format", "jsonl", "--model", tiny_model, "--no-cache", "--jobs", 1)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with pipe.open("w") as stream:
        for line in ("path", *map(str, archives)):
            stream.write(f"{line}\n")
            stream.flush()
            time.sleep(0.05)
    out, _ = process.communicate(timeout=300)
    assert Counter(json.loads(line)["path"] for line in out.splitlines()) == Counter(map(str, archives))


def test_a_cache_that_cannot_be_used_costs_a_line(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path / "mirror", 12)  # more than one chunk
    (tmp_path / "file").write_text("no folder")
    options = ["--format", "jsonl", "--model", str(tiny_model), "--jobs", "2", "--cache", str(tmp_path / "file" / "c")]
    assert main(["batch", str(tmp_path / "mirror"), *options]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 12
    assert err.count("the cache cannot be used, the run goes on without") == 1


def test_file_urls_of_outputs_are_folders(tiny_model: Path, tmp_path: Path) -> None:
    fill(tmp_path / "mirror", 1)
    place = tmp_path / "out"
    cache = f"file://{tmp_path}/cache"
    run(Plan([f"file://{tmp_path}/mirror"], f"file://{place}", model=str(tiny_model), cache=cache, quiet=True))
    (row,) = pd.read_parquet(place).to_dict("records")
    assert row["path"] == f"{tmp_path}/mirror/thing000-1.0.tar.gz"
    plan = Plan([f"{tmp_path}/mirror"], f"file://{place}", model=str(tiny_model), cache=cache, quiet=True)
    with lock_on(place), pytest.raises(DarnelError, match="another run"):
        run(plan)
    assert run(plan).new == 0


@contextlib.contextmanager
def lock_on(place: Path) -> Iterator[None]:
    """What a second run does."""
    handle = lock(str(place))
    yield
    if handle is not None:
        os.close(handle)


def test_what_is_unknown_is_judged_again_on_demand(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path / "mirror", 2)
    late = tmp_path / "mirror" / "zz-1.0.tar.gz"
    late.write_bytes(b"junk")
    words = ["batch", str(tmp_path / "mirror"), "--output", str(tmp_path / "out"), "--jobs", "1", "--no-cache"]
    words += ["--model", str(tiny_model)]
    assert main(words) == 2
    late.write_bytes(builders.sdist("zz", "1.0"))
    assert main(words) == 2
    assert "this run: 0 in" in capsys.readouterr().err
    assert main([*words, "--retry", "--format", "jsonl"]) == 2
    assert capsys.readouterr().err.startswith("darnel: --retry works on a dataset")
    assert main([*words, "--retry"]) == 0
    assert "3 clean\nthis run: 1 in" in capsys.readouterr().err
    assert sorted(pd.read_parquet(tmp_path / "out")["label"]) == ["clean"] * 3
