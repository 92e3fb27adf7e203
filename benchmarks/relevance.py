"""What is lost because files, and functions of large files, are proved irrelevant and not parsed: parse all, compare.

``python -m benchmarks.relevance --repositories DIR [--samples 300]`` reads malicious releases in memory from bare
repositories (``darnel corpus sources`` says what goes into DIR); ``--folder DIR`` reads archives. Exits with 1 if a
file of which nothing was parsed holds a behaviour after all. Of files parsed in part it counts those that show a
behaviour less at some line, and those in which one is said to run, or not to run, at import when the whole file tells
otherwise.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from darnel.errors import DarnelError
from darnel.features import content
from darnel.features.analyse import analyse_file
from darnel.features.facts import Observation
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Package
from darnel.features.readers import open_package
from darnel.training.corpus.build import list_samples
from darnel.training.corpus.manifest import load_manifest
from darnel.training.corpus.places import Roots

LARGEST = 4_000_000
"""Larger artefacts are left out: they would take most of the time."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--repositories", type=Path, metavar="DIR")
    where.add_argument("--folder", type=Path, metavar="DIR")
    parser.add_argument("--samples", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    releases = files = size = spared = spared_size = lost = 0
    cut = cut_size = less = elsewhere = 0
    seen: set[int] = set()
    for package in packages(args.repositories, args.folder, args.samples, args.seed):
        releases += 1
        for member in package.members():
            language = language_for(member.path, member.data)
            if language is None or language.relevant is None or hash(member.data) in seen:
                continue
            seen.add(hash(member.data))
            sniffed = content.sniff(member.path, member.data)
            raw = analyse_file(member.path, member.data, sniffed, language, DEFAULT_LIMITS)
            files, size = files + 1, size + len(member.data)
            always = dataclasses.replace(language, relevant=None)
            if not raw.get("unparsed"):
                if language.abridge is None or len(member.data) < language.large:
                    continue
                cut, cut_size = cut + 1, cut_size + len(member.data)
                whole = analyse_file(member.path, member.data, sniffed, always, DEFAULT_LIMITS)
                seen_whole, seen_part = shown(whole["observations"]), shown(raw["observations"])
                if missing := seen_whole.keys() - seen_part.keys():
                    less += 1
                    print(f"{raw['sha256'][:12]}, in part: {sorted(missing)[:5]}")
                elif any(seen_part[key] != top for key, top in seen_whole.items()):
                    elsewhere += 1
                continue
            spared, spared_size = spared + 1, spared_size + len(member.data)
            found = analyse_file(member.path, member.data, sniffed, always, DEFAULT_LIMITS)["observations"]
            if found:
                lost += 1
                print(f"{raw['sha256'][:12]}: {sorted({f'{o.behaviour} {o.api}' for o in found})[:5]}")
    print(
        f"{releases} releases, {files:,} distinct Python files, {size / 1e6:.1f} MB; not parsed: {spared:,} files, "
        f"{spared_size / max(size, 1):.1%} of the bytes; of these with a behaviour: {lost}"
    )
    print(
        f"large, and parsed at least in part: {cut:,} files, {cut_size / max(size, 1):.1%} of the bytes; with a "
        f"behaviour less: {less}; with one that runs elsewhere: {elsewhere}"
    )
    return 1 if lost else 0


def shown(observations: Iterable[Observation]) -> dict[tuple[str, int], bool]:
    """Behaviours with their lines, and whether they run with the file; machine-made names are counted, not placed."""
    return {(seen.behaviour, seen.line): seen.top for seen in observations if seen.behaviour != "hide.names"}


def packages(repositories: Path | None, folder: Path | None, most: int, seed: int) -> Iterator[Package]:
    """At most ``most`` releases, drawn with a seed; what cannot be read is left out."""
    rng = random.Random(seed)
    if folder is not None:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size <= LARGEST)
        for path in rng.sample(paths, min(most, len(paths))):
            try:
                yield open_package(str(path))
            except DarnelError:
                continue
        return
    assert repositories is not None
    listings, _ = list_samples(load_manifest(None), Roots((repositories,), ()), ["pypi-malregistry"], False)
    samples = [sample for listing in listings for sample in listing.samples]
    for sample in rng.sample(samples, min(most, len(samples))):
        try:
            package = sample.open()
        except DarnelError:
            continue
        if package.compressed_size <= LARGEST:
            yield package


if __name__ == "__main__":
    raise SystemExit(main())
