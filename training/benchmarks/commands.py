"""``darnel benchmark``: make injected releases, and score models on them. Heavy imports happen when a run starts."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darnel.training.config import Config
    from darnel.training.corpus.samples import Sample
    from darnel.training.protocols import Say
    from darnel.training.table import FeatureTable

LIMIT = 3_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands and options of ``darnel benchmark``."""
    commands = parser.add_subparsers(dest="benchmark", required=True, metavar="BENCHMARK")
    make = commands.add_parser(
        "injection", help="splice payloads of malicious samples into benign releases, in memory, into a feature table"
    )
    _sources(make)
    make.add_argument("--cache", type=Path, required=True, metavar="FILE", help="what was made so far (SQLite)")
    make.add_argument("--limit", type=int, default=LIMIT, metavar="N", help="most injected releases (default: 3000)")
    make.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes")
    make.set_defaults(part=_injection)
    placebo = commands.add_parser("placebo", help="malicious releases without their payload, into a feature table")
    _sources(placebo)
    placebo.set_defaults(part=_placebo)
    score = commands.add_parser("score", help="fit on the protocols' training sides, score injected releases")
    score.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
    score.add_argument("--injected", type=Path, required=True, metavar="DIR", help="table of `benchmark injection`")
    score.add_argument("--placebo", type=Path, metavar="DIR", help="table of `benchmark placebo`")
    score.add_argument("--config", type=Path, metavar="FILE", help="training configuration")
    score.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON to write")
    score.add_argument("--split", action="append", choices=["campaign", "temporal"], help="default: both")
    score.add_argument("--augment", action="store_true", help="also train on the injected releases that may be")
    score.add_argument("--jobs", type=int, metavar="N", help="instead of the configuration's")
    score.set_defaults(part=_score)


def _sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
    parser.add_argument("--config", type=Path, metavar="FILE", help="training configuration (folds, dates, seed)")
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="default: the one that ships with darnel")
    parser.add_argument("--repositories", type=Path, action="append", required=True, metavar="DIR")
    parser.add_argument("--folders", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--corpus-cache", type=Path, required=True, metavar="FILE", help="of `darnel corpus build`")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the feature table goes")


def run(args: argparse.Namespace) -> int:
    """Run what :func:`configure` parsed. Exit code 0."""
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - start:6.0f} s] {text}", file=sys.stderr, flush=True)

    args.part(args, say)
    return 0


def _at_hand(args: argparse.Namespace, say: Say) -> tuple[Config, FeatureTable, dict[str, Sample]]:
    """Configuration, table, and those of its samples that the sources on this machine hold."""
    from darnel.training.config import load_config
    from darnel.training.corpus.build import list_samples
    from darnel.training.corpus.listing import Roots
    from darnel.training.corpus.manifest import load_manifest
    from darnel.training.storage import load_table

    config, table, manifest = load_config(args.config), load_table(args.data), load_manifest(args.manifest)
    used = set(table.packages["source"])
    only = [source.id for source in manifest.sources if source.id in used]
    roots = Roots(tuple(args.repositories), tuple(args.folders))
    listings, missing = list_samples(manifest, roots, only, skip_missing=True)
    for line in missing:
        say(f"skipped: {line}")
    wanted = set(table.packages["id"])
    samples = {s.id: s for listing in listings for s in listing.samples if s.id in wanted}
    say(f"{len(samples)} of {len(wanted)} packages of the table are at hand")
    return config, table, samples


def _injection(args: argparse.Namespace, say: Say) -> None:
    from darnel.training.benchmarks.injection import harvest, inject_missing, injected_table
    from darnel.training.benchmarks.plan import pair_up
    from darnel.training.corpus.store import Store
    from darnel.training.storage import save_table

    config, table, samples = _at_hand(args, say)
    with Store(args.corpus_cache) as corpus, Store(args.cache) as cache:
        payloads = harvest(samples, table, corpus, say)
        # Blocks come from the whole table, so that they are the protocols' own.
        plan = [p for p in pair_up(table.packages, payloads, config, args.limit, config.seed) if p.host in samples]
        say(f"plan: {len(plan)} injected releases, {len({pair.host for pair in plan})} hosts")

        def tell(done: int, total: int) -> None:
            if done % 50 == 0 or done == total:
                say(f"hosts: {done} of {total}")

        count = inject_missing(
            plan, payloads, samples, corpus, cache, seed=config.seed, jobs=max(1, args.jobs), tell=tell
        )
        injected, missing = injected_table(plan, payloads, samples, table.packages, corpus, cache, seed=config.seed)
    save_table(injected, args.out)
    say(f"{len(injected)} injected releases in {args.out}; {dict(count)}; not made: {dict(missing)}")


def _placebo(args: argparse.Namespace, say: Say) -> None:
    from darnel.training.benchmarks.injection import harvest
    from darnel.training.benchmarks.placebo import placebo_table
    from darnel.training.corpus.store import Store
    from darnel.training.storage import save_table

    _, table, samples = _at_hand(args, say)
    with Store(args.corpus_cache) as corpus:
        payloads = harvest(samples, table, corpus, say)
        placebo = placebo_table(payloads, samples, table.packages, corpus)
    save_table(placebo, args.out)
    say(f"{len(placebo)} placebos of {len(payloads)} releases in {args.out}")


def _score(args: argparse.Namespace, say: Say) -> None:
    from darnel.training.benchmarks.protocol import benchmark
    from darnel.training.config import load_config
    from darnel.training.report import to_json
    from darnel.training.storage import load_table

    config = load_config(args.config)
    config = replace(config, jobs=args.jobs) if args.jobs else config
    result = benchmark(
        load_table(args.data),
        load_table(args.injected),
        config,
        say,
        tuple(args.split) if args.split else ("campaign", "temporal"),
        augment=args.augment,
        placebo=load_table(args.placebo) if args.placebo else None,
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(to_json(result), encoding="utf-8")
    say(f"wrote {args.out}")
