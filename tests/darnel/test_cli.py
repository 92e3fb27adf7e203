from __future__ import annotations

import re
import subprocess
import sys

import pytest

from darnel import cli
from darnel.commands import _judging, scan
from darnel.errors import DarnelError
from darnel.verdict import Label


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "darnel", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("scan",), ("scan", "--bogus"), ("bogus",), ("scan", "x", "--jobs", "0")])
def test_a_usage_error_is_one_line_and_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("darnel")


def test_version() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"darnel 0\.1\.0 \(inner loops: (compiled|Python)\)\n", done.stdout)


def test_without_a_command_the_help_is_shown() -> None:
    done = run()
    assert done.returncode == 2
    assert "scan" in done.stderr


def test_a_crash_is_no_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def crash(_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(scan, "run", crash)
    assert cli.main(["scan", "x"]) == cli.EXIT_UNSURE
    assert "internal error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(DarnelError("a\nb"), 2), (KeyboardInterrupt(), 130), (FileNotFoundError("x"), 2)]
)
def test_errors_become_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(scan, "run", fail)
    assert cli.main(["scan", "x"]) == code
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("labels", "fail_on", "code"),
    [
        ("clean", "malicious", 0),
        ("clean suspicious", "malicious", 0),
        ("clean suspicious", "suspicious", 1),
        ("malicious", "suspicious", 1),
        ("unknown clean", "malicious", 2),
        ("unknown suspicious", "malicious", 2),
        ("unknown malicious", "malicious", 1),
        ("", "malicious", 0),
    ],
)
def test_exit_codes(labels: str, fail_on: str, code: int) -> None:
    counts = dict.fromkeys(Label, 0)
    for label in labels.split():
        counts[Label(label)] += 1
    assert _judging.exit_code(counts, Label(fail_on)) == code


def test_importing_darnel_is_light() -> None:
    code = "import sys; import darnel.cli; from darnel import Verdict, DarnelError; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "lightgbm", "scipy", "tree_sitter", "rich", "packaging", "rapidfuzz", "asyncio"}


def test_unknown_names_are_attribute_errors() -> None:
    import darnel

    with pytest.raises(AttributeError, match="nothing"):
        darnel.nothing  # noqa: B018
    assert {"predict", "Classifier"} <= set(dir(darnel))
