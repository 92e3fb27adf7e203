"""Every command's --help has an example, and the example works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from darnel import cli
from tests.builders import npm, sdist, wheel
from tests.loopback import Site, site

__all__ = ["site"]

HEAVY = {"batch", "train", "evaluate", "benchmark", "selftest"}
"""Commands whose examples name folders that are not here, or that other tests run; their options are parsed."""


def examples(module: ModuleType) -> list[str]:
    return re.findall(rf"^(?:  |example: )(darnel {module.NAME}\b.*)$", module.__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("module", cli.COMMANDS, ids=lambda module: module.NAME)
def test_there_is_an_example(module: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert "\nexample:" in (module.__doc__ or "")
    with pytest.raises(SystemExit) as done:
        cli.main([module.NAME, "--help"])
    assert done.value.code == 0
    shown = capsys.readouterr().out
    assert examples(module)
    assert all(example in shown for example in examples(module))


@pytest.mark.parametrize(
    "example", [example for module in cli.COMMANDS for example in examples(module)], ids=lambda text: text[7:60]
)
def test_examples_work(
    example: str,
    site: Site,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command, *rest = shlex.split(example)[1:]
    if command in HEAVY:
        cli.parser(command).parse_args([command, *rest])
        return
    files = [(f"requests-2.32.{i}-py3-none-any.whl", wheel("requests", f"2.32.{i}")) for i in (2, 3)]
    site.python("requests", *files, ("requests-2.32.3.tar.gz", sdist("requests", "2.32.3")))
    site.npm("left-pad", {"1.3.0": npm("left-pad", "1.3.0")})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("requests==2.32.3\n")
    if command in ("scan", "audit", "diff"):
        rest += ["--model", str(tiny_model)]
    assert cli.main([command, *rest]) == 0, capsys.readouterr().err
    output = rest[rest.index("--output") + 1] if "--output" in rest else ""
    assert (tmp_path / output).stat().st_size > 0 if output else capsys.readouterr().out
