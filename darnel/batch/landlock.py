"""Files that may be read, and nothing else: Landlock, the kernel's own access control for processes that want less.

Three system calls (Linux 5.13 and later, https://docs.kernel.org/userspace-api/landlock.html). The bindings on the
package index are young or unreleased, each by one person, and bring more than this needs.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
_BY_VERSION = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From this version of the interface on there are so many kinds of access to files."""
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_NETWORK, _SCOPES = 0b11, 0b11
"""Binding and connecting TCP; signals and abstract sockets of processes outside."""
_NO_NEW_PRIVS = 38


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Version of the interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))))


def enter(readable: Iterable[str]) -> bool:
    """Allow reading below some folders and of some files, and no other access to files, for good.

    Writing, making, removing, renaming and executing files, and as far as the kernel knows how, TCP and signals to
    other processes, are refused everywhere. What is open already stays so.

    Returns
    -------
    bool
        Whether it holds now.
    """
    found = version()
    if not found:
        return False
    libc = _libc()
    kinds = (1 << max(count for since, count in _BY_VERSION if found >= since)) - 1
    rules = _Ruleset(kinds, _NETWORK if found >= _NETWORK_SINCE else 0, _SCOPES if found >= _SCOPES_SINCE else 0)
    size = 24 if found >= _SCOPES_SINCE else 16 if found >= _NETWORK_SINCE else 8
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(libc, ruleset, path)
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return int(libc.syscall(_RESTRICT, ruleset, ctypes.c_uint32(0))) == 0
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there needs no rule
        return
    try:
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        rule = _Beneath(READ_FILE | READ_DIR if folder else READ_FILE, handle)
        libc.syscall(_ADD, ruleset, _BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(handle)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
