"""From what the user wrote to what is judged: names become downloaded files, everything else stays what it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from darnel.errors import DarnelError
from darnel.index import reference
from darnel.index.artefact import Artefact, Pair, Release
from darnel.sources import Downloaded, Missing, Update

if TYPE_CHECKING:
    from darnel.index.indexes import Indexes

Tell = Callable[[str], None]


class Plan(NamedTuple):
    """What will be judged."""

    total: int
    """How many verdicts there will be."""
    sources: Iterator[Any]
    """Each is downloaded when it is asked for."""


class Expansion:
    """Turns names into files.

    Parameters
    ----------
    indexes : callable
        Opens the indexes; called once, when there is a name.
    choice : str
        One of :data:`darnel.index.artefact.CHOICES`.
    previous : bool
        Fetch the release before a name too, so that the two are judged together.
    tell : callable, optional
        Told what the user should know, one line at a time; default: stderr.
    """

    def __init__(
        self, indexes: Callable[[], Indexes], choice: str = "default", previous: bool = True, tell: Tell | None = None
    ) -> None:
        self._open = indexes
        self._indexes: Indexes | None = None
        self.choice = choice
        self.previous = previous
        self.tell = tell or (lambda text: print(f"darnel: {text}", file=sys.stderr))

    def plan(self, written: Iterable[Any]) -> Plan:
        """Resolve names now, download later. What cannot be had is a :class:`darnel.sources.Missing`.

        Parameters
        ----------
        written : iterable
            Sources as for :meth:`darnel.classifier.Classifier.predict`, and names, alone or in an ``Update``.
        """
        steps = [step for item in written for step in self._steps(item)]
        return Plan(len(steps), (step() for step in steps))

    def fetched(self, item: Any) -> Any:
        """One source: of a name its first file; anything else as it is."""
        (end, *_) = self._ends(item)
        return self._fetch(end)

    def _steps(self, item: Any) -> list[Callable[[], Any]]:
        if isinstance(item, Update):
            ends = self._ends(item.previous)
            return [partial(self._update, new, _like(new, ends)) for new in self._ends(item.new)]
        if not _is_name(item):
            return [lambda: item]
        release = self._release(item)
        if isinstance(release, Missing):
            return [lambda: release]
        return [partial(self._pair, pair) for pair in release.pairs]

    def _ends(self, item: Any) -> list[Any]:
        if not _is_name(item):
            return [item]
        release = self._release(item)
        return [release] if isinstance(release, Missing) else [pair.new for pair in release.pairs]

    def _release(self, name: str) -> Release | Missing:
        try:
            wanted = reference.parse(name)
            self._indexes = self._indexes or self._open()
            release = self._indexes.release(wanted, self.choice)
        except DarnelError as error:
            return Missing(name, str(error))
        for text in release.notes:
            self.tell(text)
        if release.left_out:
            files = "file" if release.left_out == 1 else "files"
            self.tell(
                f"{release.reference}: {release.left_out} more {files} not judged; --artifact all judges every file"
            )
        return release

    def _pair(self, pair: Pair) -> Any:
        new = self._fetch(pair.new)
        if isinstance(new, Missing) or pair.previous is None or not self.previous:
            return new
        return new._replace(previous=_path(self._fetch(pair.previous)))

    def _update(self, new: Any, previous: Any) -> Any:
        """Two releases that the user named; the older one may be missing."""
        first, second = self._fetch(new), _path(self._fetch(previous))
        return first._replace(previous=second) if isinstance(first, Downloaded) else Update(first, second)

    def _fetch(self, end: Any) -> Any:
        if not isinstance(end, Artefact) or self._indexes is None:
            return end
        try:
            return Downloaded(str(self._indexes.fetch(end)), end.label)
        except DarnelError as error:
            return Missing(end.label, str(error))


def _path(source: Any) -> Any:
    """A release that only another one is compared with needs no name."""
    return source.path if isinstance(source, Downloaded) else source


def _is_name(item: Any) -> bool:
    return isinstance(item, str) and reference.is_reference(item)


def _like(new: Any, ends: list[Any]) -> Any:
    """The file of another release that is of the same kind."""
    kind = getattr(new, "kind", None)
    return next((end for end in ends if getattr(end, "kind", None) is kind), ends[0])
