"""Cold start: ``darnel scan small.whl`` against ``python -c "import lightgbm"``, interleaved, as a ratio of medians.

    python benchmarks/cold_start.py [--runs 9]

Seconds of processor time, so that other work on the machine counts less, and by the wall clock. LightGBM's Python
package imports pandas and scikit-learn when they are there, darnel does not, which makes the ratio kinder: the figure
that counts is the one from an environment without the ``train`` extra; which one it is, is printed.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

BAR = 3.0
"""The ratio must not be larger."""

MODULE = '"""Greets."""\n\n\ndef hello(name: str) -> str:\n    """Greet somebody."""\n    return f"Hello, {name}"\n'
METADATA = "Metadata-Version: 2.1\nName: hello-small\nVersion: 1.0\nSummary: Greets\n\nA small package.\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / "hello_small-1.0-py3-none-any.whl"
        wheel.write_bytes(small_wheel())
        scan = [sys.executable, "-m", "darnel", "scan", str(wheel), *(["--model", args.model] if args.model else [])]
        base = [sys.executable, "-c", "import lightgbm"]
        times: dict[str, list[float]] = {"darnel scan": [], "import lightgbm": []}
        waited: dict[str, list[float]] = {name: [] for name in times}
        for run in range(args.runs + 1):
            for name, command in (("darnel scan", scan), ("import lightgbm", base)):
                started, before = perf_counter(), spent()
                done = subprocess.run(command, capture_output=True, check=False)
                if done.returncode == 2:
                    print(done.stderr.decode(errors="replace"), file=sys.stderr)
                    return 2
                if run:  # the first one warms the file cache
                    waited[name].append(perf_counter() - started)
                    times[name].append(spent() - before)
    extras = [name for name in ("pandas", "sklearn", "pyarrow") if find_spec(name)]
    print(f"installed beside LightGBM: {', '.join(extras) or 'none of pandas, sklearn, pyarrow'}")
    for name, values in times.items():
        print(
            f"{name:<16} median {median(values):.3f} s, {min(values):.3f} to {max(values):.3f}, n={len(values)}; "
            f"by the wall clock {median(waited[name]):.3f} s"
        )
    ratio = median(times["darnel scan"]) / median(times["import lightgbm"])
    print(f"ratio            {ratio:.2f} (bar: at most {BAR})")
    return 0 if ratio <= BAR else 1


def spent() -> float:
    """Processor time of the processes that were waited for, seconds."""
    times = os.times()
    return times.children_user + times.children_system


def small_wheel() -> bytes:
    """Make a wheel of one module."""
    out = io.BytesIO()
    info = "hello_small-1.0.dist-info"
    files = {"hello_small/__init__.py": MODULE, f"{info}/METADATA": METADATA, f"{info}/WHEEL": WHEEL}
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
