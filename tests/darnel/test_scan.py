"""The command as users run it, with a small model made for the tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from darnel import selftest
from darnel.features.package import MemoryPackage
from tests.darnel.reports.schema import validate

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


def write(path: Path, package: MemoryPackage) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in package.members():
            info = tarfile.TarInfo(f"{path.name.removesuffix('.tar.gz')}/{member.path}")
            info.size = len(member.data)
            archive.addfile(info, BytesIO(member.data))
    return path


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("p") / "recipe_units-1.2.0.tar.gz", selftest.harmless_package())


@pytest.fixture(scope="module")
def inert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inert self-test package as an archive."""
    return write(tmp_path_factory.mktemp("p") / "darnel_inert_selftest-99.0.0.tar.gz", selftest.inert_package())


def scan(model: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "darnel", "scan", "--model", str(model), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_clean_is_one_line_and_exit_code_0(tiny_model: Path, harmless: Path) -> None:
    done = scan(tiny_model, harmless)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("clean")
    assert done.stderr.startswith("1 package: 1 clean; model tiny 0.0, ")


def test_malicious_shows_where_and_exits_with_1(tiny_model: Path, harmless: Path, inert: Path) -> None:
    done = scan(tiny_model, harmless, inert)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1].startswith("MALICIOUS")
    assert any(line.startswith("  at install, setup.py:") for line in lines)
    assert "base64 → pass" in done.stdout
    assert "http://" not in done.stdout
    assert max(map(len, lines[1:])) <= 80


def test_what_cannot_be_read_exits_with_2(tiny_model: Path, harmless: Path) -> None:
    done = scan(tiny_model, harmless, "/no/such/file")
    assert done.returncode == 2
    assert "unknown" in done.stdout


def test_json(tiny_model: Path, harmless: Path, inert: Path) -> None:
    done = scan(tiny_model, "--format", "json", "--jobs", 2, harmless, inert, "/no/such/file")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert [r["label"] for r in data["results"]] == ["clean", "malicious", "unknown"]
    assert data["complete"] is True
    validate(data)
    assert data["results"][1]["findings"][0]["text"].startswith("at install, setup.py:")
    assert "base64 \u2192 pass" in {e["decoded"] for e in data["results"][1]["evidence"]}


def test_excerpts_can_be_left_out(tiny_model: Path, inert: Path) -> None:
    done = scan(tiny_model, "--format", "json", "--no-excerpts", inert)
    assert not any(e["excerpt"] for e in json.loads(done.stdout)["results"][0]["evidence"])


def test_a_missing_model_is_one_line(harmless: Path, tmp_path: Path) -> None:
    done = scan(tmp_path, harmless)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_a_missing_model_is_valid_json(harmless: Path, tmp_path: Path) -> None:
    done = scan(tmp_path, "--format", "json", harmless)
    assert done.returncode == 2
    data = json.loads(done.stdout)
    assert (data["complete"], data["results"]) == (False, [])
    assert str(tmp_path) in data["problem"]


def test_output_goes_to_a_file(tiny_model: Path, harmless: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    done = scan(tiny_model, "--format", "json", "--output", target, harmless)
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["complete"] is True
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("target", "why"),
    [("no/such/folder/x", "cannot be written"), (".", "no name of a file"), ("", "no name of a file")],
)
def test_an_output_that_cannot_be_written_is_one_line(tiny_model: Path, harmless: Path, target: str, why: str) -> None:
    done = scan(tiny_model, "--output", target, harmless)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"darnel: {target or repr(target)}: {why}")


@pytest.mark.skipif(os.name == "nt", reason="links and pipes")
def test_an_output_that_is_no_plain_file_stays_what_it_is(tiny_model: Path, harmless: Path, tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "report.txt")
    assert scan(tiny_model, "--output", tmp_path / "link.txt", harmless).returncode == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "report.txt").read_text().startswith("clean")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True) as reader:
        assert scan(tiny_model, "--output", tmp_path / "pipe", harmless).returncode == 0
        assert reader.communicate(timeout=60)[0].startswith("clean")
    assert not (tmp_path / "pipe").is_file()


@pytest.mark.skipif(os.name == "nt", reason="bash")
@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        ("| true", 141, ""),
        (">&-", 0, ""),
        ("2>&- >/dev/null", 0, ""),
        pytest.param("2>/dev/full >/dev/null", 2, "", marks=FULL),
        pytest.param(">/dev/full", 2, "output: No space", marks=FULL),
    ],
)
def test_streams_that_take_nothing_never_look_like_a_finding(
    tiny_model: Path, harmless: Path, streams: str, code: int, said: str
) -> None:
    many = " ".join([str(harmless)] * 3)
    command = f"{sys.executable} -m darnel scan --model {tiny_model} {many} {streams}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_is_quiet_and_leaves_valid_json(tiny_model: Path, harmless: Path, jobs: int) -> None:
    command = [sys.executable, "-u", "-m", "darnel", "scan", "--model", str(tiny_model), "--format", "json"]
    command += ["--jobs", str(jobs), *[str(harmless)] * 5000]
    # Whoever runs the tests in the background has them ignore interrupts, and children inherit that.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert process.stdout is not None
    head = process.stdout.readline()  # ends when the first result comes
    process.send_signal(signal.SIGINT)
    # Not communicate(): it reads below the buffer, in which readline() has left what came with the line.
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    assert process.wait(timeout=120) == 130
    assert err.splitlines()[-1] == "darnel: interrupted"
    assert "Traceback" not in err
    data = json.loads(head + out)
    assert data["complete"] is False
    assert len(data["results"]) < 5000
