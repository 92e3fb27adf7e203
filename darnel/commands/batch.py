"""Judge very many packages: mirrors, snapshots, nightly deltas. The results are a dataset, one row a release.

INPUT is a folder tree (a PyPI mirror of bandersnatch or devpi, an npm mirror of verdaccio, or any: every archive in
it), a quoted glob pattern, a manifest (.csv or .parquet with the columns path and, if known, ecosystem, name, version,
previous), a single archive, "-" for paths from standard input, or a URL of one of these (s3://, gs://, ...: needs
fsspec and its package for that scheme).

A run that was interrupted, even killed, is finished by the same command: what is in the output is not done again. A
package that hangs, crashes its process or needs too much memory costs one row that says so.

example:
  darnel batch /srv/mirror/web/packages --output verdicts --jobs 8
  python -c "import pandas; print(pandas.read_parquet('verdicts', filters=[('label', '=', 'malicious')]))"

Exit code: 0 nothing in the output at or above --fail-on; 1 something is; 2 not everything could be judged or listed (1
wins over 2), or the input holds no release at all, unless it is standard input: a night without news leaves a table
without rows.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import TYPE_CHECKING

from darnel.commands._judging import add_fail_on, check_jobs, exit_code
from darnel.defang import printable
from darnel.errors import DarnelError
from darnel.verdict import SEVERITY, Label

if TYPE_CHECKING:
    from darnel.batch.run import Summary

NAME = "batch"
HELP = "judge a whole mirror or snapshot, resumable, to a dataset"

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
MIN_MEMORY = 64 << 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="folder, pattern, manifest, archive, URL or -")
    parser.add_argument(
        "-0", "--null", action="store_true", help="paths on standard input end with NUL, as find -print0 has them"
    )
    parser.add_argument(
        "--output", metavar="PLACE", default="", help="folder or URL of the dataset (jsonl: a file; default: stdout)"
    )
    parser.add_argument("--format", choices=("parquet", "jsonl"), default="parquet", help="default: parquet")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes on this machine (default: one a core)")
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        default="",
        help="Dask scheduler (tcp://host:8786) whose workers do it and see the same files; local: start one here",
    )
    parser.add_argument(
        "--limit-time", type=float, default=300.0, metavar="SECONDS", help="for one package (default: 300)"
    )
    parser.add_argument(
        "--limit-memory", type=size, default="2G", metavar="SIZE", help="for one package (default: 2G; 0: no limit)"
    )
    parser.add_argument(
        "--isolation",
        choices=("auto", "required", "off"),
        default="auto",
        help="confine the processes that analyse: as far as this system can (default), or fail, or not at all",
    )
    parser.add_argument(
        "--cache",
        metavar="PLACE",
        default=default_cache(),
        help="folder or URL of known verdicts, which are not judged again (default: in the user's cache)",
    )
    parser.add_argument("--no-cache", action="store_const", const="", dest="cache", help="judge everything anew")
    parser.add_argument(
        "--retry",
        action="store_true",
        help="judge again what is unknown in the output (of a dataset)",
    )
    add_fail_on(parser)
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    parser.add_argument("--excerpts", action="store_true", help="keep the lines of code behind what is not clean")
    parser.add_argument("--explain-clean", action="store_true", help="evidence for clean packages too; slower")
    parser.add_argument("--quiet", action="store_true", help="no progress, only the summary")


def run(args: argparse.Namespace) -> int:
    """Judge, and say in the exit code how it went."""
    jobs = os.cpu_count() or 1 if args.jobs is None else args.jobs
    check_jobs(jobs)
    from darnel.batch.process import MAX_SECONDS

    if not 0 < args.limit_time <= MAX_SECONDS:
        raise DarnelError(
            f"--limit-time must be greater than 0 and at most {MAX_SECONDS} (10 days), not {args.limit_time:g}"
        )
    if args.format == "parquet" and not args.output:
        raise DarnelError("a dataset needs a place: --output DIR, or --format jsonl for lines on stdout")
    if args.format == "jsonl" and args.retry:
        raise DarnelError("--retry works on a dataset; from JSON lines remove those that are unknown, and run it again")
    from darnel.batch.run import Plan
    from darnel.batch.run import run as judge

    plan = Plan(
        words=tuple(args.inputs),
        output=args.output,
        format=args.format,
        model=args.model,
        jobs=jobs,
        cluster=args.cluster,
        cache=args.cache,
        seconds=args.limit_time,
        memory=args.limit_memory,
        isolation=args.isolation,
        excerpts=args.excerpts,
        explain_clean=args.explain_clean,
        quiet=args.quiet,
        null=args.null,
        retry=args.retry,
    )
    summary = judge(plan)
    print(text(summary, args.output), file=sys.stderr)
    for said in summary.unlisted:
        print(f"darnel: {printable(said)}", file=sys.stderr)
    return exit_code(summary.counts, Label(args.fail_on)) or 2 * bool(summary.unlisted)


def size(text: str) -> int:
    """Bytes of ``800M``, ``2G`` or a plain number."""
    found = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; give one like 800M or 2G")
    value = int(found[1]) * _UNITS[found[2].upper()]
    if 0 < value < MIN_MEMORY:
        raise argparse.ArgumentTypeError(f"{text} is too little to analyse anything; give at least 64M")
    from darnel.batch.process import MAX_MEMORY

    if value > MAX_MEMORY:
        raise argparse.ArgumentTypeError(f"{text} is more than any machine has; 0 is no limit")
    return value


def default_cache() -> str:
    """Folder in ``$DARNEL_CACHE``, else in the user's cache."""
    if os.environ.get("DARNEL_CACHE"):
        return os.path.join(os.environ["DARNEL_CACHE"], "verdicts")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "darnel", "verdicts")


def text(summary: Summary, output: str) -> str:
    """What is said at the end."""
    if not any(summary.counts.values()):
        return "darnel: nothing to judge: standard input names no release"
    worst_first = sorted(summary.counts, key=lambda label: -SEVERITY[label])
    counts = ", ".join(f"{summary.counts[label]:,} {label}" for label in worst_first if summary.counts[label])
    rate = summary.new / max(summary.seconds, 1e-9)
    said = f"{sum(summary.counts.values()):,} releases in {output or 'all'}: {counts or 'nothing'}\n"
    said += f"this run: {summary.new:,} in {summary.seconds:,.1f} s, {rate:,.1f} a second, "
    said += f"{summary.cached:,} from the cache"
    failed = ", ".join(f"{n:,} {trouble}" for trouble, n in sorted(summary.troubles.items()) if trouble)
    if failed:
        said += f"\nnot judged in full: {failed} (column error_class)"
    if summary.jail:
        said += f"\nworkers were confined by: {', '.join(summary.jail)}"
    return said
