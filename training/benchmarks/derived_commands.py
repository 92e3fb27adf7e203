"""``darnel benchmark obfuscation``, ``placebo`` and their ``-score``: options and runs."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

LIMITS = {"obfuscation": 4_000, "placebo": 1_500}


def configure(commands: Any) -> None:
    """Add the sub-commands."""
    for name, what in (
        ("obfuscation", "obfuscate malicious and benign packages, in memory, into a feature table"),
        ("placebo", "delete the payload of malicious packages, in memory, into a feature table"),
    ):
        make = commands.add_parser(name, help=what)
        make.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
        make.add_argument("--config", type=Path, metavar="FILE", help="training configuration (dates, seed)")
        make.add_argument("--manifest", type=Path, metavar="FILE", help="default: the one that ships with darnel")
        make.add_argument("--repositories", type=Path, action="append", required=True, metavar="DIR")
        make.add_argument("--folders", type=Path, action="append", default=[], metavar="DIR")
        make.add_argument("--corpus-cache", type=Path, required=True, metavar="FILE", help="of `darnel corpus build`")
        make.add_argument("--cache", type=Path, required=True, metavar="FILE", help="what was made so far (SQLite)")
        make.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the feature table goes")
        make.add_argument(
            "--limit", type=int, default=LIMITS[name], metavar="N", help="most packages made (default: %(default)s)"
        )
        make.add_argument(
            "--side",
            choices=["both", "train", "test"],
            default="both",
            help="only from this side of the temporal split",
        )
        make.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes")
        score = commands.add_parser(f"{name}-score", help="fit on the temporal training side, score what was made")
        score.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
        score.add_argument("--derived", type=Path, required=True, metavar="DIR", help=f"table of `benchmark {name}`")
        score.add_argument("--config", type=Path, metavar="FILE", help="training configuration")
        score.add_argument("--split", choices=["campaign", "temporal"], default="temporal", help="default: temporal")
        score.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON to write; report beside it")
        score.add_argument(
            "--variants",
            type=Path,
            action="append",
            default=[],
            metavar="DIR",
            help="also train on this table of injected or other variants, where it may be; repeatable",
        )
        if name == "obfuscation":
            score.add_argument(
                "--augment", action="store_true", help="also train on the obfuscated packages that may be"
            )
        score.add_argument("--jobs", type=int, metavar="N", help="instead of the configuration's")


def make(args: argparse.Namespace, say: Any) -> int:
    """Make what is missing and write the table. Exit code 0."""
    from darnel.training.benchmarks.derived import derive_missing, derived_table
    from darnel.training.benchmarks.derived_plan import obfuscation_plan, placebo_plan
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
    planned = obfuscation_plan if args.benchmark == "obfuscation" else placebo_plan
    plan = planned(table.packages, config, args.limit, args.side, frozenset(samples))
    say(f"plan: {len(plan)} packages from {len({item.origin for item in plan})}")

    def tell(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            say(f"origins: {done} of {total}")

    with Store(args.corpus_cache) as corpus, Store(args.cache) as cache:
        count = derive_missing(plan, samples, corpus, cache, seed=config.seed, jobs=max(1, args.jobs), tell=tell)
        derived, missing = derived_table(plan, samples, table.packages, corpus, cache, seed=config.seed)
    save_derived(derived, table, args.out)
    say(f"{len(derived)} packages in {args.out}; {dict(count)}; not made: {dict(missing)}")
    return 0


def score(args: argparse.Namespace, say: Any) -> int:
    """Fit, score, write JSON and report. Exit code 0."""
    from darnel.training.benchmarks.derived_report import render
    from darnel.training.benchmarks.derived_score import obfuscation, placebo
    from darnel.training.config import load_config
    from darnel.training.derived import load_with
    from darnel.training.report import to_json
    from darnel.training.storage import load_table

    config = load_config(args.config)
    if args.jobs:
        config = replace(config, jobs=args.jobs)
    table, whole = load_with(load_table(args.data), [args.derived, *args.variants])
    assert whole is not None
    run, kind, augment = (
        (obfuscation, "obfuscated", args.augment)
        if args.benchmark == "obfuscation-score"
        else (placebo, "placebo", False)
    )
    mine = whole.text("variant") == kind
    variants = whole if augment else whole.subset(~mine)
    result = run(table, whole.subset(mine), config, say, args.split, variants if len(variants) else None)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(to_json(result), encoding="utf-8")
    report = args.out.with_suffix(".md")
    report.write_text(render(result), encoding="utf-8")
    say(f"wrote {args.out} and {report}")
    return 0
