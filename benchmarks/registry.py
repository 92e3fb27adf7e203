"""What a registry costs: processor time of verdicts on archives drawn from folders, and what that makes of all of PyPI.

    python -m benchmarks.registry FOLDER... [--archives 100] [--releases 8e6] [--bytes 20e12]

Each archive is judged once, as a file, in one warm process that forgets what it remembers of files in between. Rates
are totals over totals, so that large archives count as much as they weigh.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import NamedTuple

from darnel import Classifier
from darnel.features.extract import MEMO
from darnel.features.readers.detect import claimed


class Cost(NamedTuple):
    """Of one verdict."""

    size: int
    source: int
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--archives", type=int, default=100, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--releases", type=float, default=8e6, metavar="N", help="releases of a registry")
    parser.add_argument("--bytes", type=float, default=20e12, metavar="N", help="its bytes")
    args = parser.parse_args()
    paths = {path.name: path for folder in args.folders for path in folder.iterdir() if claimed(path.name)}
    chosen = sorted(random.Random(args.seed).sample(sorted(paths), min(args.archives, len(paths))))
    classifier = Classifier.load()
    classifier.predict(paths[chosen[0]])
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {len(chosen)} of {len(paths)} archives")
    found: dict[str, list[Cost]] = {"pure Python": [], "compiled": []}
    for name in chosen:
        MEMO.forget()
        begin = process_time()
        verdict = classifier.predict(paths[name])
        seconds = process_time() - begin
        kind = "compiled" if name.endswith(".whl") and not name.endswith("-any.whl") else "pure Python"
        found[kind].append(Cost(paths[name].stat().st_size, verdict.coverage.source_bytes, seconds))
    everything = [*found["pure Python"], *found["compiled"]]
    print(f"{'':<12}{'archives':>9}{'MB':>8}{'of source':>11}{'MB/s':>7}{'s each':>8}{'median':>8}")
    for kind, costs in (*found.items(), ("all", everything)):
        if costs:
            print(line(kind, costs))
    mean = statistics.mean(cost.seconds for cost in everything)
    print(f"{args.releases:,.0f} releases like all of these: {args.releases * mean / 3600:,.0f} core-hours")
    for kind, costs in found.items():
        if costs:
            print(f"{args.bytes / 1e12:,.0f} TB like {kind}: {args.bytes / rate(costs) / 3600:,.0f} core-hours")
    print(f"10,000 releases a night: {10_000 * mean / 3600:.1f} core-hours")
    return 0


def rate(costs: Sequence[Cost]) -> float:
    """Bytes of archives a second."""
    return sum(cost.size for cost in costs) / sum(cost.seconds for cost in costs)


def line(kind: str, costs: Sequence[Cost]) -> str:
    """One row of the table."""
    size, source = (sum(getattr(cost, name) for cost in costs) / 1e6 for name in ("size", "source"))
    seconds = [cost.seconds for cost in costs]
    return (
        f"{kind:<12}{len(costs):>9}{size:>8.1f}{source:>11.1f}{rate(costs) / 1e6:>7.2f}"
        f"{statistics.mean(seconds):>8.2f}{statistics.median(seconds):>8.2f}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
