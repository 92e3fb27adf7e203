"""The audit as users run it, against registries on loopback, with a small model made for the tests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from darnel import cli, selftest
from tests.builders import npm, sdist
from tests.darnel.reports.schema import validate
from tests.loopback import Answer, Site, site

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
    report = json.loads(out.out)
    validate(report)
    return code, report["results"], out.err


def test_clean(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("sample", CLEAN))
    code, (row,), err = audit(tiny_model, capsys)
    assert (code, row["label"], row["notes"]) == (0, "clean", ["listed in requirements.txt:1; judged alone"])
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


@pytest.fixture
def updates(site: Site, project: Path) -> Path:
    """Two releases with one before each, one of them the inert self-test."""
    old = sdist("inert", "0.9")
    site.python("inert", ("inert-1.0.tar.gz", INERT), ("inert-0.9.tar.gz", old))
    site.python("sample", ("sample-1.0.tar.gz", CLEAN), ("sample-0.9.tar.gz", sdist("sample", "0.9")))
    (project / "requirements.txt").write_text(pin("sample", CLEAN) + pin("inert", INERT))
    return project


def compared(rows: list[dict[str, Any]]) -> dict[str, str]:
    """With what each was compared, by name."""
    alone = {row["name"]: row["notes"][0].endswith("; judged alone") for row in rows}
    found = {row["name"]: (row["delta"] or {}).get("previous", "") for row in rows}
    assert alone == {name: not previous for name, previous in found.items()}, "a row says whether it was compared"
    return found


def test_what_is_not_beyond_doubt_is_compared(
    site: Site, updates: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows, err = audit(tiny_model, capsys)
    assert (code, compared(rows)) == (1, {"inert": "inert 0.9", "sample": ""})
    assert "comparing 1 of 2 with the release before" in err
    assert "/files/sample-0.9.tar.gz" not in site.paths(), "nobody asked for it"
    _, rows, _ = audit(tiny_model, capsys, "--previous", "all", "--jobs", "2")
    assert compared(rows) == {"inert": "inert 0.9", "sample": "sample 0.9"}
    for option in (("--previous", "none"), ("--no-previous",)):
        _, rows, _ = audit(tiny_model, capsys, *option)
        assert compared(rows) == {"inert": "", "sample": ""}


def test_offline_compares_with_what_the_cache_has(
    site: Site, updates: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit(tiny_model, capsys, "--no-previous")
    asked = len(site.requests)
    _, rows, _ = audit(tiny_model, capsys, "--offline")
    assert compared(rows) == {"inert": "", "sample": ""}
    assert all(not row["notices"] for row in rows), "there is no earlier release in the cache, which is no failure"
    assert len(site.requests) == asked
    audit(tiny_model, capsys, "--previous", "all")
    _, rows, _ = audit(tiny_model, capsys, "--offline")
    assert compared(rows) == {"inert": "inert 0.9", "sample": ""}


def test_a_previous_release_that_cannot_be_had_costs_no_row(
    site: Site, updates: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del site.answers["/files/inert-0.9.tar.gz"]
    for choice in ("auto", "all"):
        code, rows, _ = audit(tiny_model, capsys, "--previous", choice)
        assert (code, rows[0]["label"], rows[0]["error"]) == (1, "malicious", "")
        assert "does not have it (HTTP 404)" in rows[0]["notices"][0]
    site.answers["/files/inert-0.9.tar.gz"] = Answer(b"no package")
    site.page("inert", [entry("inert-1.0.tar.gz", INERT), entry("inert-0.9.tar.gz", b"no package")])
    _, rows, _ = audit(tiny_model, capsys)
    assert rows[0]["notices"][0].startswith("judged without the previous release: ")


def entry(name: str, data: bytes) -> dict[str, Any]:
    digest = {"sha256": hashlib.sha256(data).hexdigest()}
    return {"filename": name, "url": f"../../files/{name}", "hashes": digest, "yanked": False}


def test_an_index_that_fails_is_not_asked_for_ever(
    site: Site, updates: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("darnel.audit.before.PATIENCE", 0.0)
    del site.answers["/files/sample-0.9.tar.gz"]
    _, rows, _ = audit(tiny_model, capsys, "--previous", "all")
    assert compared(rows) == {"inert": "", "sample": ""}
    assert "too much time was lost" in rows[0]["notices"][0]
    assert "/files/inert-0.9.tar.gz" not in site.paths()


def test_what_is_installed_is_compared_by_what_it_says_it_is(
    site: Site, project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.npm("sample", {"1.0.0": npm(), "1.1.0": npm(version="1.1.0")})
    modules = project / "node_modules" / "sample"
    modules.mkdir(parents=True)
    (modules / "package.json").write_text('{"name": "sample", "version": "1.1.0"}')
    _, rows, _ = audit(tiny_model, capsys, "node_modules", "--previous", "all")
    assert compared(rows) == {"sample": "sample 1.0.0"}


def test_a_baseline(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text(pin("inert", INERT) + "loose\n")
    code, _, err = audit(tiny_model, capsys, "--write-baseline", "baseline.toml")
    assert code == 1
    assert "baseline.toml: 2 entries, 2 of them without a reason" in err
    path = project / "baseline.toml"
    path.write_text(path.read_text().replace('reason = ""', 'reason = "made for tests"'))
    audit(tiny_model, capsys, "--write-baseline", "baseline.toml")
    assert path.read_text().count('reason = "made for tests"') == 2, "reasons that are there stay"
    code, rows, err = audit(tiny_model, capsys, "--baseline", "baseline.toml")
    assert code == 0
    assert err.splitlines()[-1].startswith("2 packages: 2 accepted; model tiny 0.0")
    assert rows[0]["label"] == "malicious", "what is accepted is still shown"
    assert rows[0]["notes"][-1].endswith(": made for tests")
    assert rows[0]["accepted"]["reason"] == "made for tests"
    assert cli.main(["audit", "--model", str(tiny_model), "--format", "sarif", "--baseline", "baseline.toml"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["results"], "what is accepted is there for whoever wants to see it"
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("requirements.txt", {"startLine": 1})
    assert all(result["suppressions"][0]["justification"] == "made for tests" for result in run["results"])
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


def test_a_lock_that_pins_nothing(project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "requirements.txt").write_text("# none yet\n")
    assert audit(tiny_model, capsys) == (2, [], "darnel: nothing was judged: nothing is pinned or installed there\n")
    assert audit(tiny_model, capsys, "--allow-unknown")[0] == 0


def test_a_missing_file_of_requirements_is_a_row(
    project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements.txt").write_text(pin("sample", CLEAN) + "-r more.txt\n-r requirements.txt\n")
    code, rows, _ = audit(tiny_model, capsys)
    assert (code, [row["label"] for row in rows]) == (2, ["unknown", "clean"])
    assert rows[0]["error"].endswith("more.txt is not there; none of it was judged")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "the current folder: nothing to audit"),
        (("none.lock",), "no such file or folder"),
        (("uv.lock",), "not readable as a lock file"),
        (("Pipfile.lock",), "not readable as a lock file (it holds a list and not a table)"),
        (("pnpm-lock.yaml",), "not readable as a lock file (it holds a str and not a table)"),
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
        (project / "Pipfile.lock").write_text("[]")
        (project / "pnpm-lock.yaml").write_text("words")
        (project / "requirements.txt").write_text("")
    assert cli.main(["audit", "--model", str(tiny_model), *arguments]) == 2
    err = capsys.readouterr().err
    assert text in err
    assert err.count("\n") == 1
