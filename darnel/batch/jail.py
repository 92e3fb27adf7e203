"""What the process that analyses gives up before it sees the first byte of a release.

It has no more use for anything but the pipe to its supervisor, memory and time: no network, no other process, no file
but Python's own and what it is told to analyse. These bounds are the operating system's: they hold in C code and when
Python is no longer in control.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from darnel.batch import landlock, seccomp
from darnel.errors import DarnelError

OPEN_FILES = 64
GRACE = 5
"""Seconds of CPU time beyond the limit of wall-clock time; the supervisor stops a worker long before, if it lives."""
LIFE = 24 * 3600
"""Seconds of CPU time that a process has in all, and the limit for one release on top. It cannot grant itself more."""
LAYERS = ("limits", "landlock", "seccomp")
"""All that there is, on a current Linux."""
MODES = ("auto", "required", "off")

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _CAPABILITIES_3 = 1, 4, 0x20080522

try:
    import resource
except ImportError:  # no POSIX
    resource = None  # type: ignore[assignment]


def die_with(supervisor: int) -> None:
    """See to it that this process ends when the thread that started it does, however that ends (Linux).

    Parameters
    ----------
    supervisor : int
        Number of the process that started this one; if it is gone already, this ends at once.
    """
    if sys.platform != "linux":  # elsewhere it sees the end of the pipe, if it still looks
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:
        raise SystemExit


def enter(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Give up what is not needed any more.

    Parameters
    ----------
    settings : mapping
        ``memory`` (bytes, 0: no limit), ``seconds`` for a release, ``isolation`` (one of :data:`MODES`), whether to be
        ``confined`` at all (what the caller's own code reads is its own affair), and the ``roots`` that have to stay
        readable.

    Returns
    -------
    tuple of str
        What holds from now on, of :data:`LAYERS`.

    Raises
    ------
    DarnelError
        Isolation is required, and something is not to be had here.
    """
    confined = settings["confined"] and settings["isolation"] != "off"
    held = [name for name in ("limits",) if _limit(settings["memory"], settings["seconds"], confined)]
    if confined:
        if landlock.enter([*_own_files(), *settings["roots"]]):
            held.append("landlock")
        _drop_privileges()
        if seccomp.enter():
            held.append("seccomp")
    missing = [layer for layer in LAYERS if layer not in held]
    if missing and confined and settings["isolation"] == "required":
        raise DarnelError(f"isolation is required, and this system has no {', '.join(missing)}; use --isolation auto")
    return tuple(held)


def another_package(settings: Mapping[str, Any]) -> None:
    """Grant CPU time for one more release. This outlives the supervisor: nothing spins on when that was killed."""
    if resource is not None:
        used = sum(os.times()[:2])
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (_at_most(math.ceil(used + settings["seconds"]) + GRACE, hard), hard))


def _limit(memory: int, seconds: float, confined: bool) -> bool:
    if resource is None:
        return False
    bounds = {"RLIMIT_CORE": 0, "RLIMIT_CPU": LIFE + math.ceil(seconds)}
    if confined:
        bounds |= {"RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": OPEN_FILES, "RLIMIT_NPROC": 0}
    if memory:
        bounds["RLIMIT_AS"] = _address_space() + memory
    for name, bound in bounds.items():
        kind = getattr(resource, name)
        bound = _at_most(bound, resource.getrlimit(kind)[1])
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):  # macOS knows RLIMIT_AS and refuses it
            continue
    return True


def _at_most(bound: int, hard: int) -> int:
    return bound if hard == resource.RLIM_INFINITY else min(bound, hard)


def _address_space() -> int:
    """Bytes of address space in use: libraries, model and arenas do not count against a release."""
    try:
        with open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


def _own_files() -> Iterator[str]:
    """What Python may have to import later on: its library, installed packages, darnel, shared libraries."""
    yield from {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    yield from (entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages"))
    yield from {str(Path(__file__).resolve().parents[1]), *map(str, _linked())}
    yield from _LIBRARIES


def _linked() -> Iterator[Path]:
    """Where the parts of darnel lie that are elsewhere in a source tree."""
    import darnel.features
    import darnel.models

    for module in (darnel.features, darnel.models):
        yield from (Path(folder).resolve() for folder in module.__path__)


def _drop_privileges() -> None:
    """Have no capabilities, though it may be root, and be none of the business of a debugger (Linux)."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())
