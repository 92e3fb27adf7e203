"""The release before an artefact of the audit, to compare it with: at a bounded cost, and never at the verdict's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from darnel.audit import pin
from darnel.audit.find import Finder, Row
from darnel.errors import DarnelError
from darnel.index.artefact import Artefact, Kind, kind_of
from darnel.previous import alone
from darnel.sources import Downloaded, Installed, Missing, Update
from darnel.verdict import Verdict

if TYPE_CHECKING:
    from darnel.classifier import Classifier

CHOICES = ("auto", "all", "none")
"""What is compared: what is not beyond doubt alone, everything, nothing."""
PATIENCE = 60.0
"""Seconds that may be lost on previous releases that cannot be had before no more are looked for."""
PLACE = "previous release"


class Judged(NamedTuple):
    """A row of the report."""

    verdict: Verdict
    row: Row

    @property
    def notes(self) -> tuple[str, ...]:
        """What the row says beside the verdict; the first line ends in whether it was compared."""
        if self.verdict.delta is not None or not self.verdict.sha256:
            return self.row.notes
        first, *rest = self.row.notes or ("",)
        return (f"{first}; judged alone", *rest)


class Predecessors:
    """Finds previous releases.

    Parameters
    ----------
    finder : Finder
        Knows the indexes and what is here.
    """

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self._lost = 0.0

    def of(self, artefact: Artefact) -> Downloaded | Missing | None:
        """The file that an artefact is compared with; None if it has no earlier release."""
        if self._lost > PATIENCE:
            return Missing(artefact.label, "not looked for, as too much time was lost on others")
        started = monotonic()
        try:
            before = self.finder.indexes.previous(artefact)
            found = self.finder.fetch(before, PLACE) if before else None
        except DarnelError as error:
            found = Missing(artefact.label, str(error))
        if isinstance(found, Missing):
            self._lost += monotonic() - started
        return found

    def with_previous(self, row: Row) -> Any:
        """The source of a row, with its previous release if that can be had."""
        if row.artefact is None or isinstance(row.source, Missing):
            return row.source
        before = self.of(row.artefact)
        if before is None:
            return row.source
        previous = before.path if isinstance(before, Downloaded) else before
        new = row.source
        return new._replace(previous=previous) if isinstance(new, Downloaded) else Update(new, previous)


def judged_again(
    first: Iterable[Judged], predecessors: Predecessors, classifier: Classifier, jobs: int, excerpts: bool
) -> Iterator[Judged]:
    """Judge once more what was judged alone, now with the release before it. What cannot be compared stays as it was.

    Parameters
    ----------
    first : iterable of Judged
        Each with a verdict that came to an end.
    predecessors : Predecessors
        Finds what they are compared with.
    classifier, jobs, excerpts
        As for :meth:`darnel.classifier.Classifier.predict_many`.

    Yields
    ------
    Judged
        In the order of ``first``.
    """
    waiting: list[Judged] = []
    sources: list[Any] = []
    for one in first:
        row = one.row if one.row.artefact else one.row._replace(artefact=described(one.verdict, one.row.source))
        source = predecessors.with_previous(row)
        before = source.previous if isinstance(source, Downloaded | Update) else None
        if isinstance(before, Missing):
            one = one._replace(verdict=one.verdict.noting(alone(before.error)))
        waiting.append(one._replace(row=row))
        sources.append(source if before is not None and not isinstance(before, Missing) else None)
    wanted = (source for source in sources if source is not None)
    verdicts = classifier.predict_many(wanted, jobs=jobs, excerpts=excerpts)
    for one, source in zip(waiting, sources, strict=True):
        if source is None:
            yield one
            continue
        verdict = next(verdicts)
        lost = not verdict.sha256  # it took too long or too much together
        yield one._replace(verdict=one.verdict.noting(alone(verdict.error)) if lost else verdict)


def described(verdict: Verdict, source: Any) -> Artefact | None:
    """Which file of which release something is by its own account, None if it does not say."""
    if not (verdict.name and verdict.version) or verdict.ecosystem not in ("pypi", "npm"):
        return None
    make, kind = (pin.npm, Kind.TARBALL) if verdict.ecosystem == "npm" else (pin.pypi, Kind.WHEEL)
    if kind is Kind.WHEEL and not isinstance(source, Installed):
        kind = kind_of(str(source))
    return Artefact(*make(verdict.name, verdict.version), "", "", {}, kind)
