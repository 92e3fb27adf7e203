"""Memory of a long batch: parent and workers, sampled while ``darnel batch`` judges 50,000 packages that all differ.

    python -m benchmarks.steady FOLDER... [--packages 50000] [--jobs 2]

The FOLDERs hold benign archives, whose small Python and JavaScript files are the material. From these, sdists, wheels
and npm tarballs of one or two files are made with a seed, each under a name of its own and with a line of its own in
each file, so that nothing that is remembered of one helps with another. They are made when they are read, through a
file system of fsspec, and are never all there. The batch is the one of the command: manifest in, dataset out, workers
in their jail.

Printed are the medians of resident memory over the first and the last tenth of the packages and the largest value
ever, Linux only. Workers are replaced after 2,000 releases, so that a leak in them shows as their maximum.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import fsspec

from darnel.batch.run import Plan, run
from darnel.errors import DarnelError
from darnel.features.readers import open_package
from tests import builders

SCHEME = "steady"
SMALLEST, LARGEST = 200, 8_192
"""Bytes of the files that are material."""
MATERIAL = 20_000_000
"""Bytes of it, at most."""
EVERY = 2.0
"""Seconds between two samples."""
ROOM = 0.1
"""Share that the median may grow by from the first tenth to the last."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--packages", type=int, default=50_000, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    args = parser.parse_args()
    material = Material(args.folders)
    print(f"{len(material.python):,} Python and {len(material.javascript):,} JavaScript files of material")
    Made.material = material
    fsspec.register_implementation(SCHEME, Made)
    with tempfile.TemporaryDirectory() as base:
        manifest = Path(base) / "all.csv"
        with manifest.open("w") as stream:
            stream.write("path\n")
            stream.writelines(f"{SCHEME}://{name_of(number)}\n" for number in range(args.packages))
        sampler = Sampler(args.packages // 10)
        plan = Plan([str(manifest)], str(Path(base) / "out"), jobs=args.jobs, memory=2 << 30, quiet=True)
        spent = time.process_time()
        summary = run(plan)
        sampler.stop()
        spent = time.process_time() - spent
    if summary.new != args.packages or Made.read != args.packages:
        raise RuntimeError(f"{summary.new} rows, {Made.read} packages")
    counts = ", ".join(f"{n:,} {label}" for label, n in summary.counts.items() if n)
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{summary.new:,} packages in {summary.seconds:,.0f} s: {counts}; {', '.join(summary.jail)}")
    print(f"processor: parent, with making them, {spent:.0f} s; workers {workers.ru_utime + workers.ru_stime:.0f} s")
    return report(sampler.seen, args.packages)


class Material:
    """Small files of benign archives."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.python: list[bytes] = []
        self.javascript: list[bytes] = []
        left = {".py": MATERIAL // 2, ".js": MATERIAL // 2}
        paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
        random.Random(0).shuffle(paths)
        for path in paths:
            for name, data in _members(path):
                suffix = Path(name).suffix
                if SMALLEST <= len(data) <= LARGEST and left.get(suffix, 0) > 0:
                    (self.python if suffix == ".py" else self.javascript).append(data)
                    left[suffix] -= len(data)
            if max(left.values()) <= 0:
                break
        if not self.python:
            raise SystemExit("no small Python file in any archive there")

    def package(self, number: int) -> bytes:
        """The package of this number."""
        rng = random.Random(number)
        name, kind = f"sample-{rng.getrandbits(40):010x}", number % 3
        version = f"{rng.randrange(9)}.{rng.randrange(99)}.{number}"
        javascript = kind == 2 and bool(self.javascript)
        chosen = rng.choices(self.javascript if javascript else self.python, k=rng.randint(1, 2))
        if javascript:
            files = {f"lib/m{i}.js": data + b"\nexports.made%d = %d;\n" % (i, number) for i, data in enumerate(chosen)}
            return builders.npm(name, version, files)
        files = {f"{name}/m{i}.py": data + b"\nMADE%d = %d\n" % (i, number) for i, data in enumerate(chosen)}
        return builders.wheel(name, version, files) if kind else builders.sdist(name, version, files)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        for member in open_package(path).members():
            yield member.path, member.data
    except DarnelError:
        return


def name_of(number: int) -> str:
    """File name of a package."""
    return f"{number}{('.tar.gz', '.whl', '.tgz')[number % 3]}"


class Made(fsspec.spec.AbstractFileSystem):  # type: ignore[misc]
    """A file system whose files are made when they are opened."""

    protocol = SCHEME
    cachable = False
    material: ClassVar[Material]
    read = 0
    _lock = threading.Lock()

    def _open(self, path: str, *_: Any, **__: Any) -> Any:
        with Made._lock:
            Made.read += 1
        return io.BytesIO(self.material.package(int(Path(path).name.partition(".")[0])))


class Sample(NamedTuple):
    """Memory at one moment, MB."""

    packages: int
    parent: float
    workers: tuple[float, ...]


class Sampler:
    """A thread that looks every few seconds, and says what it sees once in so many packages."""

    def __init__(self, every: int) -> None:
        self.seen: list[Sample] = []
        self._every = self._next = max(every, 1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(EVERY):
            workers = tuple(sorted(filter(None, map(resident, children(os.getpid()))), reverse=True))
            if workers:  # the ends of the run are not looked at
                self.seen.append(Sample(Made.read, resident(os.getpid()), workers))
                self._say(self.seen[-1])

    def _say(self, sample: Sample) -> None:
        if sample.packages >= self._next:
            self._next = sample.packages + self._every
            workers = ", ".join(f"{worker:.0f}" for worker in sample.workers)
            print(f"{sample.packages:7,} packages: parent {sample.parent:.0f} MB, workers {workers} MB", flush=True)


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    found: list[int] = []
    for listed in Path("/proc").glob(f"{pid}/task/*/children"):
        try:
            found += map(int, listed.read_text().split())
        except OSError:  # a thread that has ended
            continue
    return found


def resident(pid: int) -> float:
    """Resident memory of a process, MB; 0 if there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    except (OSError, IndexError):
        return 0.0


def report(seen: Sequence[Sample], packages: int) -> int:
    """Print medians and maxima; 1 if anything has grown."""
    first = [sample for sample in seen if sample.packages <= packages / 10]
    last = [sample for sample in seen if sample.packages >= packages * 9 / 10]
    if not first or not last:
        print(f"only {len(seen)} samples: too few packages for their memory to be seen")
        return 1
    grown = False
    columns: dict[str, Callable[[Sample], float]] = {
        "parent": lambda sample: sample.parent,
        "largest worker": lambda sample: max(sample.workers),
        "all together": lambda sample: sample.parent + sum(sample.workers),
    }
    print(f"{'MB':<16}{'first tenth':>12}{'last tenth':>12}{'maximum':>12}   ({len(seen)} samples)")
    for name, column in columns.items():
        begin, end = (statistics.median(map(column, part)) for part in (first, last))
        print(f"{name:<16}{begin:>12.0f}{end:>12.0f}{max(map(column, seen)):>12.0f}")
        grown |= end > begin * (1 + ROOM)
    return int(grown)


if __name__ == "__main__":
    raise SystemExit(main())
