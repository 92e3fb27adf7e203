"""Judge packages from their files alone. Nothing of them is unpacked to disk, imported, built or run.

example:
  darnel scan pypi:requests==2.32.3 npm:left-pad@1.3.0
  darnel scan --format sarif --output findings.sarif pypi:requests

Exit code: 0 nothing at or above --fail-on; 1 something is; 2 not everything could be judged (1 wins over 2).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from time import perf_counter

from darnel.commands._names import add_name_options, expansion
from darnel.commands._report import add_report_options, report_of
from darnel.errors import DarnelError
from darnel.verdict import SEVERITY, Label, Verdict

NAME = "scan"
HELP = "judge packages: archives, folders, names on PyPI and npm, or everything installed"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PACKAGE",
        help="sdist, wheel, npm tarball, folder of one package, pypi:NAME[==VERSION] or npm:NAME[@VERSION]",
    )
    parser.add_argument(
        "--environment", action="store_true", help="every distribution installed beside darnel, worst first"
    )
    parser.add_argument("--previous", metavar="PACKAGE", help="the release before the one given, to weigh what changed")
    parser.add_argument("--no-previous", action="store_true", help="judge names without the release before them")
    add_report_options(parser)
    parser.add_argument(
        "--fail-on",
        choices=("malicious", "suspicious"),
        default="malicious",
        help="exit with 1 if a package is that bad or worse (default: malicious)",
    )
    add_name_options(parser)
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--no-excerpts", action="store_true", help="do not show the lines of code behind a verdict")


def run(args: argparse.Namespace) -> int:
    """Judge what was asked for, print it, and say in the exit code how it went."""
    if not (args.paths or args.environment):
        raise DarnelError(
            "nothing to scan: give the path of an archive or folder (darnel scan dist/x-1.0.tar.gz), "
            "a name (pypi:requests, npm:react@18.2.0), or --environment for everything installed here"
        )
    if args.jobs < 1:
        raise DarnelError(f"--jobs must be at least 1, not {args.jobs}")
    if args.previous and (len(args.paths) != 1 or args.environment):
        raise DarnelError("--previous goes with exactly one release: darnel scan NEW --previous OLD")
    from darnel.classifier import Classifier
    from darnel.lean import import_lightgbm
    from darnel.sources import Installed, Update

    given = [Update(args.paths[0], args.previous)] if args.previous else args.paths
    started = perf_counter()
    counts = dict.fromkeys(Label, 0)
    base_rate = None
    with report_of(args, "darnel scan") as report:
        names = expansion(args, previous=not args.no_previous)
        plan = names.plan([*given, *(map(Installed, installed()) if args.environment else ())])
        import_lightgbm()
        classifier = Classifier.load(args.model)
        verdicts = classifier.predict_many(plan.sources, jobs=args.jobs, excerpts=not args.no_excerpts)
        shown = progress(verdicts, plan.total)
        for verdict in sorted(shown, key=worst_first) if args.environment else shown:
            report.add(verdict)
            counts[verdict.label] += 1
            base_rate = base_rate or verdict.base_rate
    print(summary(counts, base_rate, classifier.bundle.name, perf_counter() - started), file=sys.stderr)
    return exit_code(counts, Label(args.fail_on))


def installed() -> list[str]:
    """Names of the distributions installed in the running interpreter's environment, sorted, each once."""
    from importlib.metadata import distributions

    from packaging.utils import canonicalize_name

    names = (dist.metadata["Name"] for dist in distributions())
    return sorted({canonicalize_name(name) for name in names if name})


def exit_code(counts: dict[Label, int], fail_on: Label) -> int:
    """0, 1 or 2 as the command's description says."""
    bad = sum(n for label, n in counts.items() if SEVERITY[label] >= SEVERITY[fail_on])
    return 1 if bad else 2 if counts[Label.UNKNOWN] else 0


def worst_first(verdict: Verdict) -> tuple[int, float, str]:
    """Key to sort verdicts by."""
    return (-SEVERITY[verdict.label], -(verdict.score or 0.0), verdict.title)


def progress(verdicts: Iterable[Verdict], total: int | None) -> Iterator[Verdict]:
    """Pass verdicts through; on a terminal, with a bar on stderr while there is more than one."""
    if (total is not None and total < 2) or not sys.stderr.isatty():
        yield from verdicts
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(
        verdicts, "scanning", total=total, console=Console(stderr=True), transient=True, disable=sys.stdout.isatty()
    )


def summary(counts: dict[Label, int], base_rate: float | None, model: str, seconds: float) -> str:
    """Line for stderr at the end."""
    total = sum(counts.values())
    parts = ", ".join(f"{n} {label}" for label, n in counts.items() if n)
    text = f"{total} package{'s' * (total != 1)}: {parts}; model {model}, {seconds:.1f} s"
    if base_rate:
        text += f"; score: probability if {base_rate * 100:g} % of releases are malicious"
    return text
