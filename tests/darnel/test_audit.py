"""The audit as users run it, against registries on loopback, with a small model made for the tests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from darnel import cli, selftest
from tests.builders import sdist
from tests.loopback import Site, site

__all__ = ["site"]

CLEAN = sdist("sample", "1.0")
INERT = sdist("inert", "1.0", {m.path: m.data for m in selftest.inert_package().members() if m.path == "setup.py"})
"""The inert self-test, which the model takes for malware."""


def pin(name: str, data: bytes) -> str:
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(data).hexdigest()}\n"


@pytest.fixture
def project(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site.python("sample", ("sample-1.0.tar.gz", CLEAN))
    site.python("inert", ("inert-1.0.tar.gz", INERT))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def audit(model: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    code = cli.main(["audit", "--model", str(model), "--format", "json", "--no-excerpts", *arguments])
    out = capsys.readouterr()
    return code, json.loads(out.out)["results"], out.err


def test_clean(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("sample", CLEAN))
    code, (row,), err = audit(tiny_model, capsys)
    assert (code, row["label"], row["notes"]) == (0, "clean", ["listed in requirements.txt:1"])
    assert err.startswith("1 package: 1 clean; model tiny 0.0")


def test_worst_first_and_exit_codes(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("sample", CLEAN) + "loose\n" + pin("inert", INERT))
    code, rows, _ = audit(tiny_model, capsys)
    assert (code, [row["label"] for row in rows]) == (1, ["malicious", "unknown", "clean"])
    assert rows[1]["source"] == "pypi:loose"
    assert "requirements.txt:2: loose (any version) is not pinned" in rows[1]["error"]
    (project / "requirements.txt").write_text("loose\n")
    assert audit(tiny_model, capsys)[0] == 2
    assert audit(tiny_model, capsys, "--allow-unknown")[0] == 0


def test_a_baseline(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("inert", INERT) + "loose\n")
    code, _, err = audit(tiny_model, capsys, "--write-baseline", "baseline.toml")
    assert code == 1
    assert "baseline.toml: 2 entries, 2 of them without a reason" in err
    path = project / "baseline.toml"
    path.write_text(path.read_text().replace('reason = ""', 'reason = "made for tests"'))
    code, rows, err = audit(tiny_model, capsys, "--baseline", "baseline.toml")
    assert code == 0
    assert rows[0]["label"] == "malicious", "what is accepted is still shown"
    assert rows[0]["notes"][-1].endswith(": made for tests")
    (project / "requirements.txt").write_text(pin("sample", CLEAN))
    _, _, err = audit(tiny_model, capsys, "--baseline", "baseline.toml")
    assert err.count("no longer needed") == 2


def test_folders(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "house").mkdir()
    (project / "house" / "inert-1.0.tar.gz").write_bytes(INERT)
    modules = project / "node_modules" / "sample"
    modules.mkdir(parents=True)
    (modules / "package.json").write_text('{"name": "sample", "version": "1.0.0"}')
    code, rows, _ = audit(tiny_model, capsys, "house", "node_modules")
    assert (code, [(row["label"], row["name"]) for row in rows]) == (1, [("malicious", "inert"), ("clean", "sample")])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "the current folder: nothing to audit"),
        (("none.lock",), "no such file or folder"),
        (("uv.lock",), "not readable as a lock file"),
        (("--find-links", "none", "requirements.txt"), "no such folder"),
        (("--baseline", "none.toml", "requirements.txt"), "cannot be read"),
        (("--jobs", "0"), "--jobs must be at least 1"),
    ],
)
def test_wrong_input_is_one_line(
    project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], text: str
) -> None:
    if arguments:
        (project / "uv.lock").write_text("[[")
        (project / "requirements.txt").write_text("")
    assert cli.main(["audit", "--model", str(tiny_model), *arguments]) == 2
    err = capsys.readouterr().err
    assert text in err
    assert err.count("\n") == 1
