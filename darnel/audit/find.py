"""From a pin to what is judged: what is here already first, then the index; what cannot be had is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from darnel.audit.pin import Local, Pin
from darnel.audit.stores import NpmCache, Wheelhouse
from darnel.errors import DarnelError
from darnel.index.artefact import Artefact
from darnel.index.cache import digests, mismatch
from darnel.index.choice import choose
from darnel.sources import Downloaded, Missing

if TYPE_CHECKING:
    from darnel.index.indexes import Indexes


class Row(NamedTuple):
    """Something to judge and what is known about it."""

    source: Any
    """As for :meth:`darnel.classifier.Classifier.predict`."""
    notes: tuple[str, ...]
    """What the report says beside the verdict: by whom it is needed."""
    artefact: Artefact | None = None
    """Which file of which release it is, None if only its verdict can tell."""
    place: str = ""
    """Where the first lock file that asks for it does so, see :attr:`darnel.audit.pin.Pin.place`."""


class Finder:
    """Finds what pins stand for.

    Parameters
    ----------
    indexes : callable
        Opens the indexes for what is not here; called once, if at all.
    choice : str
        One of :data:`darnel.index.artefact.CHOICES`.
    wheelhouses : iterable of Path
        Folders that are looked into first.
    npm : NpmCache, optional
        npm's own cache.
    """

    def __init__(
        self, indexes: Callable[[], Indexes], choice: str, wheelhouses: Iterable[Path] = (), npm: NpmCache | None = None
    ) -> None:
        self._open = indexes
        self.choice = choice
        self.wheelhouses = [Wheelhouse(folder) for folder in wheelhouses]
        self.npm = npm

    @cached_property
    def indexes(self) -> Indexes:
        """The indexes, opened when they are needed."""
        return self._open()

    def rows(self, items: Iterable[Pin | Local]) -> Iterator[Row]:
        """What to judge, each thing once, however many places need it; downloaded when it is asked for."""
        needed: dict[Any, list[str]] = {}
        kept: dict[Any, Pin | Local] = {}
        for item in items:
            key: Any = (
                (item.reference, item.label, _signature(item), item.hashes, item.problem)
                if isinstance(item, Pin)
                else item.source
            )
            needed.setdefault(key, []).append(item.origin)
            kept.setdefault(key, item)
        for key, item in kept.items():
            notes = tuple(dict.fromkeys(needed[key]))
            if isinstance(item, Local):
                yield Row(item.source, notes)
                continue
            for row in self.sources(item):
                yield row._replace(notes=(*notes, *row.notes), place=item.place)

    def sources(self, pin: Pin) -> Iterator[Row]:
        """The artefacts of one pin, with notes of their own."""
        if pin.problem:
            yield Row(Missing(pin.label, f"{pin.place}: {pin.problem}"), ())
            return
        held = [held for house in self.wheelhouses for held in house.find(pin)] if not pin.files else []
        try:
            if held:
                paths = {one.artefact.file_name: one.path for one in held}
                for artefact in choose([one.artefact for one in held], self.choice):
                    yield Row(_here(paths[artefact.file_name], artefact), _unpinned(pin), artefact)
                return
            chosen, notes = self._choose(pin)
        except DarnelError as error:
            yield Row(Missing(pin.label, f"{pin.place}: {error}"), ())
            return
        for artefact in chosen:
            yield Row(self.fetch(artefact, pin.place), notes, artefact)

    def _choose(self, pin: Pin) -> tuple[list[Artefact], tuple[str, ...]]:
        if pin.files:
            chosen = choose(pin.files, self.choice) or list(pin.files)
            bare = [] if all(a.hashes for a in chosen) else ["the lock has no hash: another file may get installed"]
            return chosen, tuple(bare)
        found = self.indexes.release(pin.reference, self.choice, pin.hashes)
        return [pair.new for pair in found.pairs], (*_unpinned(pin), *found.notes)

    def fetch(self, artefact: Artefact, place: str) -> Downloaded | Missing:
        """One file, from where it is nearest; ``place`` is where it is asked for."""
        if artefact.url.startswith("file:"):
            return self._local(artefact, place)
        held = self.npm.find(artefact) if self.npm and artefact.ecosystem == "npm" else None
        if held is not None:
            return _here(held, artefact)
        try:
            return _here(self.indexes.fetch(artefact), artefact)
        except DarnelError as error:
            return Missing(artefact.label, f"{place}: {error}")

    @staticmethod
    def _local(artefact: Artefact, place: str) -> Downloaded | Missing:
        """A file beside the lock."""
        path = Path(url2pathname(urlsplit(artefact.url).path))
        try:
            wrong = mismatch(digests(path, artefact.hashes), artefact.hashes)
        except OSError as error:
            return Missing(artefact.label, f"{place}: {path}: {error.strerror}; put the file where the lock says")
        if wrong:
            why = f"{path}: hash mismatch: its {wrong} is not the one in the lock; do not install it"
            return Missing(artefact.label, f"{place}: {why}")
        return _here(path, artefact)


def _signature(pin: Pin) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return tuple((artefact.url, tuple(sorted(artefact.hashes.items()))) for artefact in pin.files)


def _here(path: Path, artefact: Artefact) -> Downloaded:
    return Downloaded(str(path), artefact.label)


def _unpinned(pin: Pin) -> tuple[str, ...]:
    return () if pin.hashes or pin.files else ("pinned without a hash: another file may get installed",)
