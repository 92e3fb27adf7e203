"""From what the user wrote to what is judged: names become downloaded files, everything else stays what it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from darnel.errors import DarnelError
from darnel.index import reference
from darnel.sources import Downloaded, Missing

if TYPE_CHECKING:
    from darnel.index.artefact import Pair
    from darnel.index.indexes import Indexes


class Plan(NamedTuple):
    """What will be judged."""

    total: int
    """How many verdicts there will be."""
    sources: Iterator[Any]
    """Each is downloaded when it is asked for."""


def expand(
    written: Iterable[Any],
    indexes: Callable[[], Indexes],
    choice: str = "default",
    previous: bool = True,
    note: Callable[[str], None] | None = None,
) -> Plan:
    """Resolve names now, download later.

    Parameters
    ----------
    written : iterable
        Sources as for :meth:`darnel.classifier.Classifier.predict`, and names.
    indexes : callable
        Opens the indexes; called when there is a name among them.
    choice : str
        One of :data:`darnel.index.indexes.CHOICES`.
    previous : bool
        Fetch the release before it too, and judge the two together.
    note : callable, optional
        Told what the user should know, one line at a time; default: stderr.

    Returns
    -------
    Plan
        A name that cannot be resolved or downloaded is a :class:`darnel.sources.Missing`.
    """
    steps: list[Any] = []
    opened: Indexes | None = None
    tell = note or (lambda text: print(f"darnel: {text}", file=sys.stderr))
    for item in written:
        if not (isinstance(item, str) and reference.is_reference(item)):
            steps.append(item)
            continue
        try:
            wanted = reference.parse(item)
            opened = opened or indexes()
            release = opened.release(wanted, choice)
        except DarnelError as error:
            steps.append(Missing(item, str(error)))
            continue
        for text in release.notes:
            tell(text)
        if release.left_out:
            more = "file" if release.left_out == 1 else "files"
            tell(f"{release.reference}: {release.left_out} more {more} not judged; --artifact all judges every file")
        steps += release.pairs
    return Plan(len(steps), _fetched(steps, opened, previous, tell))


def _fetched(steps: list[Any], indexes: Indexes | None, previous: bool, tell: Callable[[str], None]) -> Iterator[Any]:
    if indexes is None:
        yield from steps
        return
    from darnel.index.artefact import Pair

    for step in steps:
        yield _fetch(step, indexes, previous, tell) if isinstance(step, Pair) else step


def _fetch(pair: Pair, indexes: Indexes, previous: bool, tell: Callable[[str], None]) -> Downloaded | Missing:
    try:
        path = indexes.fetch(pair.new)
    except DarnelError as error:
        return Missing(pair.new.label, str(error))
    before = None
    if previous and pair.previous is not None:
        try:
            before = indexes.fetch(pair.previous)
        except DarnelError as error:
            tell(f"{pair.new.label}: judged without its previous release: {error}")
    return Downloaded(str(path), pair.new.label, str(before) if before else "")
