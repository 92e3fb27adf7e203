"""``darnel benchmark``: make injected releases, and score models on them. Heavy imports happen when a run starts."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from darnel.training.benchmarks import derived_commands

LIMIT = 3_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands and options of ``darnel benchmark``."""
    commands = parser.add_subparsers(dest="benchmark", required=True, metavar="BENCHMARK")
    make = commands.add_parser(
        "injection", help="splice payloads of malicious samples into benign releases, in memory, into a feature table"
    )
    make.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
    make.add_argument("--config", type=Path, metavar="FILE", help="training configuration (folds, seed)")
    make.add_argument("--manifest", type=Path, metavar="FILE", help="default: the one that ships with darnel")
    make.add_argument("--repositories", type=Path, action="append", required=True, metavar="DIR")
    make.add_argument("--folders", type=Path, action="append", default=[], metavar="DIR")
    make.add_argument("--corpus-cache", type=Path, required=True, metavar="FILE", help="of `darnel corpus build`")
    make.add_argument("--cache", type=Path, required=True, metavar="FILE", help="what was made so far (SQLite)")
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the feature table goes")
    make.add_argument("--limit", type=int, default=LIMIT, metavar="N", help="most injected releases (default: 3000)")
    make.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes")
    score = commands.add_parser("injection-score", help="fit on the protocols' training sides, score injected releases")
    score.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
    score.add_argument("--injected", type=Path, required=True, metavar="DIR", help="table of `benchmark injection`")
    score.add_argument("--config", type=Path, metavar="FILE", help="training configuration")
    score.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON to write")
    score.add_argument("--split", action="append", choices=["campaign", "temporal"], help="default: both")
    score.add_argument(
        "--augment",
        action="store_true",
        help="also train on these and the other variants in DIR of --data",
    )
    score.add_argument("--jobs", type=int, metavar="N", help="instead of the configuration's")
    locate = commands.add_parser(
        "localisation",
        help="fit on the temporal training side, make injected releases again, look where evidence points",
    )
    locate.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
    locate.add_argument("--injected", type=Path, required=True, metavar="DIR", help="table of `benchmark injection`")
    locate.add_argument("--config", type=Path, metavar="FILE", help="training configuration")
    locate.add_argument("--manifest", type=Path, metavar="FILE", help="default: the one that ships with darnel")
    locate.add_argument("--repositories", type=Path, action="append", required=True, metavar="DIR")
    locate.add_argument("--folders", type=Path, action="append", default=[], metavar="DIR")
    locate.add_argument(
        "--fitted", type=Path, required=True, metavar="DIR", help="where the fitted model is kept; used if it is there"
    )
    locate.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON to write; report beside it")
    locate.add_argument("--limit", type=int, default=0, metavar="N", help="at most so many releases (default: all)")
    locate.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes")
    derived_commands.configure(commands)


def run(args: argparse.Namespace) -> int:
    """Run what :func:`configure` parsed. Exit code 0."""
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - start:6.0f} s] {text}", file=sys.stderr, flush=True)

    runs = {"injection": _make, "injection-score": _score, "localisation": _localise}
    derived = derived_commands.score if args.benchmark.endswith("-score") else derived_commands.make
    return runs.get(args.benchmark, derived)(args, say)


def _make(args: argparse.Namespace, say: Any) -> int:
    from darnel.training.benchmarks.injection import harvest, inject_missing, injected_table
    from darnel.training.benchmarks.plan import pair_up
    from darnel.training.config import load_config
    from darnel.training.corpus.build import samples_of
    from darnel.training.corpus.manifest import load_manifest
    from darnel.training.corpus.places import Roots
    from darnel.training.corpus.store import Store
    from darnel.training.derived import save_derived
    from darnel.training.storage import load_table

    config, table = load_config(args.config), load_table(args.data)
    manifest = load_manifest(args.manifest)
    roots = Roots(tuple(args.repositories), tuple(args.folders))
    samples = samples_of(table.packages, manifest, roots)
    say(f"{len(samples)} of {len(table)} packages of the table are at hand")
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
    save_derived(injected, table, args.out)
    say(f"{len(injected)} injected releases in {args.out}; {dict(count)}; not made: {dict(missing)}")
    return 0


def _score(args: argparse.Namespace, say: Any) -> int:
    from darnel.training.benchmarks.score import benchmark
    from darnel.training.benchmarks.score_report import section
    from darnel.training.config import load_config
    from darnel.training.derived import beside, load_with
    from darnel.training.report import to_json
    from darnel.training.storage import load_table

    config = load_config(args.config)
    if args.jobs:
        config = replace(config, jobs=args.jobs)
    protocols = tuple(args.split) if args.split else ("campaign", "temporal")
    folders = [args.injected]
    if args.augment:
        folders += [folder for folder in beside(args.data) if folder.resolve() != args.injected.resolve()]
    table, everything = load_with(load_table(args.data), folders)
    assert everything is not None
    injected = everything.subset(everything.variants == "injected")
    derived = everything if args.augment else None
    result = benchmark(table, injected, config, say, protocols, derived=derived)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(to_json(result), encoding="utf-8")
    args.out.with_suffix(".md").write_text(section(result), encoding="utf-8")
    say(f"wrote {args.out} and a section for the model card beside it")
    return 0


def _localise(args: argparse.Namespace, say: Any) -> int:
    from darnel.training.benchmarks.fitted import fitted
    from darnel.training.benchmarks.localisation import localise
    from darnel.training.benchmarks.localisation_report import section
    from darnel.training.commands import current_schema
    from darnel.training.config import load_config
    from darnel.training.corpus.build import samples_of
    from darnel.training.corpus.manifest import load_manifest
    from darnel.training.corpus.places import Roots
    from darnel.training.derived import beside, load_with
    from darnel.training.report import to_json
    from darnel.training.storage import load_table

    config = load_config(args.config)
    folders = [args.injected, *(f for f in beside(args.data) if f.resolve() != args.injected.resolve())]
    table, derived = load_with(load_table(args.data), folders)
    assert derived is not None
    table.check(*current_schema())
    fitted(args.fitted, table, derived, config, say)
    samples = samples_of(
        table.packages, load_manifest(args.manifest), Roots(tuple(args.repositories), tuple(args.folders))
    )
    say(f"{len(samples)} of {len(table)} packages of the table are at hand")
    injected = derived.subset(derived.variants == "injected")
    result = localise(
        table, injected, samples, config, args.fitted, say, jobs=max(1, args.jobs), limit=max(0, args.limit)
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(to_json(result), encoding="utf-8")
    args.out.with_suffix(".md").write_text(section(result), encoding="utf-8")
    say(f"wrote {args.out} and a section for the model card beside it")
    return 0
