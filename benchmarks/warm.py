"""How long one verdict takes in a warm process, on malicious sdists read in memory from a bare repository.

``python -m benchmarks.warm --repositories DIR [--samples 300]``; see ``darnel corpus sources`` for what goes into DIR.
Wall-clock milliseconds from bytes to verdict, evidence included, excerpts not.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

from darnel.classifier import Classifier
from darnel.errors import DarnelError
from darnel.training.corpus.build import list_samples
from darnel.training.corpus.listing import Roots
from darnel.training.corpus.manifest import load_manifest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=Path, required=True, metavar="DIR")
    parser.add_argument("--samples", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    listings, _ = list_samples(load_manifest(None), Roots((args.repositories,), ()), ["pypi-malregistry"], False)
    samples = [sample for listing in listings for sample in listing.samples]
    chosen = random.Random(args.seed).sample(samples, min(args.samples, len(samples)))
    classifier = Classifier.load(None)
    spent: list[float] = []
    for sample in chosen:
        try:
            package = sample.open()
            started = time.perf_counter()
            classifier.predict(package)
        except DarnelError as error:
            print(f"{sample.id}: {error}")
            continue
        spent.append(1000 * (time.perf_counter() - started))
    spent = sorted(spent[10:])  # the first ones load grammars and tables
    print(
        f"{len(spent)} malicious releases: median {statistics.median(spent):.1f} ms, "
        f"p95 {spent[int(0.95 * len(spent))]:.1f} ms, max {spent[-1]:.0f} ms"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
