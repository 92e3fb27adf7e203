"""How the cost of a verdict grows with the size and the number of files.

    python -m benchmarks.growth FOLDER [--plot docs/growth.png]

FOLDER holds benign wheels, whose Python files are the material: packages are drawn from them, with a seed, and judged
in memory in one process. Growth: seconds of processor time for packages of 64 KiB to 16 MiB of source, and of 1 to
4,096 files of the same size; the exponents are slopes of lines fitted to the logarithms (1 is linear).
"""

from __future__ import annotations

import argparse
import random
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from darnel import Classifier
from darnel.features.extract import MEMO
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Ecosystem, MemoryPackage

KIB = 1024
SIZES = tuple(64 * KIB << i for i in range(0, 9, 2))
COUNTS = tuple(4**i for i in range(7))
FILE = 4 * KIB
"""Bytes of each file where the number of files grows."""
META = b"Metadata-Version: 2.1\nName: sample%d\nVersion: 1.0.%d\nSummary: material of a benchmark\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    args = parser.parse_args()
    material = sources(args.folder)
    # Only clocks are lifted: they cut on a busy machine what an idle one reads.
    classifier = Classifier.load(limits=replace(DEFAULT_LIMITS, package_seconds=1e9, parse_seconds=1e9))
    print(f"{len(material):,} files of material, {sum(map(len, material)) / 1e6:.1f} MB")
    rng = random.Random(1)
    classifier.predict(package(material[:200], 0))  # loads and compiles what is loaded once
    by_size = [(size, cost(classifier, of_size(material, size, rng), args.repeat)) for size in SIZES]
    by_count = [(n, cost(classifier, of_count(material, n, rng), args.repeat)) for n in COUNTS]
    for size, seconds in by_size:
        print(f"{size / 1e6:8.2f} MB of source      {seconds:8.3f} s  {size / 1e6 / seconds:6.2f} MB/s")
    for count, seconds in by_count:
        print(f"{count:8,} files of 4 KiB    {seconds:8.3f} s  {1e3 * seconds / count:6.2f} ms a file")
    # The smallest are mostly fixed costs.
    print(f"exponents: {exponent(by_size[1:]):.2f} by size, {exponent(by_count[2:]):.2f} by number of files")
    if args.plot:
        plot(by_size, by_count, args.plot)
    return 0


def sources(folder: Path, most: int = 60_000_000) -> list[bytes]:
    """Python files of the wheels in a folder, shuffled."""
    found: list[bytes] = []
    left = most
    for path in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            for entry in wheel.infolist():
                if entry.filename.endswith(".py") and 0 < entry.file_size <= 256 * KIB and left > 0:
                    found.append(wheel.read(entry))
                    left -= entry.file_size
    random.Random(0).shuffle(found)
    return found


def package(files: Sequence[bytes], number: int) -> MemoryPackage:
    """A package of these modules."""
    members = {f"sample{number}/d{i % 100}/m{i}.py": data for i, data in enumerate(files)}
    members[f"sample{number}-1.0.{number}.dist-info/METADATA"] = META % (number, number)
    return MemoryPackage(members, ecosystem=Ecosystem.PYPI)


def of_size(material: Sequence[bytes], size: int, rng: random.Random) -> MemoryPackage:
    """A package of about ``size`` bytes."""
    chosen: list[bytes] = []
    left = size
    while left > 0:
        chosen.append(rng.choice(material)[:left])
        left -= len(chosen[-1])
    return package(chosen, size)


def of_count(material: Sequence[bytes], count: int, rng: random.Random) -> MemoryPackage:
    """A package of ``count`` files of 4 KiB."""
    large = [data for data in material if len(data) >= FILE]
    return package([rng.choice(large)[:FILE] for _ in range(count)], count)


def cost(classifier: Classifier, sample: MemoryPackage, repeat: int) -> float:
    """Least seconds of processor time of a verdict."""
    spent = []
    for _ in range(repeat):
        MEMO.forget()
        begin = time.process_time()
        verdict = classifier.predict(sample)
        spent.append(time.process_time() - begin)
        if verdict.coverage.cut or verdict.coverage.skipped:
            raise RuntimeError(f"a limit cut the analysis: {verdict.coverage}")
    return min(spent)


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """Slope of the line through the logarithms."""
    x, y = np.log(np.array(points, dtype=float)).T
    return float(np.polyfit(x, y, 1)[0])


def plot(by_size: Sequence[tuple[int, float]], by_count: Sequence[tuple[int, float]], path: Path) -> None:
    """Draw both curves with lines of slope one."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axis, points, scale, label in (
        (axes[0], by_size, 1e6, "MB of Python source"),
        (axes[1], by_count, 1, "files of 4 KiB"),
    ):
        x, y = np.array(points, dtype=float).T
        axis.loglog(x / scale, y, "o-", label="measured")
        middle = len(x) // 2
        axis.loglog(x / scale, y[middle] * x / x[middle], ":", color="grey", label="linear")
        axis.set_xlabel(label)
        axis.set_ylabel("seconds of processor")
        axis.grid(True, which="major", alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    raise SystemExit(main())
