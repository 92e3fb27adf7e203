"""``darnel train`` and ``darnel evaluate``: options and runs. Heavy imports happen when a run starts."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darnel.errors import DarnelError
from darnel.training.extra_names import NAMES

if TYPE_CHECKING:
    from darnel.models.bundle import Bundle
    from darnel.models.manifest import Schema
    from darnel.training.config import Config
    from darnel.training.table import FeatureTable


def configure_train(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``darnel train``."""
    _common(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="model folder to write, a new one")
    parser.add_argument("--overwrite", action="store_true", help="replace the model that DIR of --out holds")
    parser.add_argument("--name", default="darnel", help="name in the manifest (default: %(default)s)")
    parser.add_argument("--model-version", default="0.1", metavar="V", help="version in the manifest (default: 0.1)")
    parser.add_argument("--report", type=Path, metavar="DIR", help="also write the evaluation of the folds to DIR")
    parser.add_argument(
        "--injection", type=Path, metavar="FILE", help="what `darnel benchmark injection-score` wrote, for the gate"
    )
    parser.add_argument(
        "--golden", type=Path, metavar="FILE", help="samples that keep their class (default: those shipped)"
    )
    parser.add_argument(
        "--force", action="store_true", help="mark the model releasable although checks failed; it is recorded"
    )


def configure_evaluate(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``darnel evaluate``."""
    _common(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("evaluation"),
        metavar="DIR",
        help="where JSON, report and plots go (default: %(default)s)",
    )
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="score the table with this model instead of training one a split"
    )
    parser.add_argument(
        "--split",
        action="append",
        choices=["random", "campaign", "temporal"],
        help="may be given several times (default: temporal, which gives the headline figures in minutes)",
    )
    parser.add_argument(
        "--protocol",
        action="append",
        choices=NAMES,
        help="instead of a split; may be given several times",
    )
    parser.add_argument("--no-baselines", action="store_true", help="leave the baselines out")


def run_train(args: argparse.Namespace) -> int:
    """Evaluate on the campaign folds and over time, fit on everything, write the bundle.

    Exit code 0; 1 if the bundle is written, but not marked releasable.
    """
    from darnel.training.evaluate import evaluate
    from darnel.training.export import build
    from darnel.training.gate import load_injection
    from darnel.training.golden import load_golden
    from darnel.training.outputs import check_folder, check_model_folder
    from darnel.training.release import write_judged
    from darnel.training.report import write_report
    from darnel.training.variants import VariantModels

    injection, golden = load_injection(args.injection), load_golden(args.golden)
    check_model_folder(args.out, args.overwrite)
    if args.report:
        check_folder(args.report, "--report")
    config, table, derived, say = _prepare(args)
    result, scored = evaluate(table, config, say, ("campaign", "temporal"), baselines=("temporal",), derived=derived)
    say("final model on everything")
    models = VariantModels(config).fit(table, derived)
    manifest, texts = build(models, scored["campaign"], table, config, args.name, args.model_version)
    gate = write_judged(
        args.out, manifest, texts, result, table, config, injection=injection, golden=golden, force=args.force
    )
    if args.report:
        write_report(args.report, result, scored, table)
    say(f"wrote {args.out}")
    for check in gate.checks:
        say(f"{'passed' if check.passed else 'FAILED'}: {check.name}: {check.measured}; required: {check.required}")
    if gate.failed:
        say("releasable by force" if gate.forced else "not releasable; --force would mark it all the same")
    return 0 if gate.releasable else 1


def run_evaluate(args: argparse.Namespace) -> int:
    """Run splits and protocols, or score a table with an existing model. Exit code 0."""
    from darnel.models.bundle import Bundle
    from darnel.training.evaluate import evaluate
    from darnel.training.extra_protocols import run_protocols
    from darnel.training.outputs import check_folder
    from darnel.training.report import write_report

    check_folder(args.out, "--out")
    bundle = Bundle.load(args.model, current_schema()) if args.model else None
    config, table, derived, say = _prepare(args)
    if bundle:
        return _with_model(bundle, args.out, table, say)
    for path in run_protocols(tuple(args.protocol or ()), table, config, say, args.out, derived):
        say(f"wrote {path}")
    if args.protocol and not args.split:
        return 0
    protocols = tuple(args.split) if args.split else ("temporal",)
    baselines = () if args.no_baselines else protocols
    result, scored = evaluate(table, config, say, protocols, baselines=baselines, derived=derived)
    for path in write_report(args.out, result, scored, table)[:4]:
        say(f"wrote {path}")
    return 0


def _with_model(bundle: Bundle, out: Path, table: FeatureTable, say: Any) -> int:
    from darnel.training.existing import judge_with
    from darnel.training.report import to_json

    result = judge_with(bundle, table)
    if result["in_sample"]:
        say("these are the packages the model was trained on: the figures say nothing about others")
    out.mkdir(parents=True, exist_ok=True)
    (out / "result.json").write_text(to_json(result), encoding="utf-8")
    say(f"wrote {out / 'result.json'}")
    return 0


def current_schema() -> Schema:
    """What the features of this darnel look like."""
    from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
    from darnel.models.manifest import Schema

    return Schema(SCHEMA_VERSION, PACKAGE_COLUMNS.names, FILE_COLUMNS.names)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table (two Parquet files)")
    parser.add_argument(
        "--variants",
        type=Path,
        action="append",
        metavar="DIR",
        help="also train on these injected or obfuscated variants of the packages (default: those in DIR of --data)",
    )
    parser.add_argument("--no-variants", action="store_true", help="train on the packages alone")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML; what it leaves out keeps its default")
    parser.add_argument("--seed", type=int, help="instead of the configuration's")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="folds fitted side by side, instead of the configuration's"
    )


def _prepare(args: argparse.Namespace) -> tuple[Config, FeatureTable, FeatureTable | None, Any]:
    from darnel.training.config import load_config
    from darnel.training.derived import beside, load_with
    from darnel.training.storage import load_table

    config = load_config(args.config)
    changes = {key: value for key in ("seed", "jobs") if (value := getattr(args, key)) is not None}
    if changes.get("jobs", 1) < 1:
        raise DarnelError(f"--jobs {args.jobs}: must be 1 or more")
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - start:6.0f} s] {text}", file=sys.stderr, flush=True)

    table = load_table(args.data)
    table.check(*current_schema())
    say(f"read {len(table)} packages, {len(table.file_rows)} distinct files, schema {table.schema_version}")
    folders = [] if args.no_variants else args.variants or beside(args.data)
    table, derived = load_with(table, folders)
    if derived is not None:
        say(f"and {len(derived)} variants of them to train on, from {', '.join(str(folder) for folder in folders)}")
    return replace(config, **changes), table, derived, say
