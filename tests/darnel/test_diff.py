"""The command as users run it, with a small model made for the tests."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from darnel import cli, selftest
from tests.builders import npm, sdist, wheel
from tests.darnel.reports.schema import validate
from tests.loopback import Site, site

__all__ = ["site"]

SETUP = next(member.data for member in selftest.inert_package().members() if member.path == "setup.py")


def diff(model: Path, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = cli.main(["diff", "--model", str(model), "--format", "json", *map(str, arguments)])
    report = json.loads(capsys.readouterr().out)
    validate(report)
    (result,) = report["results"]
    return code, result


def test_files(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, bad = tmp_path / "a-1.0.tar.gz", tmp_path / "a-1.1.tar.gz", tmp_path / "a-1.2.tar.gz"
    old.write_bytes(sdist("a", "1.0"))
    new.write_bytes(sdist("a", "1.1"))
    bad.write_bytes(sdist("a", "1.2", {"setup.py": SETUP}))
    code, result = diff(tiny_model, capsys, old, new)
    assert (code, result["label"], result["delta"]["previous"]) == (0, "clean", "a 1.0")
    assert "files: 2 changed, 3 in all" in result["notes"]
    code, result = diff(tiny_model, capsys, old, bad)
    assert (code, result["label"]) == (1, "malicious")
    assert result["notes"][0] == "new at installation or start-up: setup.py"
    new = result["difference"]["new"]
    assert new["triggers"] == [{"file": "setup.py", "context": "install"}]
    assert any(row["behaviour"] == "net.send" and row["new_kind"] for row in new["sinks"])
    assert "new host: collect[.]example[.]invalid (setup.py:26)" not in result["notes"], "no such name can exist"


def test_an_old_release_that_is_cut_short(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = b"X = '%x'\n" % random.Random(1).getrandbits(80_000)
    old, new = tmp_path / "a-1.0.tar.gz", tmp_path / "a-1.1.tar.gz"
    old.write_bytes(sdist("a", "1.0", {"a/b.py": noise})[:9_000])
    new.write_bytes(sdist("a", "1.1", {"a/b.py": noise}))
    _, result = diff(tiny_model, capsys, old, new)
    assert result["delta"] is None
    assert "part of it could not be read: a/b.py (truncated: " in result["notices"][0]
    old.write_bytes(b"")
    assert cli.main(["diff", "--model", str(tiny_model), str(old), str(new)]) == 2
    assert "a-1.0.tar.gz: empty" in capsys.readouterr().err


def test_folders(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("old", "X = 1\n"), ("new", "import os\nos.system('x')\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(text)
    _, result = diff(tiny_model, capsys, tmp_path / "old", tmp_path / "new")
    assert any(note.startswith("new [import]: starts a shell") for note in result["notes"])


def test_names(site: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.python("a", ("a-1.0.tar.gz", sdist("a", "1.0")), ("a-1.1-py3-none-any.whl", wheel("a", "1.1")))
    site.npm("a", {"1.0.0": npm("a"), "1.1.0": npm("a", "1.1.0", dependencies={"b": "^1.0.0"})})
    _, result = diff(tiny_model, capsys, "npm:a@1.0.0", "npm:a@1.1.0")
    assert "new dependency: b ^1.0.0" in result["notes"]
    _, result = diff(tiny_model, capsys, "pypi:a==1.0", "pypi:a==1.1")
    assert result["notes"][-1].startswith("not alike: sdist and wheel")


def test_what_is_hardly_one_package(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, built, other, script = (
        tmp_path / n for n in ("a-1.0.tar.gz", "A_-1.1-py3-none-any.whl", "b-1.tar.gz", "a.tgz")
    )
    source.write_bytes(sdist("a", "1.0"))
    built.write_bytes(wheel("A", "1.1"))
    other.write_bytes(sdist("b", "1.0"))
    script.write_bytes(npm("a"))
    for old, new, said in (
        (source, built, "not alike: sdist and wheel; files that only one form has differ anyway"),
        (source, other, "not alike: releases of a and of b; give two releases of one package"),
        (source, script, "not alike: a release for pypi and one for npm; give two releases of one package"),
    ):
        _, result = diff(tiny_model, capsys, old, new)
        assert result["notes"][-1] == said


def test_a_new_release_that_is_cut_short(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = b"X = '%x'\n" % random.Random(1).getrandbits(80_000)
    old, new = tmp_path / "a-1.0.tar.gz", tmp_path / "a-1.1.tar.gz"
    old.write_bytes(sdist("a", "1.0", {"a/b.py": noise}))
    new.write_bytes(sdist("a", "1.1", {"a/b.py": noise})[:9_000])
    _, result = diff(tiny_model, capsys, old, new)
    assert cli.main(["diff", "--model", str(tiny_model), str(old), str(new)]) == 2
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("unknown")
    assert 0 < text.index(result["error"][:40]) < text.index("files: ")


def test_an_old_release_without_a_name(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("X = 1\n")
    _, result = diff(tiny_model, capsys, tmp_path / "old", tmp_path / "new")
    assert result["delta"]["previous"] == str(tmp_path / "old")


@pytest.mark.parametrize(
    "arguments", [(), ("a",), ("/no/such", "/no/such"), ("pypi:none==1", "pypi:none"), ("x:y", "x:z")]
)
def test_wrong_input_is_one_line(
    site: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    try:
        code = cli.main(["diff", *arguments, "--model", str(tiny_model)])
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1
