"""Judge packages from their files alone. Nothing of them is unpacked to disk, imported, built or run.

example:
  darnel scan pypi:requests==2.32.3 npm:left-pad@1.3.0
  darnel scan --format sarif --output findings.sarif pypi:requests

Exit code: 0 nothing at or above --fail-on; 1 something is; 2 not everything could be judged (1 wins over 2).
"""

from __future__ import annotations

import argparse

from darnel.commands._judging import Tally, add_fail_on, add_model_options, check_jobs, progress, worst_first
from darnel.commands._names import add_name_options, expansion
from darnel.commands._report import add_report_options, report_of
from darnel.errors import DarnelError

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
        "--environment",
        action="store_true",
        help="every distribution installed beside darnel, and what lies there of none, worst first",
    )
    parser.add_argument("--previous", metavar="PACKAGE", help="the release before the one given, to weigh what changed")
    parser.add_argument("--no-previous", action="store_true", help="judge names without the release before them")
    add_report_options(parser)
    add_fail_on(parser)
    add_name_options(parser)
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Judge what was asked for, print it, and say in the exit code how it went."""
    if not (args.paths or args.environment):
        raise DarnelError(
            "nothing to scan: give the path of an archive or folder (darnel scan dist/x-1.0.tar.gz), "
            "a name (pypi:requests, npm:react@18.2.0), or --environment for everything installed here"
        )
    check_jobs(args.jobs)
    if args.previous and (len(args.paths) != 1 or args.environment):
        raise DarnelError("--previous goes with exactly one release: darnel scan NEW --previous OLD")
    from darnel.audit.installed import environment
    from darnel.classifier import Classifier
    from darnel.sources import Update

    given = [Update(args.paths[0], args.previous)] if args.previous else args.paths
    tally = Tally()
    with report_of(args, "darnel scan") as report:
        names = expansion(args, previous=not args.no_previous)
        here = [local.source for local in environment()] if args.environment else []
        plan = names.plan([*given, *here])
        classifier = Classifier.load(args.model)
        verdicts = classifier.predict_many(plan.sources, jobs=args.jobs, excerpts=not args.no_excerpts)
        shown = progress(verdicts, plan.total)
        for verdict in sorted(shown, key=worst_first) if args.environment else shown:
            report.add(verdict)
            tally.see(verdict)
    return tally.finish(args.fail_on, classifier.bundle.name)
