"""Judge everything that a project depends on: each artefact that is pinned or installed, and who needs it.

Lock files: requirements.txt, pylock.toml, uv.lock, poetry.lock, Pipfile.lock, package-lock.json, pnpm-lock.yaml,
yarn.lock. Folders: an environment, a node_modules, a folder of archives. What is not pinned, cannot be had, or is no
release is a row too, as unknown. Artefacts come from what is here already (darnel's cache, --find-links, npm's cache),
then from the index that pip or npm is configured for, and are verified against the lock.

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
from time import perf_counter
from typing import TYPE_CHECKING, Any

from darnel.commands._extra import needing
from darnel.commands._names import add_name_options, open_indexes
from darnel.commands._report import add_report_options, report_of
from darnel.errors import DarnelError
from darnel.verdict import SEVERITY, Label, Verdict

if TYPE_CHECKING:
    from darnel.audit.find import Row

NAME = "audit"
HELP = "judge everything that a lock file pins or an environment holds"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="lock file or folder (default: the lock files in the current folder)"
    )
    parser.add_argument("--environment", action="store_true", help="what is installed beside darnel")
    add_report_options(parser)
    parser.add_argument(
        "--fail-on",
        choices=("malicious", "suspicious"),
        default="malicious",
        help="exit with 1 if a package is that bad or worse (default: malicious)",
    )
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
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--no-excerpts", action="store_true", help="do not show the lines of code behind a verdict")


def run(args: argparse.Namespace) -> int:
    """Find all artefacts, judge them, print them worst first."""
    if args.jobs < 1:
        raise DarnelError(f"--jobs must be at least 1, not {args.jobs}")
    from darnel.audit import baseline
    from darnel.commands.scan import exit_code, summary

    started = perf_counter()
    accepted = baseline.Baseline.load(Path(args.baseline)) if args.baseline else baseline.Baseline()
    counts = dict.fromkeys(Label, 0)
    failing: list[Verdict] = []
    model = ""
    base_rate = None
    with report_of(args, "darnel audit") as report:
        for verdict, notes in _judged(args):
            passes, note = accepted.accepts(verdict)
            report.add(verdict, notes=(*notes, *([note] if note else ())))
            counts[verdict.label] += not passes
            if verdict.label is Label.UNKNOWN or SEVERITY[verdict.label] >= SEVERITY[Label(args.fail_on)]:
                failing.append(verdict)
            model = verdict.model or model
            base_rate = base_rate or verdict.base_rate
    print(summary(counts, base_rate, model or "none", perf_counter() - started), file=sys.stderr)
    for entry in accepted.unused():
        print(f"darnel: {args.baseline}: no longer needed: {entry.what} ({entry.reason})", file=sys.stderr)
    if args.write_baseline:
        new = baseline.write(Path(args.write_baseline), failing, accepted)
        print(f"darnel: {args.write_baseline}: {len(failing)} entries, {new} of them without a reason", file=sys.stderr)
    code = exit_code(counts, Label(args.fail_on))
    return 0 if code == 2 and args.allow_unknown else code


def _judged(args: argparse.Namespace) -> list[tuple[Verdict, tuple[str, ...]]]:
    """All verdicts with their notes, worst first."""
    from darnel.classifier import Classifier
    from darnel.commands.scan import progress, worst_first
    from darnel.lean import import_lightgbm

    rows = _rows(args)
    import_lightgbm()
    pending: deque[tuple[str, ...]] = deque()

    def sources() -> Iterator[Any]:
        for row in rows:
            pending.append(row.notes)
            yield row.source

    classifier = Classifier.load(args.model)
    verdicts = classifier.predict_many(sources(), jobs=args.jobs, excerpts=not args.no_excerpts)
    judged = [(verdict, pending.popleft()) for verdict in progress(verdicts, None)]
    return sorted(judged, key=lambda pair: worst_first(pair[0]))


def _rows(args: argparse.Namespace) -> Iterator[Row]:
    """What is to be judged. What the project depends on is read now, artefacts are fetched later."""
    with needing("index", "darnel audit"):
        from darnel.audit.collect import collect
        from darnel.audit.find import Finder
        from darnel.audit.stores import npm_cache

        items = collect(args.paths, args.environment)
    folders = [Path(folder) for folder in args.find_links]
    for folder in folders:
        if not folder.is_dir():
            raise DarnelError(f"{folder}: no such folder; give --find-links a folder of archives")
    return Finder(lambda: open_indexes(args.offline), args.artifact, folders, npm_cache()).rows(items)
