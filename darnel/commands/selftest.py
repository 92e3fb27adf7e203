"""Judge an inert imitation of malware and a harmless package, both made in memory, and say whether both come out right.

example:
  darnel selftest --verbose

Exit code: 0 all passed, 1 something did not.
"""

from __future__ import annotations

import argparse
import sys

NAME = "selftest"
HELP = "check that this installation works"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--verbose", action="store_true", help="show the report on the inert package")
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")


def run(args: argparse.Namespace) -> int:
    """Print one line per check."""
    from darnel import selftest
    from darnel.classifier import Classifier

    result = selftest.run(Classifier.load(args.model))
    if args.verbose:
        from darnel.reports import open_report

        with open_report("text", sys.stdout) as report:
            report.add(result.inert)
        print()
    for check in result.checks:
        print(f"{'ok    ' if check.passed else 'FAILED'} {check.what}: {check.found}")
    return 0 if all(check.passed for check in result.checks) else 1
