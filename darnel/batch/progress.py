"""How far a batch is, on stderr: a line that is drawn anew on a terminal, a line a minute in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from threading import Thread
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from darnel.batch.outcome import Outcome
from darnel.verdict import Label

EVERY = 60.0
"""Seconds between two lines in a log."""


class Meter:
    """Counts outcomes and shows them. Use as a context manager.

    Parameters
    ----------
    total : iterable or None
        Lists the input a second time, in a thread, to learn how much there is; ``None`` if that is not possible.
    done : int
        Of which earlier runs have done so many.
    quiet : bool
        Show nothing.
    """

    def __init__(self, total: Iterable[object] | None, done: int = 0, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, markup=False)
        self.new = self.cached = 0
        self.counts = dict.fromkeys(Label, 0)
        self._total: int | None = None
        self._done = done
        self._quiet = quiet
        self._started = self._said = monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if total is not None and not quiet:
            Thread(target=self._count, args=(total,), daemon=True).start()

    def __enter__(self) -> Meter:
        if self.console.is_terminal and not self._quiet:
            text = TextColumn("{task.description}")
            columns = (BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(compact=True), text)
            self._bar = Progress(*columns, console=self.console, transient=True)
            self._task = self._bar.add_task("", total=None, completed=self._done)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return monotonic() - self._started

    @property
    def rate(self) -> float:
        """Releases a second in this run."""
        return self.new / max(self.seconds, 1e-9)

    def see(self, outcome: Outcome) -> None:
        """Count one more."""
        self.new += 1
        self.cached += outcome.cached
        self.counts[outcome.verdict.label] += 1
        if self._bar is not None:
            completed = self._done + self.new
            self._bar.update(self._task, completed=completed, total=self._total, description=self._text())
        elif not self._quiet and monotonic() - self._said > EVERY:
            self._said = monotonic()
            of = f" of {self._total:,}, {self._left()} left" if self._total else ""
            print(f"darnel: {self._done + self.new:,}{of}, {self._text()}", file=sys.stderr)

    def _text(self) -> str:
        counts = ", ".join(f"{n:,} {label}" for label, n in self.counts.items() if n)
        return f"{self.rate:,.1f}/s, {counts}"

    def _left(self) -> str:
        left = max(0, (self._total or 0) - self._done - self.new) / max(self.rate, 1e-9)
        return f"{left / 3600:.1f} h" if left >= 3600 else f"{left / 60:.0f} min"

    def _count(self, total: Iterable[object]) -> None:
        try:
            self._total = sum(1 for _ in total)
        except Exception:  # the run itself will say what is wrong with the input
            return
