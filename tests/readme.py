"""Commands and outputs in the README: find them, run them, and (``python -m tests.readme``) write them anew.

A block below ``<!-- output: checked -->`` holds a command that anybody can run and what it prints.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"

_CHECKED = re.compile(
    r"(?<=<!-- output: checked -->\n```console\n)\$ (?P<command>[^\n]+)\n(?P<output>.*?)(?=```)", re.DOTALL
)


class Example(NamedTuple):
    """One command with the output that the README shows."""

    command: str
    output: str


def examples(text: str) -> list[Example]:
    """All checked examples."""
    return [Example(match["command"], match["output"]) for match in _CHECKED.finditer(text)]


def run(command: str) -> str:
    """What a ``darnel`` command prints on an 80-column terminal."""
    words = shlex.split(command)
    if words[0] != "darnel":
        raise ValueError(f"not a darnel command: {command}")
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, encoding="utf-8", cwd=ROOT, env=environment, check=False
    )
    return done.stdout


def refreshed(text: str) -> str:
    """The README with every checked output written anew."""
    return _CHECKED.sub(lambda match: f"$ {match['command']}\n{run(match['command'])}", text)


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
