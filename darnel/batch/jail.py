"""What the process that analyses gives up before it sees the first byte of a release.

The limits are those of the operating system: they hold in C code and when Python is no longer in control.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

OPEN_FILES = 64
GRACE = 5
"""Seconds of CPU time beyond the limit of wall-clock time; the supervisor stops a worker long before, if it lives."""

try:
    import resource
except ImportError:  # no POSIX
    resource = None  # type: ignore[assignment]


def enter(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Give up what is not needed any more.

    Returns
    -------
    tuple of str
        What holds from now on.
    """
    return _limit(settings)


def another_package(settings: Mapping[str, Any]) -> None:
    """Grant CPU time for one more release. This outlives the supervisor: nothing spins on when that was killed."""
    if resource is not None:
        used = sum(os.times()[:2])
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used + settings["seconds"]) + GRACE, hard))


def _limit(settings: Mapping[str, Any]) -> tuple[str, ...]:
    if resource is None:
        return ()
    bounds = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": OPEN_FILES}
    if settings["memory"]:
        bounds["RLIMIT_AS"] = _address_space() + settings["memory"]
    for name, bound in bounds.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):  # macOS knows RLIMIT_AS and refuses it
            continue
    return ("limits",)


def _address_space() -> int:
    """Bytes of address space in use: libraries, model and arenas do not count against a release."""
    try:
        with open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30
