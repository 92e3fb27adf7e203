"""Show what a release does that the one before it did not, and the verdict on it.

Hooks, behaviours, hosts, dependencies and files: what is new, and what vanished.

example:
  darnel diff pypi:requests==2.32.2 pypi:requests==2.32.3

Exit code: 0 the new release is below --fail-on; 1 it is not; 2 it, or the old one, could not be judged.
"""

from __future__ import annotations

import argparse

from darnel.commands._judging import Tally, add_fail_on, add_model_options
from darnel.commands._names import add_name_options, expansion
from darnel.commands._report import add_report_options, report_of

NAME = "diff"
HELP = "show what a release does that the one before it did not"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    what = "archive, folder, pypi:NAME[==VERSION] or npm:NAME[@VERSION]"
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", help="the release that came after it, in the same form")
    add_report_options(parser)
    add_fail_on(parser, "the new release")
    add_name_options(parser)
    add_model_options(parser, jobs=False)


def run(args: argparse.Namespace) -> int:
    """Read both, compare, print."""
    from darnel.classifier import Classifier
    from darnel.diff.judge import compare, unlike
    from darnel.diff.lines import lines
    from darnel.diff.structured import structured
    from darnel.sources import Update, parted

    tally = Tally()
    with report_of(args, "darnel diff") as report:
        source = next(iter(expansion(args).plan([Update(args.new, args.old)]).sources))
        new, old = parted(source)
        classifier = Classifier.load(args.model)
        found = compare(classifier, old, new, excerpts=not args.no_excerpts)
        notes = lines(found.difference, args.verbose) or ["nothing of what darnel looks at changed"]
        notes += unlike(found, all(text.startswith("pypi:") for text in (args.old, args.new)))
        report.add(found.verdict, notes, difference=structured(found.difference, found.kinds))
        tally.see(found.verdict)
    return tally.finish(args.fail_on, classifier.bundle.name)
