"""What every command that judges has in common: its options, the summary at the end, and what the exit code says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from time import perf_counter

from darnel.errors import DarnelError
from darnel.verdict import SEVERITY, Label, Verdict


def add_fail_on(parser: argparse.ArgumentParser, what: str = "a package") -> None:
    """Add ``--fail-on``."""
    parser.add_argument(
        "--fail-on",
        choices=("malicious", "suspicious"),
        default="malicious",
        help=f"exit with 1 if {what} is that bad or worse (default: malicious)",
    )


def add_model_options(parser: argparse.ArgumentParser, *, jobs: bool = True) -> None:
    """Add ``--model``, ``--jobs`` and ``--no-excerpts``."""
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    if jobs:
        parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--no-excerpts", action="store_true", help="do not show the lines of code behind a verdict")


def check_jobs(jobs: int) -> None:
    """Refuse less than one process.

    Raises
    ------
    DarnelError
        ``--jobs`` is less than 1.
    """
    if jobs < 1:
        raise DarnelError(f"--jobs must be at least 1, not {jobs}")


class Tally:
    """Counts verdicts as they are reported; the clock starts when it is made."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(Label, 0)
        self.accepted = 0
        self._started = perf_counter()
        self._model = "none"
        self._base_rate: float | None = None

    def see(self, verdict: Verdict, *, counts: bool = True) -> None:
        """Take a verdict; one that does not count (somebody accepted it) only says which model judged."""
        self.counts[verdict.label] += counts
        self.accepted += not counts
        self._model = verdict.model or self._model
        self._base_rate = self._base_rate or verdict.base_rate

    def finish(self, fail_on: str, model: str = "") -> int:
        """Print the summary to stderr and return the exit code, 2 if there was nothing to judge.

        Parameters
        ----------
        fail_on : str
            Label from which on it is 1.
        model : str
            Name of the model, if it is known; otherwise that of the verdicts.
        """
        seconds = perf_counter() - self._started
        text = summary(self.counts, self._base_rate, model or self._model, seconds, self.accepted)
        print(text, file=sys.stderr)
        judged = sum(self.counts.values()) + self.accepted
        return exit_code(self.counts, Label(fail_on)) if judged else 2


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


def summary(counts: dict[Label, int], base_rate: float | None, model: str, seconds: float, accepted: int = 0) -> str:
    """Line for stderr at the end."""
    total = sum(counts.values()) + accepted
    if not total:
        return "darnel: nothing was judged: nothing is pinned or installed there"
    parts = ", ".join([f"{n} {label}" for label, n in counts.items() if n] + [f"{accepted} accepted"] * bool(accepted))
    text = f"{total} package{'s' * (total != 1)}: {parts}; model {model}, {seconds:.1f} s"
    if base_rate:
        text += f"; p: probability if one release in {1 / base_rate:,.0f} is malicious"
    return text
