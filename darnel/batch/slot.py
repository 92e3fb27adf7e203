"""Room for one worker: hands it releases, replaces it when it dies, and sees to it that each release has one result.

A pool from a library would be welcome here, but the ones at hand (concurrent.futures, pebble, loky, billiard) unpickle
what a worker sends, which hands the supervisor to whoever has taken over a worker. What is left to do is little.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event
from time import perf_counter

from darnel.batch.outcome import Outcome
from darnel.batch.process import LostError, Settings, StartError, Worker
from darnel.batch.task import Scope, Task
from darnel.errors import DarnelError

AT_ONCE = 32
"""Releases that are scored together, at most,"""
ROWS_AT_ONCE = 2_048
"""with so many files,"""
SECONDS_AT_ONCE = 1.0
"""whose features took so long: if the worker dies, this is what has to be done again."""
RECYCLE = 2_000
"""Releases after which a worker is replaced: no leak and no takeover lasts."""
PAUSES: tuple[float, ...] = (0.1, 0.5, 2.0)
"""Seconds before a worker that did not start is started once more: the machine may have been out of something."""


class Slot:
    """One worker at a time, started when it is needed. Not to be used by two threads, but for :meth:`close`.

    Parameters
    ----------
    settings : Settings
        How to analyse.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = 0
        """Workers started so far."""
        self.worker: Worker | None = None
        self._served = 0
        self._closed = Event()
        self._failed_to_start = False

    def judge(self, tasks: Sequence[Task], ready: Callable[[int, Outcome], object] | None = None) -> list[Outcome]:
        """Judge releases; one result for each, in order.

        Parameters
        ----------
        tasks : sequence of Task
            The releases.
        ready : callable, optional
            Given the number of a release and its result as soon as there is one.

        Raises
        ------
        StartError
            No worker could be started; nothing is wrong with the releases.
        DarnelError
            No worker can be started ever, or the slot was closed.
        """
        tasks = list(tasks)
        results: dict[int, Outcome] = {}

        def settle(number: int, outcome: Outcome) -> None:
            results[number] = outcome
            if ready is not None:
                ready(number, outcome)

        # What needs the same worker comes together.
        todo = deque(sorted(range(len(tasks)), key=lambda i: tasks[i].scope.rank))
        held, suspects, spared = list[int](), set[int](), set[int]()
        rows, since = 0, perf_counter()
        while todo or held:
            full = rows >= ROWS_AT_ONCE or len(held) >= AT_ONCE or perf_counter() - since > SECONDS_AT_ONCE
            if held and (not todo or full or self._parted(tasks[todo[0]], {held[-1], todo[0]} & suspects)):
                for number, outcome in self._conclude(tasks, held, suspects, spared).items():
                    settle(number, outcome)
                todo.extendleft(i for i in reversed(held) if i not in results)
                held, rows, since = [], 0, perf_counter()
                continue
            number = todo.popleft()
            try:
                rows += self._ready(tasks[number], bool(held)).take(tasks[number])
                since = since if held else perf_counter()
                held.append(number)
            except LostError as lost:
                if self._again(tasks, number, lost, spared):
                    todo.appendleft(number)
                else:
                    settle(number, self._failed(tasks[number], lost))
            if self.worker is None or self.worker.dead:  # and with it what it held
                todo.extendleft(reversed(held))
                held, rows, since = [], 0, perf_counter()
        return [results[i] for i in range(len(tasks))]

    def close(self) -> None:
        """End the worker, from any thread; a :meth:`judge` that is under way raises."""
        self._closed.set()
        if self.worker is not None:
            self.worker.interrupt()

    @property
    def hopeful(self) -> bool:
        """Whether there is a living worker, or nothing that speaks against starting one."""
        return not self._failed_to_start or (self.worker is not None and not self.worker.dead)

    def rest(self) -> None:
        """Wait for as long as before the last try to start a worker, or until it is closed."""
        self._closed.wait(PAUSES[-1])

    def _conclude(
        self, tasks: list[Task], held: Sequence[int], suspects: set[int], spared: set[int]
    ) -> dict[int, Outcome]:
        assert self.worker is not None
        try:
            verdicts = self.worker.conclude([tasks[i] for i in held])
        except LostError as lost:
            if len(held) == 1 and self._again(tasks, held[0], lost, spared):
                return {}
            if len(held) == 1:
                return {held[0]: self._failed(tasks[held[0]], lost)}
            suspects |= set(held)  # any of them may have been it: each is done again alone
            return {}
        pairs = zip(held, verdicts, strict=True)
        return {i: Outcome.of(verdict, tasks[i].size).noting(tasks[i].notice) for i, verdict in pairs}

    @staticmethod
    def _again(tasks: list[Task], number: int, lost: LostError, spared: set[int]) -> bool:
        """Whether to judge a lost release once more: if it may be innocent, or its previous one is the culprit."""
        if lost.outside and number not in spared:
            spared.add(number)
            return True
        if tasks[number].previous is None:
            return False
        tasks[number] = tasks[number].alone(str(lost))
        return True

    def _parted(self, following: Task, suspects: set[int]) -> bool:
        """Whether the next release cannot be scored together with what is held."""
        return bool(suspects) or self.worker is None or self.worker.scope != following.scope

    def _ready(self, task: Task, busy: bool) -> Worker:
        """A living worker that can take the task; one that holds something is not replaced for being old."""
        worker = self.worker
        aged = self._served >= RECYCLE and not busy
        ended = worker is not None and not busy and worker.ended  # between two releases: no fault of the next
        if worker is not None and (worker.dead or ended or aged or worker.scope != task.scope):
            worker.kill()
            worker = None
        if worker is None:
            worker = self.worker = self._start(task.scope)
            self._served = 0
            self.started += 1
        self._open()
        self._served += 1
        return worker

    def _start(self, scope: Scope) -> Worker:
        self.worker = None
        pauses = iter(PAUSES)
        while True:
            self._open()
            try:
                worker = Worker(self.settings, scope)
            except StartError:
                pause = next(pauses, None)
                if pause is None:
                    self._failed_to_start = True
                    raise
                self._closed.wait(pause)
            else:
                self._failed_to_start = False
                return worker

    def _open(self) -> None:
        if self._closed.is_set():
            if self.worker is not None:
                self.worker.interrupt()  # it may have been on its way when this was closed
            raise DarnelError("interrupted")

    def _failed(self, task: Task, lost: LostError) -> Outcome:
        self._open()
        return Outcome.failed(task.release.label, lost.trouble, str(lost), task.size)
