"""Judge everything that a project depends on: each artefact that is pinned or installed, and who needs it.

Lock files: requirements.txt, pylock.toml, uv.lock, poetry.lock, Pipfile.lock, package-lock.json, pnpm-lock.yaml,
yarn.lock. Folders: an environment, a node_modules, a folder of archives. What is not pinned, cannot be had, or is no
release is a row too, as unknown. Artefacts come from what is here already (darnel's cache, --find-links, npm's cache),
then from the index that pip or npm is configured for, and are verified against the lock.

Each is judged alone first. What reaches the model's triage point, as one benign release in twenty does, is judged again
together with the release before it, from darnel's cache or the index; --previous changes that.

example:
  darnel audit requirements.txt
  darnel audit --fail-on suspicious --format sarif --output findings.sarif

Exit code: 0 nothing at or above --fail-on; 1 something is; 2 not everything could be judged (1 wins over 2). What a
baseline accepts counts for neither.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darnel.commands._extra import needing
from darnel.commands._judging import Tally, add_fail_on, add_model_options, check_jobs, progress, worst_first
from darnel.commands._names import add_name_options, open_indexes
from darnel.commands._report import add_report_options, report_of
from darnel.errors import DarnelError
from darnel.verdict import SEVERITY, Label, Verdict

if TYPE_CHECKING:
    from darnel.audit.before import Judged
    from darnel.audit.find import Finder, Row

NAME = "audit"
HELP = "judge everything that a lock file pins or an environment holds"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="lock file or folder (default: the lock files in the current folder)"
    )
    parser.add_argument("--environment", action="store_true", help="what is installed beside darnel")
    add_report_options(parser)
    add_fail_on(parser)
    parser.add_argument("--allow-unknown", action="store_true", help="exit with 0 even if not all could be judged")
    parser.add_argument("--baseline", metavar="FILE", help="accepted findings: content hash, reason, expiry")
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        help="write what this audit found as a baseline; then say in it why each is accepted",
    )
    add_name_options(parser)
    parser.add_argument(
        "--find-links", action="append", default=[], metavar="DIR", help="folder of archives to look into first"
    )
    parser.add_argument(
        "--previous",
        choices=("auto", "all", "none"),
        default="auto",
        help="compare with the release before: what is not beyond doubt alone (default), everything (twice the work "
        "and downloads), or nothing",
    )
    parser.add_argument("--no-previous", action="store_const", const="none", dest="previous", help="--previous none")
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Find all artefacts, judge them, print them worst first."""
    check_jobs(args.jobs)
    from darnel.audit import baseline
    from darnel.reports.base import Accepted

    tally = Tally()
    accepted = baseline.Baseline.load(Path(args.baseline)) if args.baseline else baseline.Baseline()
    failing: list[Verdict] = []
    with report_of(args, "darnel audit") as report:
        for one in _judged(args):
            verdict = one.verdict
            entry, note = accepted.accepts(verdict)
            known = Accepted(entry.reason, str(entry.expires)) if entry else None
            report.add(verdict, (*one.notes, *([note] if note else ())), known, place=one.row.place)
            tally.see(verdict, counts=entry is None)
            if verdict.label is Label.UNKNOWN or SEVERITY[verdict.label] >= SEVERITY[Label(args.fail_on)]:
                failing.append(verdict)
    code = tally.finish(args.fail_on)
    for entry in accepted.unused():
        print(f"darnel: {args.baseline}: no longer needed: {entry.what} ({entry.reason})", file=sys.stderr)
    if args.write_baseline:
        target = Path(args.write_baseline)
        before = accepted if args.baseline or not target.exists() else baseline.Baseline.load(target, unfinished=True)
        new = baseline.write(target, failing, before)
        print(f"darnel: {args.write_baseline}: {len(failing)} entries, {new} of them without a reason", file=sys.stderr)
    return 0 if code == 2 and args.allow_unknown else code


def _judged(args: argparse.Namespace) -> list[Judged]:
    """All verdicts with their rows, worst first."""
    from darnel.audit.before import Judged, Predecessors, judged_again
    from darnel.classifier import Classifier

    finder, rows = _rows(args)
    predecessors = Predecessors(finder)
    pending: deque[Row] = deque()

    def sources() -> Iterator[Any]:
        for row in rows:
            pending.append(row)
            yield predecessors.with_previous(row) if args.previous == "all" else row.source

    classifier = Classifier.load(args.model)
    excerpts = not args.no_excerpts
    verdicts = classifier.predict_many(sources(), jobs=args.jobs, excerpts=excerpts)
    judged = [Judged(verdict, pending.popleft()) for verdict in progress(verdicts, None)]
    again = {i: one for i, one in enumerate(judged) if _to_compare(one, args.previous)}
    if again:
        if args.previous == "auto":
            print(f"darnel: comparing {len(again)} of {len(judged)} with the release before", file=sys.stderr)
        compared = judged_again(again.values(), predecessors, classifier, args.jobs, excerpts)
        for i, one in zip(again, compared, strict=True):
            judged[i] = one
    return sorted(judged, key=lambda one: worst_first(one.verdict))


def _to_compare(one: Judged, which: str) -> bool:
    """Whether a row that was judged alone is to be judged with the release before it."""
    verdict = one.verdict
    if which == "none" or not verdict.sha256 or verdict.delta is not None or verdict.notices:
        return False
    return one.row.artefact is None if which == "all" else bool(verdict.operating_point)


def _rows(args: argparse.Namespace) -> tuple[Finder, Iterator[Row]]:
    """What is to be judged, with what finds it. Locks are read now, artefacts are fetched later."""
    with needing("index", "darnel audit"):
        from darnel.audit.collect import collect
        from darnel.audit.find import Finder
        from darnel.audit.stores import npm_cache

        items = collect(args.paths, args.environment)
    folders = [Path(folder) for folder in args.find_links]
    for folder in folders:
        if not folder.is_dir():
            raise DarnelError(f"{folder}: no such folder; give --find-links a folder of archives")
    finder = Finder(lambda: open_indexes(args.offline), args.artifact, folders, npm_cache())
    return finder, finder.rows(items)
