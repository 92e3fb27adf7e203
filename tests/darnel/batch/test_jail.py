"""What a process in the jail can still do, tried out by one that tries everything."""

from __future__ import annotations

import ctypes.util
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from darnel.batch import jail, landlock, seccomp
from darnel.batch.process import Settings
from darnel.batch.slot import Slot
from darnel.batch.task import Task, payload_of
from darnel.errors import DarnelError
from darnel.features.limits import DEFAULT_LIMITS
from tests import builders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
full = pytest.mark.skipif(
    landlock.version() < 1 or seccomp.program(platform.machine(), 1) is None, reason="no Landlock, or another machine"
)

TRY = """
import ctypes, fcntl, json, os, resource, signal, socket, struct, subprocess, sys
from darnel.batch import jail
import darnel.features, darnel.models, sysconfig
sysconfig.get_paths()
root, outside, user = sys.argv[1:]
if user == "nobody":
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
libc = ctypes.CDLL(None, use_errno=True)
queue = libc.msgget(0, 0o1600)
libc.msgsnd(queue, struct.pack("q8s", 1, b"secret"), 8, 0)
if user == "old":
    jail.landlock.enter = lambda _: False
settings = {"memory": 256 << 20, "seconds": 5, "isolation": "auto", "confined": True, "roots": [root]}
layers = jail.enter(settings)
jail.another_package(settings)

def raw(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *arguments) < 0:
        raise OSError(ctypes.get_errno(), str(number))

class Attribute(ctypes.Structure):
    _fields_ = [("value", ctypes.c_uint64), ("size", ctypes.c_uint32), ("flags", ctypes.c_uint32)]

def attribute(path):
    text = ctypes.create_string_buffer(b"x")
    value = Attribute(ctypes.addressof(text), 1, 0)
    call(463, -100, path.encode(), 0, b"user.darnel", ctypes.byref(value), ctypes.sizeof(value))

def flags(path):
    known = ctypes.create_string_buffer(24)
    call(468, -100, path.encode(), known, 24, 0)
    call(469, -100, path.encode(), known, 24, 0)

def flags_of_old(path):
    handle = os.open(path, os.O_RDONLY)
    fcntl.ioctl(handle, 0x40086602, struct.pack("q", 0x40))

def signal_by_pipe(command):
    reader, writer = os.pipe()
    fcntl.fcntl(reader, command, os.getppid())

def fork():
    if os.fork() == 0:
        os._exit(0)

ATTEMPTS = {
    "write outside": lambda: open(outside, "w"),
    "write inside": lambda: open(f"{root}/new", "w"),
    "append": lambda: open(f"{root}/file", "a"),
    "read outside": lambda: open(outside).read(),
    "list outside": lambda: os.listdir(os.path.dirname(outside)),
    "through a link": lambda: open(f"{root}/link").read(),
    "through dots": lambda: open(f"{root}/../outside/secret").read(),
    "remove": lambda: os.remove(f"{root}/file"),
    "rename": lambda: os.rename(f"{root}/file", f"{root}/other"),
    "mkdir": lambda: os.mkdir(f"{root}/folder"),
    "chmod": lambda: os.chmod(f"{root}/file", 0o777),
    "utime": lambda: os.utime(f"{root}/file"),
    "truncate": lambda: os.truncate(f"{root}/file", 0),
    "tcp": lambda: socket.socket(socket.AF_INET),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "fork": fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: subprocess.run(["/bin/true"]),
    "kill the parent": lambda: os.kill(os.getppid(), 0),
    "signal a thread of the parent": lambda: raw("tgkill", os.getppid(), os.getppid(), 0),
    "trace the parent": lambda: raw("ptrace", 16, os.getppid(), 0, 0),
    "limit the parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)),
    "read the parent's memory": lambda: open(f"/proc/{os.getppid()}/mem", "rb"),
    "more memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)),
    "become another": lambda: os.setuid(1),
    "unshare": lambda: raw("unshare", 0x10000000),
    "slow down": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    "a hidden file": lambda: os.memfd_create("x"),
    "attributes outside": lambda: attribute(outside),
    "attributes inside": lambda: attribute(f"{root}/file"),
    "read attributes outside": lambda: os.listxattr(outside),
    "flags outside": lambda: flags(outside),
    "flags inside": lambda: flags(f"{root}/file"),
    "flags by ioctl": lambda: flags_of_old(f"{root}/file"),
    "truncate while opening": lambda: os.open(f"{root}/file", os.O_RDONLY | os.O_TRUNC),
    "make while opening": lambda: os.open(f"{root}/made", os.O_RDONLY | os.O_CREAT),
    "a file without a name": lambda: os.open(root, os.O_TMPFILE | os.O_RDWR),
    "lock": lambda: fcntl.flock(os.open(f"{root}/file", os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB),
    "lease": lambda: fcntl.fcntl(os.open(f"{root}/file", os.O_RDONLY), 1024, fcntl.F_RDLCK),
    "signals by a pipe": lambda: signal_by_pipe(8),
    "which signal": lambda: signal_by_pipe(10),
    "signals by a pipe, newer": lambda: signal_by_pipe(15),
    "read a queue": lambda: raw("msgrcv", queue, ctypes.create_string_buffer(64), 8, 0, 0o4000),
    "remove a queue": lambda: raw("msgctl", queue, 0, None),
    "look at a queue": lambda: raw("msgctl", queue, 2, ctypes.create_string_buffer(256)),
    "remove shared memory": lambda: raw("shmctl", 0, 0, None),
    "watch a folder": lambda: raw("inotify_init1", 0),
    "a call that is not made yet": lambda: call(470),
    "outlive the parent": lambda: raw("prctl", 1, 0, 0, 0, 0),
    "be looked at": lambda: raw("prctl", 4, 1, 0, 0, 0),
    "time without end": lambda: resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY,) * 2),
    "half a gigabyte": lambda: bytes(512 << 20),
    "read inside": lambda: open(f"{root}/file").read(),
    "import": lambda: __import__("sqlite3"),
    "a little memory": lambda: bytes(64 << 20),
    "signal oneself": lambda: signal.raise_signal(signal.SIGURG),
    "no waiting": lambda: os.set_blocking(os.pipe()[0], False),
    "more time": lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, resource.getrlimit(resource.RLIMIT_CPU)[1])),
}
results = {}
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
        results[name] = "done"
    except BaseException as error:
        results[name] = type(error).__name__
        if getattr(error, "errno", 0) in (9, 22):
            results[name] = f"refused for another reason: {error}"
sys.stdout.write(json.dumps([layers, results]))
"""
ALLOWED = {"read inside", "import", "a little memory", "signal oneself", "no waiting", "more time"}
"""What an analysis needs, and what it can do to nobody but itself."""
READING = {"read outside", "list outside", "through a link", "through dots", "read the parent's memory"}
"""What Landlock alone keeps it from."""


def place(folder: Path) -> tuple[Path, Path]:
    root, outside = folder / "root", folder / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "file").write_text("inside")
    (outside / "secret").write_text("secret")
    (root / "link").symlink_to(outside / "secret")
    return root, outside / "secret"


@full
@pytest.mark.parametrize("user", ["me", "nobody", "old"])
def test_nothing_is_left_but_reading_and_thinking(tmp_path: Path, user: str) -> None:
    """As whoever runs this, as somebody else, and on a system that is too old for Landlock."""
    if user == "nobody" and os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    root, outside = place(tmp_path)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if user == "nobody" and folder != Path("/tmp"):
            folder.chmod(0o755)
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{TRY}", str(root), str(outside), user]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    layers, results = json.loads(done.stdout)
    assert layers == [layer for layer in jail.LAYERS if user != "old" or layer != "landlock"]
    possible = {name for name, result in results.items() if result == "done"}
    # Whether nobody may read the library of this interpreter is another matter.
    assert (possible - READING if user == "old" else possible) | {"import"} == ALLOWED
    assert user == "nobody" or results["import"] == "done"
    assert results["half a gigabyte"] == "MemoryError"
    assert results["tcp"] == results["fork"] == results["write inside"] == "PermissionError"
    assert sorted(path.name for path in root.iterdir()) == ["file", "link"]
    assert (root / "file").read_text() == "inside"


@full
def test_the_worker_is_in_it(tiny_model: Path) -> None:
    slot = Slot(Settings(str(tiny_model), memory=1 << 30, isolation="required"))
    try:
        assert not slot.judge([Task(payload_of(builders.sdist(), DEFAULT_LIMITS))])[0].trouble
        assert slot.worker is not None
        assert slot.worker.jail == jail.LAYERS
        status = Path(f"/proc/{slot.worker.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert (fields["NoNewPrivs"], fields["Seccomp"], int(fields["CapEff"], 16)) == ("1", "2", 0)
        limits = Path(f"/proc/{slot.worker.pid}/limits").read_text()
        assert "Max file size             0                    0 " in limits
    finally:
        slot.close()


def test_code_of_the_callers_is_not_confined(tiny_model: Path) -> None:
    from darnel.features.package import MemoryPackage

    slot = Slot(Settings(str(tiny_model)))
    try:
        slot.judge([Task(payload_of(MemoryPackage({"a.py": b"x = 1\n"}), DEFAULT_LIMITS))])
        assert slot.worker is not None
        assert slot.worker.jail == ("limits",)
    finally:
        slot.close()


def test_without_isolation_there_are_limits(tiny_model: Path) -> None:
    slot = Slot(Settings(str(tiny_model), isolation="off"))
    try:
        slot.judge([Task(payload_of(builders.sdist(), DEFAULT_LIMITS))])
        assert slot.worker is not None
        assert slot.worker.jail == ("limits",)
    finally:
        slot.close()


def test_required_isolation_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "enter", lambda _: False)
    monkeypatch.setattr(seccomp, "enter", lambda: False)
    monkeypatch.setattr(jail, "_limit", lambda *_: True)
    monkeypatch.setattr(jail, "_drop_privileges", lambda: None)
    settings = {"memory": 0, "seconds": 1.0, "isolation": "required", "confined": True, "roots": []}
    with pytest.raises(DarnelError, match="no landlock, seccomp"):
        jail.enter(settings)
    assert jail.enter({**settings, "isolation": "auto"}) == ("limits",)


def test_a_filter_exists_for_two_machines_and_is_short() -> None:
    for machine in ("x86_64", "aarch64"):
        code = seccomp.program(machine, 1234)
        assert code is not None
        assert 8 * 100 < len(code) < 8 * 4096
    assert seccomp.program("riscv64", 1) is None


@pytest.mark.skipif(not ctypes.util.find_library("seccomp"), reason="libseccomp, to compare with, is not here")
def test_the_numbers_are_those_of_libseccomp() -> None:
    library = ctypes.CDLL(ctypes.util.find_library("seccomp"))
    special = {name: rule.numbers for name, rule in seccomp.RULES.items()} | seccomp.WITHOUT
    for name, numbers in {**seccomp.REFUSED, **special}.items():
        for architecture, number in zip((0xC000003E, 0xC00000B7), numbers, strict=True):
            known = library.seccomp_syscall_resolve_name_arch(architecture, name.encode())
            assert known == number or (known < 0 and (number is None or known == -1)), name
