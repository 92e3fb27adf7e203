"""The whole batch path on one core and on two: releases and megabytes a second, alternating, on the same archives.

    python -m benchmarks.throughput FOLDER [--archives 60] [--rounds 3] [--jobs 2]

Runs ``darnel batch`` without its cache, with one process and with ``--jobs``, in turn; what the smallest few archives
take, a start of command and workers above all, is taken off. Times are by the wall clock, so the machine has to be
idle: the load is printed, and above a tenth the speed-up says nothing. What says something on a busy machine too (on
Linux) is how evenly the workers shared the work: the processor time of all of them over that of the busiest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.extraction import packages
from benchmarks.steady import children


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--archives", type=int, default=60, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    args = parser.parse_args()
    paths = [package.source for package in packages(args.folder, args.archives)]
    paths.sort(key=lambda path: Path(path).stat().st_size)
    few, paths = paths[: 2 * args.jobs], paths[2 * args.jobs :]
    size = sum(Path(path).stat().st_size for path in paths) / 1e6
    print(f"{len(paths)} archives, {size:.1f} MB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    best: dict[int, float] = {}
    shared: list[float] = []
    for _ in range(args.rounds):
        for jobs in (1, args.jobs):
            seconds, spent = timed([*few, *paths], jobs)
            seconds -= timed(few, jobs)[0]
            best[jobs] = min(seconds, best.get(jobs, seconds))
            if jobs > 1 and spent:
                shared.append(sum(spent) / max(spent))
    for jobs, seconds in best.items():
        print(f"{jobs} jobs: {seconds:.1f} s, {len(paths) / seconds:.1f} releases/s, {size / seconds:.2f} MB/s")
    print(f"speed-up {best[1] / best[args.jobs]:.2f}")
    if shared:
        print(
            f"processor time of all workers over that of the busiest: {', '.join(f'{value:.2f}' for value in shared)}"
        )
    return 0


def timed(paths: list[str], jobs: int) -> tuple[float, list[float]]:
    """Seconds of one batch, and seconds of processor of each worker."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "darnel", "batch", "-", "--no-cache", "--quiet", "--format", "jsonl"]
        command += ["--jobs", str(jobs), "--output", str(Path(folder) / "rows.jsonl")]
        begin = time.perf_counter()
        spent: dict[int, float] = {}
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            ended = threading.Event()
            watch = threading.Thread(target=_watch, args=(process.pid, spent, ended))
            watch.start()
            _, said = process.communicate("\n".join(paths))
            ended.set()
            watch.join()
        seconds = time.perf_counter() - begin
    if process.returncode not in (0, 1, 2):
        raise RuntimeError(said)
    return seconds, list(spent.values())


def _watch(pid: int, spent: dict[int, float], ended: threading.Event) -> None:
    """Note the processor time of the children of a process, over and over."""
    while not ended.wait(0.1):
        for child in children(pid):
            try:
                fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            except OSError:  # gone
                continue
            spent[child] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
