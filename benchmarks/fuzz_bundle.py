"""Damaged model folders: the loader refuses them in one line, or loads them; it never crashes or aborts.

``python -m benchmarks.fuzz_bundle --cases 2000`` copies the shipped model, damages the copy (bits, chunks, truncation,
values of the manifest, missing files, folders and pipes instead of files) and loads it, in a process of its own for
every two hundred cases: LightGBM ends the interpreter when it reads a damaged model, so the hashes have to be compared
first.
Every case is reproducible: ``--seed S --case N`` runs it alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.fuzz import mutate
from darnel.errors import DarnelError
from darnel.models.bundle import default_bundle_path
from darnel.models.manifest import MANIFEST

AT_ONCE = 200
SECONDS = 120
"""Longest that a case may take, on a busy machine too: what is looked for is waiting without end."""
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, float("nan"), 10**400, "", "x", "../../etc/passwd", "\0", "x" * 100_000,
    [], {}, [None], [[]], {"a": {}}, [1.0, 0.0], ["file.txt"],
)  # fmt: skip


def damage(folder: Path, rng: random.Random) -> None:
    """Damage a copy of a model in one or two ways."""
    for _ in range(rng.choice((1, 1, 2))):
        files = sorted(path for path in folder.iterdir() if path.is_file())
        if not files:
            return
        path = rng.choice((folder / MANIFEST, rng.choice(files)))
        if not path.is_file():
            continue
        match rng.randrange(8):
            case 0 | 1:
                path.write_bytes(mutate(path.read_bytes(), b"".join(p.read_bytes()[:999] for p in files), rng))
            case 2 | 3 | 4 if path.name == MANIFEST:
                path.write_text(json.dumps(replaced(json.loads(path.read_bytes()), rng)))
            case 5:
                path.unlink()
                _replace(path, rng.randrange(4))
            case 6:
                path.write_bytes(rng.choice((b"", b"\0" * 4096, b"[" * 200_000, b"{}", rng.randbytes(4096))))
            case _:
                os.truncate(path, rng.randrange(path.stat().st_size + 1))


def _replace(path: Path, how: int) -> None:
    """Nothing, a folder, a pipe or a link to itself in the place of a file."""
    if how == 1:
        path.mkdir()
    elif how == 2:
        os.mkfifo(path)
    elif how == 3:
        path.symlink_to(path)


def replaced(data: Any, rng: random.Random) -> Any:
    """The same JSON with one value, somewhere, replaced, removed or renamed."""
    if not isinstance(data, dict | list) or not data or rng.random() < 0.15:
        return rng.choice(JUNK)
    key = rng.choice(list(data)) if isinstance(data, dict) else rng.randrange(len(data))
    if rng.random() < 0.15:
        del data[key]
    else:
        data[key] = replaced(data[key], rng)
    return data


def child(first: int, count: int, seed: int) -> int:
    """Run some cases, a line of JSON for each."""
    import signal
    import time

    from darnel.classifier import Classifier

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with tempfile.TemporaryDirectory() as base:
        for case in range(first, first + count):
            folder = Path(base) / str(case)
            shutil.copytree(default_bundle_path(), folder)
            with contextlib.suppress(ValueError, RecursionError):  # what was damaged already is no JSON any more
                damage(folder, random.Random(f"{seed}:{case}"))
            signal.alarm(SECONDS)
            started = time.perf_counter()
            try:
                Classifier.load(folder)
                result = "loaded"
            except DarnelError as error:
                result = "refused" if "\n" not in str(error) else "error of several lines"
            except Exception as error:  # what this is here to find
                result = f"{type(error).__name__}: {error}"[:200]
            signal.alarm(0)
            print(json.dumps([case, result, time.perf_counter() - started]), flush=True)
            shutil.rmtree(folder)
    return 0


def run(cases: range, seed: int) -> dict[str, Any]:
    """Run ``cases``; a report with every failure."""
    report: dict[str, Any] = {"seed": seed, "cases": len(cases), "loaded": 0, "refused": 0, "slowest_seconds": 0.0}
    failures: list[str] = []
    at = cases.start
    while at < cases.stop:
        words = ["--child", str(at), str(min(AT_ONCE, cases.stop - at)), "--seed", str(seed)]
        command = [sys.executable, "-m", "benchmarks.fuzz_bundle", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            case, result, seconds = json.loads(line)
            report["slowest_seconds"] = max(report["slowest_seconds"], round(seconds, 3))
            if result in ("loaded", "refused"):
                report[result] += 1
            else:
                failures.append(f"case {case}: {result}")
            at = case + 1
        if done.returncode:
            failures.append(f"case {at}: the interpreter ended ({done.returncode}): {done.stderr[-200:]}")
            at += 1
    return {**report, "failures": failures}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=20_261_125)
    parser.add_argument("--case", type=int, help="run only this one")
    parser.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return child(*options.child, options.seed)
    cases = range(options.cases) if options.case is None else range(options.case, options.case + 1)
    report = run(cases, options.seed)
    print(json.dumps(report, indent=2))
    return bool(report["failures"])


if __name__ == "__main__":
    sys.exit(main())
