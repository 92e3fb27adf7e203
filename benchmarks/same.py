"""Whether a change of the code left the features as they were: a hash of everything that extraction says, per package.

    python -m benchmarks.same --write BEFORE.json --repositories DIR [--samples 300] [--folder DIR]
    python -m benchmarks.same --compare BEFORE.json --repositories DIR [--samples 300] [--folder DIR]

Run the first command before the change and the second after it. Every sample of the sources (or a number of each, drawn
with a seed) and every archive of the folder is read in memory; of each only the name and hashes of the raw features, of
the float32 rows, and of what the verdict says are kept. With ``--compare`` the exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from darnel.classifier import Classifier
from darnel.errors import DarnelError
from darnel.features.extract import extract
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Package
from darnel.features.raw import RawPackage
from darnel.features.readers import open_package
from darnel.features.vectorise import vectorise_files, vectorise_package
from darnel.training.corpus.build import list_samples
from darnel.training.corpus.manifest import load_manifest
from darnel.training.corpus.places import Roots
from darnel.training.corpus.samples import Sample

SOURCES = (
    "pypi-malregistry",
    "npm-spiderscan",
    "npm-donapi-malicious",
    "npm-zoo",
    "npm-sonatype",
    "npm-mal-npm",
)
PATIENT = replace(DEFAULT_LIMITS, parse_seconds=600, package_seconds=3_600)
"""What a clock cuts differs from run to run on a busy machine."""
LARGEST = 8_000_000
"""Larger artefacts are left out: they would take most of the time."""


def fingerprint(raw: RawPackage) -> str:
    """Hash of the raw features but for the time they took, and of their float32 rows, in order."""
    said = {key: value for key, value in raw.items() if key not in ("seconds", "source")}
    digest = sha256(json.dumps(said, sort_keys=True).encode())
    digest.update(vectorise_package(raw).tobytes())
    digest.update(vectorise_files(raw).tobytes())
    return digest.hexdigest()[:16]


@cache
def _classifier() -> Classifier:
    return Classifier.load(None)


def _judge(package: Package) -> list[str]:
    raw = extract(package, PATIENT)
    verdict = _classifier().judge_features(package, raw, None, {})
    said = {key: value for key, value in verdict.to_dict().items() if key not in ("timings", "source")}
    return [fingerprint(raw), sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]]


def _one(item: tuple[str, Callable[[], Package]]) -> tuple[str, list[str]]:
    name, opened = item
    try:
        package = opened()
        return name, _judge(package) if package.compressed_size <= LARGEST else ["large", ""]
    except DarnelError as error:
        return name, [f"{type(error).__name__}", ""]


class _Archive:
    """Opens one archive; picklable."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self) -> Package:
        return open_package(self.path)


def _items(args: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Package]]]:
    if args.repositories is not None:
        listings, missing = list_samples(load_manifest(None), Roots((args.repositories,), ()), args.sources, True)
        for line in missing:
            print(line)
        for listing in listings:
            samples: list[Sample] = listing.samples
            drawn = random.Random(args.seed).sample(samples, min(args.samples, len(samples)))
            yield from ((sample.id, sample.open) for sample in drawn)
    for folder in args.folder:
        yield from ((path.name, _Archive(str(path))) for path in sorted(folder.iterdir()) if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FILE")
    what.add_argument("--compare", type=Path, metavar="FILE")
    parser.add_argument("--repositories", type=Path, metavar="DIR")
    parser.add_argument("--sources", nargs="*", default=list(SOURCES))
    parser.add_argument("--samples", type=int, default=300, metavar="N", help="of each source")
    parser.add_argument("--folder", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    items = list(_items(args))
    if args.jobs == 1:
        found = dict(map(_one, items))
    else:
        with ProcessPoolExecutor(args.jobs) as pool:
            found = dict(pool.map(_one, items, chunksize=8))
    if args.write:
        args.write.write_text(json.dumps(found, indent=0))
        print(f"{len(found):,} packages written")
        return 0
    before = json.loads(args.compare.read_text())
    both = [name for name in found if name in before]
    features = [name for name in both if found[name][0] != before[name][0]]
    verdicts = [name for name in both if found[name][1] != before[name][1]]
    for name in features[:20]:
        print(f"features differ: {name}")
    for name in [name for name in verdicts if name not in features][:20]:
        print(f"verdict differs: {name}")
    print(f"{len(both):,} packages compared: features of {len(features)} differ, verdicts of {len(verdicts)}")
    return 1 if features or verdicts or not both else 0


if __name__ == "__main__":
    raise SystemExit(main())
