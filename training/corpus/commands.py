"""``darnel corpus``: options and runs. Heavy imports happen when a run starts."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darnel.training.corpus.build import Assembly
    from darnel.training.corpus.extraction import Outcome
    from darnel.training.corpus.manifest import Manifest

SUMMARY = "summary.json"
"""Counts of a build, beside the feature table."""


def configure_corpus(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands and options of ``darnel corpus``."""
    commands = parser.add_subparsers(dest="corpus_command", required=True, metavar="COMMAND")
    sources = commands.add_parser("sources", help="print the commands that bring every source")
    sources.add_argument("--manifest", type=Path, metavar="FILE", help="default: the one that ships with darnel")
    build = commands.add_parser("build", help="extract features from the sources into a feature table")
    _add_sources(build)
    build.add_argument("--cache", type=Path, required=True, metavar="FILE", help="raw features by content (SQLite)")
    build.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the feature table goes")
    _add_earlier(build, "rows")
    build.add_argument("--retry", action="store_true", help="try again what failed before")
    build.add_argument("--prune", action="store_true", help="drop cached features of other feature schemas")
    build.add_argument("--seconds", type=float, default=300.0, metavar="S", help="limit on one sample (default: 300)")
    restyle = commands.add_parser(
        "restyle", help="trees as the sdists they build, sdists as trees: a table of variants to train on"
    )
    _add_sources(restyle)
    restyle.add_argument("--data", type=Path, required=True, metavar="DIR", help="feature table of the corpus")
    restyle.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the variants go")
    _add_earlier(restyle, "variants")
    known = commands.add_parser("known", help="rebuild the shipped hashes of popular packages' files")
    _add_sources(known)
    known.add_argument("--out", type=Path, required=True, metavar="DIR", help="where *.json and *.bin go")
    known.add_argument("--date", required=True, metavar="YYYY-MM-DD", help="day on which the sources were fetched")


def _add_earlier(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--earlier",
        type=Path,
        metavar="DIR",
        help=f"earlier feature table: its {what} stand in for repositories not here",
    )


def _add_sources(parser: argparse.ArgumentParser) -> None:
    """Options that say where the sources are, alike for all that reads them."""
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="default: the one that ships with darnel")
    parser.add_argument(
        "--repositories",
        type=Path,
        action="append",
        required=True,
        metavar="DIR",
        help="folder with the bare repositories; may be given several times",
    )
    parser.add_argument(
        "--folders",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="where the local folders of archives are",
    )
    parser.add_argument("--only", action="append", default=[], metavar="SOURCE", help="only this source; repeatable")
    parser.add_argument("--skip-missing", action="store_true", help="go on without the sources that are not there")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes (default: all cores)"
    )


def run_corpus(args: argparse.Namespace) -> int:
    """Run what ``configure_corpus`` parsed. Exit code 0; 2 if some samples could not be read."""
    from darnel.training.corpus.manifest import load_manifest

    manifest = load_manifest(args.manifest)
    if args.corpus_command == "sources":
        print(sources_text(manifest))
        return 0
    run = {"known": _known, "restyle": _restyle, "build": _build}[args.corpus_command]
    return run(args, manifest)


def _restyle(args: argparse.Namespace, manifest: Manifest) -> int:
    from darnel.training.config import load_config
    from darnel.training.corpus.build import samples_of
    from darnel.training.corpus.earlier import variants, with_earlier_variants
    from darnel.training.corpus.places import Roots
    from darnel.training.derived import save_derived
    from darnel.training.restyled import restyled_table
    from darnel.training.storage import load_table

    earlier = variants(args.earlier, "restyled") if args.earlier is not None else None
    table = load_table(args.data)
    samples = samples_of(table.packages, manifest, Roots(tuple(args.repositories), tuple(args.folders)))
    result = restyled_table(
        table,
        samples,
        seed=load_config().seed,
        jobs=max(1, args.jobs),
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
    if earlier is not None:
        result, taken = with_earlier_variants(result, table, earlier, samples)
        print(f"{taken} taken over from {args.earlier}", file=sys.stderr)
    save_derived(result, table, args.out)
    return 0


def sources_text(manifest: Manifest) -> str:
    """A shell script that brings every source; remarks are comments."""
    lines: list[str] = ["# In the folder that --repositories names (folders of archives: --folders):"]
    seen: set[str] = set()
    for source in manifest.sources:
        lines += ["", f"# {source.id}: {source.label}, {source.ecosystem}. {source.notes}".rstrip()]
        commands = source.commands
        if source.kind == "repositories":
            commands = _repositories(manifest, source.list, str(source.ecosystem))
        lines += [command for command in commands if command not in seen]
        seen |= set(commands)
    return "\n".join(lines)


def _repositories(manifest: Manifest, name: str, ecosystem: str) -> tuple[str, ...]:
    import csv

    with (manifest.folder / name).open(newline="", encoding="utf-8") as file:
        rows = [row["repository"] for row in csv.DictReader(file) if row["ecosystem"] == ecosystem]
    names = dict.fromkeys(rows)
    return tuple(f"git clone --bare https://github.com/{repo} {repo.replace('/', '+')}.git" for repo in names)


def _known(args: argparse.Namespace, manifest: Manifest) -> int:
    from darnel.features.known.reference import write
    from darnel.features.package import Ecosystem
    from darnel.training.corpus import known
    from darnel.training.corpus.build import list_samples
    from darnel.training.corpus.places import Roots

    roots = Roots(tuple(args.repositories), tuple(args.folders))
    listings, missing = list_samples(manifest, roots, args.only, args.skip_missing)
    for line in missing:
        print(f"skipped: {line}", file=sys.stderr)
    for ecosystem in (Ecosystem.PYPI, Ecosystem.NPM):
        samples = known.wanted(listings, manifest, ecosystem)
        if not samples:
            continue
        reference = known.build(known.read_all(samples, max(1, args.jobs)), ecosystem)
        path = write(str(ecosystem), reference, args.date, sorted({sample.source for sample in samples}), args.out)
        files, owners = len(reference.contents), len(reference.owners)
        print(f"{path}: {files} files of {owners} packages, {len(samples)} releases read", file=sys.stderr)
    return 0


def _build(args: argparse.Namespace, manifest: Manifest) -> int:
    from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
    from darnel.training.corpus.build import assemble, extract_missing, list_samples
    from darnel.training.corpus.earlier import with_earlier
    from darnel.training.corpus.places import Roots
    from darnel.training.corpus.selection import select
    from darnel.training.corpus.store import Store
    from darnel.training.storage import load_table, save_table

    earlier = load_table(args.earlier) if args.earlier is not None else None
    if earlier is not None:  # before hours of work
        earlier.check(SCHEMA_VERSION, PACKAGE_COLUMNS.names, FILE_COLUMNS.names)
    roots = Roots(tuple(args.repositories), tuple(args.folders))
    listings, missing = list_samples(manifest, roots, args.only, args.skip_missing)
    for line in missing:
        print(f"skipped: {line}", file=sys.stderr)
    selection = select(listings, manifest)
    with Store(args.cache) as store:
        with _Bar() as bar:
            done = extract_missing(
                selection.samples,
                store,
                jobs=max(1, args.jobs),
                seconds=args.seconds,
                tell=bar.tell,
                retry_failures=args.retry,
            )
        assembly = assemble(selection.samples, store, manifest)
        if args.prune:
            store.prune(SCHEMA_VERSION)
    taken = 0
    if earlier is not None:
        assembly.table, taken = with_earlier(assembly.table, earlier, manifest, roots)
    save_table(assembly.table, args.out)
    summary = summarise(assembly, selection.dropped, missing) | {"taken_over": taken}
    (args.out / SUMMARY).write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(
        f"{len(assembly.table)} packages ({done['extracted']} extracted, {done['cached']} from the cache, "
        f"{taken} taken over, {len(assembly.failures)} not readable) in {args.out}",
        file=sys.stderr,
    )
    return 2 if assembly.failures else 0


def summarise(assembly: Assembly, dropped: Counter[tuple[str, str]], missing: list[str]) -> dict[str, Any]:
    """Counts for the data card: by source, label, ecosystem and form, dates by month, campaigns, what was dropped."""
    frame = assembly.table.packages
    label = frame["label"].map({0: "benign", 1: "malicious"})

    def counts(*columns: str) -> dict[str, int]:
        keys = zip(*[(label if name == "label" else frame[name]).astype(str) for name in columns], strict=True)
        return dict(sorted(Counter(" ".join(key) for key in keys).items()))

    bad = frame[frame["label"] == 1]
    sizes = bad.groupby(["ecosystem", "campaign"]).size()
    campaigns = {}
    for ecosystem in sorted(set(bad["ecosystem"])):
        part = sizes.loc[ecosystem].sort_values(ascending=False)
        campaigns[ecosystem] = {
            "count": len(part),
            "largest_share": round(float(part.iloc[0] / part.sum()), 4),
            "top_ten_share": round(float(part.iloc[:10].sum() / part.sum()), 4),
        }
    all_dropped = dropped + assembly.dropped
    return {
        "packages": len(frame),
        "by_label": counts("ecosystem", "label"),
        "by_source": counts("source"),
        "by_form": counts("ecosystem", "label", "form"),
        "malicious_by_month": dict(sorted(Counter(date[:7] for date in bad["date"] if date).items())),
        "campaigns": campaigns,
        "dropped": {f"{source} {reason}": count for (source, reason), count in sorted(all_dropped.items())},
        "not_readable": dict(sorted(assembly.failures.items())),
        "missing_sources": missing,
    }


class _Bar:
    """A progress bar on standard error; nothing if that is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (TextColumn("extracting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        columns_and_failures = (*columns, TextColumn("{task.fields[failed]} failed"))
        self._progress = Progress(*columns_and_failures, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("extracting", total=None, failed=0)
        self._failed = 0

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def tell(self, done: int, total: int, outcome: Outcome) -> None:
        """Move on."""
        self._failed += bool(outcome.failure)
        self._progress.update(self._task, completed=done, total=total, failed=self._failed)
