"""What every format of report has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self, TextIO

from darnel.defang import printable
from darnel.verdict import Label, Verdict


@dataclass(frozen=True, slots=True)
class Options:
    """What a report shows; formats for machines always show everything."""

    verbose: bool = False
    """Evidence for clean packages too, coverage, timings."""
    title: str = "darnel scan"
    """What was done, in formats that have a title."""


class Accepted(NamedTuple):
    """That somebody has looked at a finding and lives with it."""

    reason: str
    until: str
    """ISO date."""


class Entry(NamedTuple):
    """One verdict with what the command knows about it."""

    verdict: Verdict
    notes: tuple[str, ...] = ()
    """One printable line each: the path of dependencies that leads there, an accepted finding…"""
    accepted: Accepted | None = None
    difference: Mapping[str, Any] | None = None
    """From :func:`darnel.diff.structured.structured`, where two releases were compared."""
    place: str = ""
    """Where a lock file asks for it, ``FILE`` or ``FILE:LINE``; ``""`` if none does."""


class Report(ABC):
    """Writes verdicts to a stream in the order in which they are added.

    Parameters
    ----------
    stream : text file
        Not closed.
    options : Options
        What to show.

    Notes
    -----
    A context manager. Left by an exception (an interrupt, a model that cannot be loaded) it still ends the document,
    which says that it is not complete and why; the exception goes on.
    """

    def __init__(self, stream: TextIO, options: Options) -> None:
        self.stream = stream
        self.options = options
        self.counts: Counter[Label] = Counter()
        """By label, without what is accepted."""
        self.accepted = 0

    def __enter__(self) -> Self:
        self.begin()
        return self

    def add(
        self,
        verdict: Verdict,
        notes: Iterable[str] = (),
        accepted: Accepted | None = None,
        difference: Mapping[str, Any] | None = None,
        place: str = "",
    ) -> None:
        """Take one verdict, with lines that say how it came to be looked at; the rest as in :class:`Entry`."""
        self.counts[verdict.label] += accepted is None
        self.accepted += accepted is not None
        self.write(Entry(verdict, tuple(map(printable, notes)), accepted, difference, place))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, BrokenPipeError):
            return
        self.end(problem_of(error) if error else "")
        self.stream.flush()

    def begin(self) -> None:  # noqa: B027  # nothing is a good default
        """Write what comes before the first verdict."""

    @abstractmethod
    def write(self, entry: Entry) -> None:
        """Write one verdict, or keep it for the end."""

    def end(self, problem: str) -> None:  # noqa: B027
        """Write the rest. ``problem`` is one line that says why the run ended early, ``""`` if it did not."""

    @property
    def summary(self) -> dict[str, int]:
        """Verdicts by label, all four labels, and those that somebody accepted, which count under no label."""
        return {**{label.value: self.counts[label] for label in Label}, "accepted": self.accepted}


def problem_of(error: BaseException) -> str:
    """Why a run ended early, one printable line."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return printable(str(error)) or type(error).__name__
