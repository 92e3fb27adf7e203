"""Slots on threads: the engine of one machine, and what an engine is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import local
from typing import TypeVar

from darnel.batch.process import Settings
from darnel.batch.slot import Slot

Given = TypeVar("Given")
Made = TypeVar("Made")


class Slots:
    """Threads that each own a slot.

    Parameters
    ----------
    settings : Settings
        How to analyse.
    jobs : int
        Threads, and with them workers.
    roots : frozenset of str
        Folders that every worker may read.
    """

    def __init__(self, settings: Settings, jobs: int, roots: frozenset[str] = frozenset()) -> None:
        self.slots: list[Slot] = []
        self._settings = settings
        self._roots = roots
        self._own = local()
        self._threads = ThreadPoolExecutor(jobs, "darnel-slot")

    def submit(self, work: Callable[[Slot, Given], Made], given: Given) -> Future[Made]:
        """Have ``work(slot, given)`` done on one of the threads."""
        return self._threads.submit(self._run, work, given)

    def close(self) -> None:
        """End all workers and wait for the threads; what is under way fails."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for slot in self.slots:
            slot.close()
        self._threads.shutdown()

    def _run(self, work: Callable[[Slot, Given], Made], given: Given) -> Made:
        if not hasattr(self._own, "slot"):
            self._own.slot = Slot(self._settings, self._roots)
            self.slots.append(self._own.slot)
        return work(self._own.slot, given)


def as_they_come(
    submit: Callable[[Given], Future[Made]], given: Iterable[Given], ahead: int
) -> Iterator[tuple[Given, Made]]:
    """What was given with its result, in the order in which results are ready; at most ``ahead`` are under way."""
    pending: dict[Future[Made], Given] = {}
    for one in given:
        pending[submit(one)] = one
        while len(pending) >= ahead:
            yield from _ready(pending)
    while pending:
        yield from _ready(pending)


def _ready(pending: dict[Future[Made], Given]) -> Iterator[tuple[Given, Made]]:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        yield pending.pop(future), future.result()
