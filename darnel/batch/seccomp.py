"""System calls that analysing never needs, refused by the kernel (Linux, x86-64 and arm64).

A filter in the kernel's own classic BPF, set through two calls of ``prctl``. The bindings on the package index either
need the C library libseccomp on every machine or have not been released for years, and a filter that only says no to a
list is short. It refuses with ``EPERM`` instead of killing, so that code which merely tries goes on.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

_TABLE = """
socket 41 198  socketpair 53 199  connect 42 203  bind 49 200  listen 50 201  accept 43 202  accept4 288 242
sendto 44 206  sendmsg 46 211  sendmmsg 307 269  recvfrom 45 207  recvmsg 47 212  recvmmsg 299 243
execve 59 221  execveat 322 281  fork 57 -  vfork 58 -
ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440  kcmp 312 272
kill 62 129  tkill 200 130  rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240
pidfd_open 434 434  pidfd_getfd 438 438  pidfd_send_signal 424 424
mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  move_mount 429 429  open_tree 428 428  fsopen 430 430
fsmount 432 432  fsconfig 431 431  fspick 433 433  mount_setattr 442 442  setns 308 268  unshare 272 97
bpf 321 280  perf_event_open 298 241  userfaultfd 323 282
io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427
add_key 248 217  request_key 249 218  keyctl 250 219
init_module 175 105  finit_module 313 273  delete_module 176 106  kexec_load 246 104  kexec_file_load 320 294
reboot 169 142  swapon 167 224  swapoff 168 225  sethostname 170 161  setdomainname 171 162  acct 163 89
settimeofday 164 170  clock_settime 227 112  adjtimex 159 171  clock_adjtime 305 266  quotactl 179 60  syslog 103 116
iopl 172 -  ioperm 173 -  personality 135 92  open_by_handle_at 304 265  name_to_handle_at 303 264
memfd_create 319 279  memfd_secret 447 447
shmget 29 194  shmat 30 196  shmdt 67 197  shmctl 31 195  semget 64 190  semop 65 193  semtimedop 220 192  semctl 66 191
msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187  mq_open 240 180  mq_unlink 241 181  mq_timedsend 242 182
mq_timedreceive 243 183  mq_notify 244 184  mq_getsetattr 245 185
inotify_init 253 -  inotify_init1 294 26  inotify_add_watch 254 27  fanotify_init 300 262  fanotify_mark 301 263
flock 73 32  sync 162 81  syncfs 306 267  vhangup 153 58  uselib 134 -  modify_ldt 154 -  io_setup 206 0
creat 85 -  mkdir 83 -  mkdirat 258 34  mknod 133 -  mknodat 259 33  rename 82 -  renameat 264 38  renameat2 316 276
link 86 -  linkat 265 37  symlink 88 -  symlinkat 266 36  unlink 87 -  unlinkat 263 35  rmdir 84 -  truncate 76 45
chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452  chown 92 -  lchown 94 -  fchown 93 55  fchownat 260 54
setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16
getxattr 191 8  lgetxattr 192 9  fgetxattr 193 10  listxattr 194 11  llistxattr 195 12  flistxattr 196 13
utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88
setuid 105 146  setgid 106 144  setreuid 113 145  setregid 114 143  setresuid 117 147  setresgid 119 149
setgroups 116 159  setfsuid 122 151  setfsgid 123 152  capset 126 91
setpriority 141 140  sched_setaffinity 203 122  sched_setscheduler 144 119  sched_setparam 142 118
sched_setattr 314 274  ioprio_set 251 30  migrate_pages 256 238  move_pages 279 239  process_mrelease 448 448
quotactl_fd 443 443  lsm_set_self_attr 460 460
"""
_WORDS = _TABLE.split()
REFUSED: dict[str, tuple[int | None, int | None]] = {
    name: (int(x86), None if arm == "-" else int(arm))
    for name, x86, arm in zip(_WORDS[::3], _WORDS[1::3], _WORDS[2::3], strict=True)
}
"""Numbers of the calls that are refused outright, on x86-64 and arm64."""
NEWEST = 462
"""Number of the newest call that the list was checked against (``mseal``, Linux 6.10). What came later is refused
unseen, on all machines: they share the numbers from 424 on."""
WITHOUT = {"clone3": (435, 435), "openat2": (437, 437)}
"""Calls with what matters behind a pointer, out of the filter's sight: they are said not to exist, and the C library
takes the older ones."""


class Rule(NamedTuple):
    """A call that depends on one of its arguments."""

    numbers: tuple[int | None, int | None]
    argument: int
    """Which, from 0; its lower 32 bits are looked at, which is all that these calls take."""
    values: tuple[int, ...]
    """What it may be,"""
    needed: int = 0
    """or else a bit that it has to have,"""
    refused: int = 0
    """or else bits that it may not have."""


_WRITING = 0o1103  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
RULES = {
    "clone": Rule((56, 220), 0, (), needed=0x10000),  # threads, no processes
    "open": Rule((2, None), 1, (), refused=_WRITING),  # Landlock knows of O_TRUNC since Linux 6.2 only
    "openat": Rule((257, 56), 2, (), refused=_WRITING),
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: no locks, leases, signals
    "fcntl": Rule((72, 25), 1, (0, 1, 2, 3, 4, 1030)),
    # TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: no attributes of files
    "ioctl": Rule((16, 29), 1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: not when it dies with its supervisor
    "prctl": Rule((157, 167), 0, (3, 15, 16, 0x53564D41)),
    "prlimit64": Rule((302, 261), 0, (0,)),  # one's own
}

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARGUMENTS = 0, 4, 16
_TGKILL = (234, 131)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2


Instruction = tuple[int, int, int, int]
"""(operation, to skip if true, to skip if false, operand)."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def program(machine: str, pid: int) -> bytes | None:
    """The filter for a machine and a process; ``None`` if there is none for that machine."""
    known = _ARCHITECTURES.get(machine)
    if known is None or sys.byteorder != "little":
        return None
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in _instructions(*known, pid))


def enter() -> bool:
    """Set the filter for this process; it cannot be taken off. Whether it holds now."""
    code = program(platform.machine(), os.getpid()) if sys.platform == "linux" else None
    if code is None:
        return False
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    filter_ = _Program(len(code) // 8, code)
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return int(prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(filter_), 0, 0)) == 0


def _instructions(column: int, architecture: int, pid: int) -> Iterator[Instruction]:
    no, unknown = ((_RETURN, 0, 0, _ERRNO | number) for number in (errno.EPERM, errno.ENOSYS))
    yield _LOAD, 0, 0, _ARCH
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _KILL  # calls of another architecture have other numbers
    yield _LOAD, 0, 0, _NR
    yield _AT_LEAST, 0, 1, NEWEST + 1  # with it those of x32, which are greater
    yield unknown
    for numbers in REFUSED.values():
        yield from _if_called(numbers[column], [no])
    for numbers in WITHOUT.values():
        yield from _if_called(numbers[column], [unknown])
    # To oneself only: a process that aborts sends itself a signal.
    for rule in (*RULES.values(), Rule(_TGKILL, 0, (pid,))):
        yield from _if_called(rule.numbers[column], list(_looked_at(rule, no)))
    yield _RETURN, 0, 0, _ALLOW


def _if_called(number: int | None, then: list[Instruction]) -> Iterator[Instruction]:
    if number is not None:
        yield _EQUAL, 0, len(then), number
        yield from then


def _looked_at(rule: Rule, no: Instruction) -> Iterator[Instruction]:
    """Load the argument, and return."""
    yield _LOAD, 0, 0, _ARGUMENTS + 8 * rule.argument
    if rule.needed or rule.refused:
        yield _ANY_BIT, *((1, 0) if rule.needed else (0, 1)), rule.needed or rule.refused
    for left, value in zip(range(len(rule.values), 0, -1), rule.values, strict=True):
        yield _EQUAL, left, 0, value
    yield no
    yield _RETURN, 0, 0, _ALLOW
