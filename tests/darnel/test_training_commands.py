from __future__ import annotations

import subprocess
import sys

import pytest

from darnel import cli
from darnel.commands import _extra
from darnel.errors import DarnelError

WITHOUT_EXTRA = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pandas", "sklearn", "pyarrow", "joblib", "matplotlib", "datasketch"}:
            raise ModuleNotFoundError("No module named " + name, name=name)

sys.meta_path.insert(0, Refuse())
from darnel.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_missing_package_is_named() -> None:
    with pytest.raises(DarnelError, match=r"darnel train needs no_such_package_here.*darnel\[train\]"):
        _extra.call("train", "no_such_package_here", "run")


def test_a_bug_of_ours_is_not_called_a_missing_package() -> None:
    with pytest.raises(ModuleNotFoundError):
        _extra.call("train", "darnel.no_such_module", "run")


@pytest.mark.parametrize("command", ["corpus", "train", "evaluate"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: darnel {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_without_the_extra_one_line_says_what_to_install(command: str, tmp_path: object) -> None:
    arguments = [command, "--data", str(tmp_path), "--out", f"{tmp_path}/out"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'darnel[train]'" in done.stderr
