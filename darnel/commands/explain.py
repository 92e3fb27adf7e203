"""Explain a feature column or a behaviour: what it means, and what the model makes of it.

Names are those in `darnel features` and in the reports: a column (local.grave, beh.net.send.install, pool.top1), a
behaviour (net.send), `name` (that of the package resembles a popular one) or `statistics` (what names no behaviour).
Gain is the share of a model's whole gain, over everything it was trained on; how much a column counted in one verdict
is in its report. Splits are the values at which its trees ask for the column.

example: darnel explain net.send
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from darnel.errors import DarnelError

if TYPE_CHECKING:
    from darnel.features.schema import Column
    from darnel.models.bundle import Bundle
    from darnel.models.usage import Usage

NAME = "explain"
HELP = "explain a feature column or behaviour"
WIDTH = 80
ZERO = 1e-30
"""Nearer to 0 is LightGBM's way to split off the zeros."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("name", metavar="NAME", help="column or behaviour")
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    parser.add_argument(
        "--table", metavar="DIR", help="feature table whose typical values to show (needs darnel[train]; data)"
    )


def run(args: argparse.Namespace) -> int:
    """Print what is known."""
    from darnel.classifier import Classifier
    from darnel.features.taxonomy import BEHAVIOURS
    from darnel.package_reasons import STATISTICS

    behaviour = next((b for b in BEHAVIOURS if b.id == args.name), None)
    bundle = Classifier.load(args.model).bundle
    columns = known(bundle)
    if behaviour:
        chosen = [name for name in columns if name.startswith(f"beh.{behaviour.id}.")]
        lines = [*_behaviour(behaviour.id), *(line for name in chosen for line in _column(bundle, columns[name]))]
    elif args.name in (STATISTICS, "name"):
        chosen = []
        lines = [*(_statistics(columns) if args.name == STATISTICS else _name(columns))]
    elif args.name in columns:
        chosen = [args.name]
        lines = [*_column(bundle, columns[args.name])]
    else:
        raise DarnelError(f"{args.name}: no such column or behaviour{_similar(args.name, columns)}")
    if args.table and chosen:
        lines += _typical(args.table, chosen)
    print("\n".join(lines))
    return 0


def known(bundle: Bundle) -> dict[str, Column]:
    """Every column by name: of files, of packages, and what the bundle pools and compares."""
    from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS
    from darnel.models.pooling import Pooling

    manifest = bundle.manifest
    pooled = Pooling(manifest.schema.file_columns, manifest.first, manifest.three).columns
    compared = manifest.delta.columns if manifest.delta else ()
    return {column.name: column for column in (*FILE_COLUMNS.columns, *PACKAGE_COLUMNS.columns, *pooled, *compared)}


def _statistics(columns: dict[str, Column]) -> Iterator[str]:
    from darnel.package_reasons import GROUPS, OTHER

    yield "statistics: everything that counted and names neither a place nor a fact"
    yield from _wrapped(
        "In a report it is the line `what names no behaviour`: the share of all these columns together, and the three "
        "that counted most with their values, beside the median of benign releases (of columns of files, of their "
        "files). No single value is a finding: the package as a whole looks like malicious ones. Look at the findings "
        "first; if there is none, compare with the project's repository and the release before. Groups of "
        "columns (`darnel features` lists them, `darnel explain COLUMN` says more):"
    )
    held: dict[str, list[str]] = {}
    for name in columns:
        group = name.partition(".")[0]
        held.setdefault(GROUPS.get(group, OTHER), []).append(group)
    for words, groups in held.items():
        names = ", ".join(f"{group}.*" for group in dict.fromkeys(groups))
        yield from _wrapped(f"{words}: {names} ({len(groups)} columns)")


def _name(columns: dict[str, Column]) -> Iterator[str]:
    yield "name: the package's name resembles a popular one, which the report names"
    yield from _wrapped(
        "In a report its weight is that of these columns together. Next: find out whether both have the same owner, "
        "and what the package says that it is; an honest fork or plugin may resemble, too."
    )
    for name, column in columns.items():
        if name.startswith("name."):
            yield from _wrapped(f"{name}: {column.doc}")


def _behaviour(name: str) -> Iterator[str]:
    from darnel.features.taxonomy import BEHAVIOURS, CATEGORY
    from darnel.phrases import NEXT, PHRASE

    doc = next(b.doc for b in BEHAVIOURS if b.id == name)
    yield f"{name}: behaviour of category {CATEGORY[name]}"
    yield from _wrapped(doc)
    yield from _wrapped(f'in a finding: "{" ".join(PHRASE[name])}"; next: {NEXT[CATEGORY[name]]}')
    yield ""


def _column(bundle: Bundle, column: Column) -> Iterator[str]:
    from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS
    from darnel.models.usage import usage
    from darnel.particulars import ordinary

    where = "files" if column.name in FILE_COLUMNS.index else "packages"
    pooled = "" if column.name in FILE_COLUMNS.index or column.name in PACKAGE_COLUMNS.index else ", made from files"
    yield f"{column.name}: column of {where}{pooled}, {column.dtype}, group {column.group}"
    yield from _wrapped(column.doc)
    if column.name in FILE_COLUMNS.index or column.name in PACKAGE_COLUMNS.index:
        of = "files of benign releases" if column.name in FILE_COLUMNS.index else "benign releases"
        medians = ", ".join(f"{name} {values.get(column.name, 0.0):g}" for name, values in ordinary().items())
        yield from _wrapped(f"median of {of}: {medians}")
    uses = usage(bundle, column.name)
    if column.name in bundle.manifest.masked:
        yield from _wrapped(f"{bundle.name} does not see it: it tells how the corpus was collected")
    elif not uses:
        yield from _wrapped(f"{bundle.name} never asks for it")
    for use in uses:
        yield from _wrapped(_use(bundle, use, column.name))


def _use(bundle: Bundle, use: Usage, column: str) -> str:
    from numpy import median, where

    values = where(abs(use.thresholds) < ZERO, 0.0, use.thresholds)
    called = "" if use.column == column else f" as {use.column}"
    at = f"at {values[0]:.4g}" if values[0] == values[-1] else f"from {values[0]:.4g} to {values[-1]:.4g}"
    middle = f", median {median(values):.4g}" if values[0] != values[-1] else ""
    return (
        f"{bundle.name}, {use.variant} {use.model} model{called}: {use.gain:.2%} of the gain, {len(values)} "
        f"split{'s' * (len(values) != 1)} {at}{middle}"
    )


def _typical(table: str, columns: list[str]) -> list[str]:
    from darnel.commands._extra import call

    lines: list[str] = call(NAME, "darnel.training.typical", "typical", table, columns)
    return ["", "typical values (file columns: the largest in each package)", *lines]


def _similar(name: str, columns: dict[str, Column]) -> str:
    from rapidfuzz import process

    from darnel.features.taxonomy import CATEGORY

    found = process.extract(name, [*CATEGORY, *columns], limit=3, score_cutoff=60)
    said = f"; did you mean {', '.join(match for match, *_ in found)}?" if found else ""
    return f"{said} `darnel features` lists all" if said else "; `darnel features` lists all"


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
