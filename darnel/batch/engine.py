"""Slots on threads: the engine of one machine, and what an engine is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from threading import Lock, local
from typing import Any, TypeVar

from darnel.batch.process import Settings, StartError
from darnel.batch.slot import Slot

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(order=True, frozen=True, slots=True)
class _Job:
    """Something to be done on any of the threads; the smallest is the next."""

    rank: int
    number: int
    work: Callable[[Slot, Any], Any] = field(compare=False)
    given: Any = field(compare=False)
    done: Future[Any] = field(compare=False)


class Slots:
    """Threads that each own a slot.

    A slot whose worker does not start gives back what it had to do, as long as another one may be able to do it.

    Parameters
    ----------
    settings : Settings
        How to analyse.
    jobs : int
        Threads, and with them workers.
    """

    def __init__(self, settings: Settings, jobs: int) -> None:
        self.slots: list[Slot] = []
        self._settings = settings
        self._own = local()
        self._threads = ThreadPoolExecutor(jobs, "darnel-slot")
        self._waiting: list[_Job] = []
        self._lock = Lock()
        self._numbers = count()

    def submit(self, work: Callable[[Slot, Given], Made], given: Given, size: int = 0) -> Future[Made]:
        """Have ``work(slot, given)`` done on one of the threads; of what waits the largest is done first.

        The future raises :class:`StartError` if no thread can start a worker any more.
        """
        done: Future[Made] = Future()
        self._put(_Job(-size, next(self._numbers), work, given, done))
        return done

    def close(self) -> None:
        """End all workers and wait for the threads; what is under way fails, and what waits is never done."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for slot in self.slots:
            slot.close()
        self._threads.shutdown()

    def _put(self, job: _Job) -> None:
        with self._lock:
            heappush(self._waiting, job)
        self._threads.submit(self._run)

    def _run(self) -> None:
        with self._lock:
            job = heappop(self._waiting)
        own = self._slot()
        try:
            made = job.work(own, job.given)
        except StartError as error:
            if any(slot.hopeful for slot in self.slots):
                self._put(job)
                own.rest()  # otherwise this thread would be the first to take it
            else:
                job.done.set_exception(error)
        except BaseException as error:  # whoever waits is to have it
            job.done.set_exception(error)
        else:
            job.done.set_result(made)

    def _slot(self) -> Slot:
        if not hasattr(self._own, "slot"):
            self._own.slot = Slot(self._settings)
            self.slots.append(self._own.slot)
        slot: Slot = self._own.slot
        return slot


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
