"""What is done with some items on one slot, in a thread here or on a machine of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darnel.batch.cache import Cache
from darnel.batch.item import Item
from darnel.batch.outcome import Outcome
from darnel.batch.process import Settings
from darnel.batch.slot import Slot
from darnel.batch.task import Task, payload_at, with_previous
from darnel.errors import DarnelError, InputError

BYTES_AT_ONCE = 64 << 20
"""Artefacts that are held in memory together, at most, unless one alone is larger."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How items become outcomes; can be sent to another machine."""

    settings: Settings
    model_sha256: str
    cache: str = ""
    """Path or URL of the cache, ``""``: none."""
    shipped: bool = False
    """Whether the model is the one that comes with darnel, wherever that is installed."""
    excerpts: bool = False
    explain_clean: bool = False

    def __call__(self, slot: Slot, items: Sequence[Item]) -> list[Outcome]:
        """Outcomes in the order of the items.

        Raises
        ------
        DarnelError
            No worker can be started, or the slot was closed.
        """
        cache = Cache(self.cache, self.settings, self.model_sha256) if self.cache else None
        results: dict[int, Outcome] = {}
        waiting: list[tuple[int, Task, str | None]] = []
        size = 0
        for number, item in enumerate(items):
            try:
                task = self._task(item)
            except DarnelError as error:
                results[number] = Outcome.refused(item.path, error)
                continue
            key = cache.key(task) if cache else None
            # Of two copies the second is known when the first is done.
            copy = key is not None and any(key == other for _, _, other in waiting)
            if copy or (waiting and size + task.size > BYTES_AT_ONCE):
                results |= _judged(slot, waiting, cache)
                waiting, size = [], 0
            known = cache.get(key, task) if cache and key else None
            if known is not None:
                results[number] = known.noting(task.notice)
                continue
            waiting.append((number, task, key))
            size += task.size
        results |= _judged(slot, waiting, cache)
        return [results[i] for i in range(len(items))]

    def _task(self, item: Item) -> Task:
        if item.error:
            raise InputError(item.error)
        limits = self.settings.limits
        task = Task(
            payload_at(item.path, limits),
            None,
            item.ecosystem,
            item.name,
            item.version,
            excerpts=self.excerpts,
            explain_clean=self.explain_clean,
        )
        return with_previous(task, (lambda: payload_at(item.previous, limits)) if item.previous else None)


def _judged(slot: Slot, waiting: Sequence[tuple[int, Task, str | None]], cache: Cache | None) -> dict[int, Outcome]:
    def keep(number: int, outcome: Outcome) -> None:
        key = waiting[number][2]
        if cache and key:
            cache.put(key, outcome)

    # Kept as soon as it is known: the next release may hang, and this run be killed meanwhile.
    outcomes = slot.judge([task for _, task, _ in waiting], keep)
    return {number: outcome for (number, _, _), outcome in zip(waiting, outcomes, strict=True)}
