"""Folders that attack whoever walks them. Inert."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

Maker = Callable[[Path], str]
"""Fills a folder; returns the kind of anomaly that has to be in the result."""


def circles(folder: Path) -> str:
    (folder / "a").mkdir()
    (folder / "a" / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    return "symlink"


def ways_out(folder: Path) -> str:
    (folder / "passwd.py").symlink_to("/etc/passwd")
    (folder / "root").symlink_to("/")
    (folder / "processes").symlink_to("/proc/self/root")
    return "linked-code"


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "wait.py")
    return "device"


def local_socket(folder: Path) -> str:
    here = os.getcwd()
    os.chdir(folder)  # the address has room for a hundred characters
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("listen.py")
    finally:
        os.chdir(here)
    return "device"


def hole(folder: Path) -> str:
    (folder / "sparse.py").touch()
    os.truncate(folder / "sparse.py", 1 << 40)
    return "member-cut"


def depth(folder: Path) -> str:
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(300):
            os.mkdir("d")
            os.chdir("d")
        Path("x.py").write_text("x = 1\n")
    finally:
        os.chdir(here)
    return "path-depth"


def odd_names(folder: Path) -> str:
    (folder / "a\x1b[2J\nb.py").write_text("x = 1\n")
    (folder / "\u202eyp.exe").write_text("x = 1\n")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.py")).write_text("x = 1\n")
    return "odd-name"


def many(folder: Path) -> str:
    for i in range(500):
        (folder / f"m{i}.py").touch()
    return ""


FOLDERS: dict[str, Maker] = {
    "circles": circles,
    "ways out": ways_out,
    "a pipe": pipe,
    "a socket": local_socket,
    "a hole": hole,
    "depth": depth,
    "odd names": odd_names,
    "many": many,
}
