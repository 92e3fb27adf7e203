"""The pre-commit hook and the GitHub action: what they say must be so, and their shell script must work."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from darnel.audit import lockfiles
from darnel.cli import parser
from tests.builders import sdist
from tests.loopback import Site, site

__all__ = ["site"]

ROOT = Path(__file__).parents[2]
NAMES = (
    *("requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "requirements.lock", "pylock.toml"),
    *("pylock.dev.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json", "npm-shrinkwrap.json"),
    *("pnpm-lock.yaml", "yarn.lock", "notes.txt", "package.json", "pyproject.toml", "uv.lock.bak", "xuv.lock"),
)


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def options(command: str) -> set[str]:
    (sub,) = (a for a in parser(command)._actions if isinstance(a, argparse._SubParsersAction))
    return set(sub.choices[command]._option_string_actions)


@pytest.mark.parametrize("name", NAMES)
def test_the_hook_runs_for_what_the_audit_reads(name: str) -> None:
    (hook,) = load(".pre-commit-hooks.yaml")
    for path in (name, f"folder/{name}"):
        assert bool(re.search(hook["files"], path)) is (lockfiles.handler(Path(path)) is not None)


def test_the_hook_calls_a_command_that_exists() -> None:
    (hook,) = load(".pre-commit-hooks.yaml")
    assert hook["entry"] == "darnel audit"
    assert hook["additional_dependencies"] == [".[index]"]


def test_every_action_is_pinned_by_its_hash() -> None:
    used = [step["uses"] for step in load("action.yml")["runs"]["steps"] if "uses" in step]
    assert used
    for name in used:
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", name), name


def test_inputs_reach_the_shell_as_variables_only() -> None:
    for step in load("action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), "an input could be a command"


def audit_step() -> str:
    (step,) = (step for step in load("action.yml")["runs"]["steps"] if step.get("id") == "audit")
    assert set(re.findall(r"(?<!\S)--[a-z-]+", step["run"])) - {"--"} <= options("audit")
    return str(step["run"])


@pytest.mark.skipif(os.name == "nt", reason="bash")
def test_the_action_writes_sarif(site: Site, tiny_model: Path, tmp_path: Path) -> None:
    site.python("sample", ("sample-1.0.tar.gz", sdist("sample", "1.0")))
    (tmp_path / "darnel" / "bin").mkdir(parents=True)
    python = tmp_path / "darnel" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "my locks").mkdir()
    (tmp_path / "my locks" / "requirements.txt").write_text("sample==1.0\nloose\n")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "PATHS": "",
        "FAIL_ON": "malicious",
        "BASELINE": "",
        "ARGUMENTS": f"--model {tiny_model}",
    }
    command = ["bash", "-e", "-o", "pipefail", "-c", audit_step()]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path / "my locks", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert (tmp_path / "output").read_text() == f"sarif={tmp_path}/darnel.sarif\n"
    (run,) = json.loads((tmp_path / "darnel.sarif").read_text())["runs"]
    assert run["tool"]["driver"]["name"] == "darnel"
