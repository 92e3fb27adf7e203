"""The whole path from archive to verdict, beside two other scanners, on the same archives in the same run.

    python -m benchmarks.peers FOLDER --peers PYTHON [--archives 40] [--rounds 3]

PYTHON is the interpreter of an environment of its own with ``pip install guarddog hexora``; they are no dependencies of
darnel. *darnel* is ``predict``, with evidence of every verdict, *darnel batch* what a worker of ``darnel batch`` does
with a release: evidence of what is not clean. FOLDER holds **benign** wheels: as the other two read no wheels or need a
folder, each is repacked as ``.tar.gz`` and the others unpack it themselves, in the time that is measured (they have no
other way in). Each runs in one warm process, in turn, ``--rounds`` times. What counts is megabytes of compressed
archives per second of processor time (its own and its children's), which other work on the machine disturbs least;
the best round counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

CLOCK = """
import json, os, sys, time
def clock():
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system
paths = json.load(sys.stdin)
"""
REPORT = """
for path in paths[:2]:
    one(path)
begin, wall, failed = clock(), time.perf_counter(), 0
for path in paths:
    try:
        one(path)
    except Exception as error:
        failed += 1
        print(type(error).__name__, error, file=sys.stderr)
print(json.dumps([clock() - begin, time.perf_counter() - wall, failed]))
"""
PROGRAMS = {
    "darnel": """
from darnel import Classifier
from darnel.features.extract import MEMO
classifier = Classifier.load()
def one(path):
    MEMO.forget()
    classifier.predict(path)
""",
    "darnel batch": """
from darnel import Classifier
from darnel.batch.analyst import Analyst
from darnel.batch.task import task_of
from darnel.features.extract import MEMO
classifier = Classifier.load()
analyst = Analyst(classifier)
def one(path):
    MEMO.forget()
    task = task_of(path, classifier.limits, explain_clean=False)
    analyst.take(task.header, [payload.data for payload in task.payloads])
    analyst.conclude()
""",
    "GuardDog": """
import shutil, tarfile, tempfile
from guarddog.scanners.pypi_package_scanner import PypiPackageScanner
scanner = PypiPackageScanner()
def one(path):
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        scanner.scan_local(folder)
""",
    "hexora": """
import hexora, tarfile, tempfile
def one(path):
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        list(hexora.audit_path(folder))
""",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", required=True, metavar="PYTHON")
    parser.add_argument("--archives", type=int, default=40, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--largest", type=int, default=4_000_000, metavar="BYTES")
    args = parser.parse_args()
    wheels = [path for path in sorted(args.folder.glob("*.whl")) if path.stat().st_size <= args.largest]
    wheels = wheels[:: max(1, len(wheels) // args.archives)][: args.archives]
    with tempfile.TemporaryDirectory() as folder:
        paths = [repack(wheel, Path(folder)) for wheel in wheels]
        size = sum(path.stat().st_size for path in paths) / 1e6
        print(f"{len(paths)} archives, {size:.1f} MB compressed, median {median(paths):.0f} kB")
        speed: dict[str, float] = {}
        for _ in range(args.rounds):
            for name, program in PROGRAMS.items():
                python = sys.executable if name.startswith("darnel") else args.peers
                processor, wall, failed = run(python, program, paths)
                speed[name] = max(speed.get(name, 0.0), size / processor)
                print(f"{name:<12} {processor:7.2f} s of processor {wall:7.2f} s, {failed} failed", file=sys.stderr)
    for name, rate in speed.items():
        others = ", ".join(f"{rate / speed[x]:.2f} times {x}" for x in ("GuardDog", "hexora"))
        print(f"{name:<12} {rate:6.2f} MB/s{'   = ' + others if name.startswith('darnel') else ''}")
    return 0


def repack(wheel: Path, folder: Path) -> Path:
    """Write a wheel's regular members as a ``.tar.gz``."""
    path = folder / f"{wheel.stem}.tar.gz"
    with zipfile.ZipFile(wheel) as source, tarfile.open(path, "w:gz", compresslevel=6) as target:
        for entry in source.infolist():
            if not entry.is_dir():
                member = tarfile.TarInfo(f"{wheel.stem}/{entry.filename}")
                member.size = entry.file_size
                target.addfile(member, BytesIO(source.read(entry)))
    return path


def median(paths: list[Path]) -> float:
    return statistics.median(path.stat().st_size for path in paths) / 1000


def run(python: str, program: str, paths: list[Path]) -> tuple[float, float, int]:
    """Scan the archives in a process of its own: seconds of processor and by the wall clock, and failures."""
    done = subprocess.run(
        [python, "-c", CLOCK + program + REPORT],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=True,
    )
    processor, wall, failed = json.loads(done.stdout.splitlines()[-1])
    return processor, wall, failed


if __name__ == "__main__":
    raise SystemExit(main())
