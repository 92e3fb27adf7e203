"""How long one verdict takes in a warm process, on malicious sdists read in memory from a bare repository.

``python -m benchmarks.warm --repositories DIR [--samples 300]``; see ``darnel corpus sources`` for what goes into DIR.
Milliseconds from bytes to verdict, evidence included, excerpts not: of processor time, so that other work on the
machine does not count, and by the wall clock. What was found in files of releases before is forgotten before each one;
``--remember`` keeps it, as any process that judges many releases does: clones are half of such a collection.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

from darnel.classifier import Classifier
from darnel.errors import DarnelError
from darnel.features.extract import MEMO
from darnel.training.corpus.build import list_samples
from darnel.training.corpus.manifest import load_manifest
from darnel.training.corpus.places import Roots


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=Path, required=True, metavar="DIR")
    parser.add_argument("--samples", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--remember", action="store_true")
    args = parser.parse_args()
    listings, _ = list_samples(load_manifest(None), Roots((args.repositories,), ()), ["pypi-malregistry"], False)
    samples = [sample for listing in listings for sample in listing.samples]
    chosen = random.Random(args.seed).sample(samples, min(args.samples, len(samples)))
    classifier = Classifier.load(None)
    spent: list[float] = []
    waited: list[float] = []
    for sample in chosen:
        try:
            package = sample.open()
            if not args.remember:
                MEMO.forget()
            wall, processor = time.perf_counter(), time.process_time()
            classifier.predict(package)
        except DarnelError as error:
            print(f"{sample.id}: {error}")
            continue
        spent.append(1000 * (time.process_time() - processor))
        waited.append(1000 * (time.perf_counter() - wall))
    for name, times in (("processor", spent), ("wall clock", waited)):
        times = sorted(times[10:])  # the first ones load grammars and tables
        print(
            f"{len(times)} malicious releases, {name}: median {statistics.median(times):.1f} ms, "
            f"p95 {times[int(0.95 * len(times))]:.1f} ms, max {times[-1]:.0f} ms"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
