"""Names on the command line, against registries on loopback."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from darnel import cli
from tests.builders import npm, sdist, wheel
from tests.loopback import Answer, Site, site

__all__ = ["site"]


@pytest.fixture
def sample(site: Site) -> Site:
    site.python("sample", ("sample-1.0-py3-none-any.whl", wheel()), ("sample-1.0.tar.gz", sdist()))
    site.npm("sample", {"1.0.0": npm()})
    return site


def test_names_are_judged_like_files(sample: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["scan", "--model", str(tiny_model), "--format", "json"]
    assert cli.main([*arguments, "pypi:sample", "npm:sample@1.0.0", "pypi:nothing", "cargo:serde"]) == 2
    out = capsys.readouterr()
    results = json.loads(out.out)["results"]
    assert [(r["label"], r["source"]) for r in results] == [
        ("clean", "pypi:sample-1.0-py3-none-any.whl"),
        ("clean", "pypi:sample-1.0.tar.gz"),
        ("clean", "npm:sample-1.0.0.tgz"),
        ("unknown", "pypi:nothing"),
        ("unknown", "cargo:serde"),
    ]
    assert out.err.count("\n") == 1
    assert cli.main([*arguments, "--offline", "--artifact", "sdist", "pypi:sample==1.0"]) == 0
    assert [r["source"] for r in json.loads(capsys.readouterr().out)["results"]] == ["pypi:sample-1.0.tar.gz"]


def test_what_is_left_out_is_said(sample: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", "--model", str(tiny_model), "--artifact", "wheel", "pypi:sample"]) == 0
    assert "pypi:sample==1.0: 1 more file not judged; --artifact all judges every file" in capsys.readouterr().err


def test_a_missing_extra_is_one_line(
    sample: Site, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("darnel.index.http", "darnel.index.indexes"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    assert cli.main(["scan", "--model", str(tiny_model), "pypi:sample"]) == 2
    assert "pip install 'darnel[index]'" in " ".join(capsys.readouterr().out.split())


def test_the_release_before_is_weighed(sample: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample.npm("sample", {"1.0.0": npm(), "1.1.0": npm(version="1.1.0")})
    arguments = ["scan", "--model", str(tiny_model), "--format", "json"]

    def previous(*names: str) -> list[str]:
        assert cli.main([*arguments, *names]) == 0
        found = json.loads(capsys.readouterr().out)["results"]
        return [(result["delta"] or {}).get("previous", "") for result in found]

    assert previous("npm:sample", "npm:sample@1.0.0") == ["sample 1.0.0", ""]
    assert previous("npm:sample", "--no-previous") == [""]
    assert previous("npm:sample@1.0.0", "--previous", "npm:sample@1.1.0") == ["sample 1.1.0"]
    assert previous("pypi:sample", "--previous", "pypi:sample==1.0") == ["sample 1.0"] * 2


def test_a_previous_release_that_cannot_be_had(
    sample: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.npm("sample", {"1.0.0": npm(), "1.1.0": npm(version="1.1.0")})
    del sample.answers["/npm/sample/-/sample-1.0.0.tgz"]
    arguments = ["scan", "--model", str(tiny_model), "npm:sample@1.1.0"]
    for asked in ((), ("--previous", "npm:sample@1.0.0"), ("--previous", "npm:sample@9.9.9"), ("--previous", "/none")):
        assert cli.main([*arguments, *asked]) == 0
        assert "judged without the previous release: " in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pypi:nothing", "no release of that name"),
        ("pypi:sample==9", "no such version"),
        ("pypi:yanked", "every release was yanked"),
        ("pypi:other", "hash mismatch"),
        ("pypi:cut", "broke off"),
        ("pypi:private", "wants authentication"),
        ("npm:nothing", "no package of that name"),
        ("npm:sample@^1", "not a name with at most one exact version"),
        ("cargo:serde", "unknown ecosystem"),
        ("https://files.example.invalid/a.whl", "unknown ecosystem"),
    ],
)
def test_wrong_input_of_every_kind_is_one_line_and_exit_code_2(
    sample: Site, tiny_model: Path, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    sample.python("yanked", ("yanked-1.0.tar.gz", sdist("yanked")), yanked="broken")
    for project, served in (("other", sdist("other", "6.6.6")), ("cut", sdist("cut")[:50])):
        sample.python(project, (f"{project}-1.0.tar.gz", sdist(project)))
        announce = len(sdist(project)) if project == "cut" else None
        sample.answers[f"/files/{project}-1.0.tar.gz"] = Answer(served, announce=announce)
    sample.answers["/simple/private/"] = Answer(b"", status=401)
    assert cli.main(["scan", "--model", str(tiny_model), "--format", "json", name]) == 2
    out = capsys.readouterr()
    (result,) = json.loads(out.out)["results"]
    assert (result["label"], told in result["error"]) == ("unknown", True)
    assert result["error"].isprintable()
    assert out.err.count("\n") == 1
