"""Show what a model is: version, feature schema, operating points with their measured rates, what it was trained on.

``card`` puts what was measured after training (the NAME.md of ``darnel evaluate --protocol NAME``) into the model card.

example:
  darnel model show
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from textwrap import fill

from darnel.errors import DarnelError

NAME = "model"
HELP = "show what the model is and how it was measured"
MOST = 5
"""Columns named of each model; `darnel explain` says what they are."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "action", choices=("show", "card"), help="show: print the facts; card: replace the measured sections"
    )
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    parser.add_argument(
        "--section",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="card: Markdown that takes the place of all sections measured before; repeatable",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Load the model, which verifies it, and print its facts; or complete its card. Exit code 0."""
    if args.action == "card":
        from darnel.models.bundle import default_bundle_path
        from darnel.training.sections import add_sections

        if not args.section:
            raise DarnelError("model card replaces all measured sections: give each with --section FILE")
        folder = Path(args.model) if args.model else default_bundle_path()
        add_sections(folder, args.section)
        print(f"darnel: {folder}: {len(args.section)} sections in the model card", file=sys.stderr)
        return 0
    from darnel.classifier import MALICIOUS_AT, SUSPICIOUS_AT, Classifier

    bundle = Classifier.load(args.model).bundle
    manifest = bundle.manifest
    if args.format == "json":
        sys.stdout.write(manifest.to_json())
        return 0
    labels = {MALICIOUS_AT: "malicious from here", SUSPICIOUS_AT: "suspicious from here"}
    print(f"{bundle.name}, feature schema {manifest.schema.version}, every file matches its sha256")
    for variant in manifest.variants:
        print(f"\n{variant.name} ({', '.join(variant.ecosystems)}), base rate {variant.base_rate:.4f}")
        for point in variant.operating_points:
            called = f", {labels[point.name]}" if point.name in labels else ""
            print(f"  {point.name:<16} raw score >= {point.threshold:.4f}{called}")
            print(
                f"    recall {point.recall:.1%} of {point.campaigns:,} campaigns, "
                f"false alarms {point.fpr:.2%} of {point.benign:,} benign packages"
            )
        for model, shares in (("package", variant.importances), ("file", variant.file_importances)):
            most = ", ".join(f"{name} {share:.1%}" for name, share in list(shares.items())[:MOST])
            if most:
                print(wrapped(f"  {model} model splits most by {most} of the gain"))
    print()
    for key, value in manifest.training.items():
        print(wrapped(f"{key}: {value if isinstance(value, str) else json.dumps(value)}"))
    return 0


def wrapped(text: str) -> str:
    """A line as several of at most 80 columns."""
    return fill(text, 80, subsequent_indent="    ", break_on_hyphens=False)
