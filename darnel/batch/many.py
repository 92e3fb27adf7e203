"""Many packages in a row: in order, streaming, in this process or others; failures are results."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from darnel.batch.outcome import Outcome
from darnel.errors import DarnelError
from darnel.sources import Downloaded, Installed, Missing, Update, name_of
from darnel.verdict import Verdict, failure

if TYPE_CHECKING:
    from darnel.batch.slot import Slot
    from darnel.classifier import Classifier

AHEAD = 32
"""Packages taken per process ahead of the one whose verdict is next, the largest of which are judged first,"""
HELD = 64 << 20
"""unless those that are held in memory come to so many bytes together."""
SECONDS = 600.0
"""Time that a package may take when nothing is said: far more than the limits on extraction leave it."""


def predict_many(
    classifier: Classifier,
    sources: Iterable[Any],
    jobs: int,
    excerpts: bool,
    timeout: float | None = None,
    memory: int | None = None,
) -> Iterator[Verdict]:
    """See :meth:`darnel.classifier.Classifier.predict_many`."""
    if isinstance(sources, str | bytes | bytearray | memoryview | os.PathLike) or hasattr(sources, "read"):
        raise DarnelError("predict_many takes several sources, not one; give a list, or call predict")
    if jobs < 1:
        raise DarnelError(f"jobs must be at least 1, not {jobs}")
    for name, value in (("timeout", timeout), ("memory", memory)):
        if value is not None and not value > 0:
            raise DarnelError(f"{name} must be greater than 0, not {value}")
    if jobs == 1 and timeout is None and memory is None:
        return (judge(classifier, source, excerpts) for source in sources)
    return _elsewhere(classifier, sources, jobs, excerpts, timeout or SECONDS, memory or 0)


def judge(classifier: Classifier, source: Any, excerpts: bool) -> Verdict:
    """Verdict on ``source`` whatever happens, but for an interrupt."""
    try:
        return classifier.predict(source, excerpts=excerpts)
    except DarnelError as error:
        return failure(name_of(source), str(error))
    except Exception as error:  # a hostile package must not stop the others; the type tells where to look
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return failure(name_of(source), f"internal error, please report it: {text}")


def _elsewhere(
    classifier: Classifier, sources: Iterable[Any], jobs: int, excerpts: bool, timeout: float, memory: int
) -> Iterator[Verdict]:
    from darnel.batch.engine import Slots
    from darnel.batch.process import Settings
    from darnel.batch.task import Task, task_of

    limits = classifier.limits
    slots = Slots(Settings(os.fspath(classifier.bundle.path), limits, timeout, memory), jobs)

    def work(slot: Slot, source: Any) -> Outcome:
        try:
            task = source if isinstance(source, Task) else task_of(source, limits, excerpts=excerpts)
        except DarnelError as error:
            return Outcome.refused(name_of(source), error)
        return slot.judge([task])[0]

    def submit(source: Any) -> tuple[Future[Outcome], int]:
        if any(hasattr(part, "read") for part in _parts(source)):
            try:  # here, not in a thread: the caller may do something else with the file when it has given the next one
                source = task_of(source, limits, excerpts=excerpts)
            except DarnelError as error:
                refused: Future[Outcome] = Future()
                refused.set_result(Outcome.refused(name_of(source), error))
                return refused, 0
        sizes = [_sizes(part, HELD // (2 * jobs)) for part in _parts(source)]
        return slots.submit(work, source, sum(size for size, _ in sizes)), sum(held for _, held in sizes)

    pending: deque[tuple[Future[Outcome], int]] = deque()
    held = 0
    try:
        for source in sources:
            pending.append(submit(source))
            held += pending[-1][1]
            while pending and (pending[0][0].done() or len(pending) >= AHEAD * jobs or held >= HELD):
                outcome, size = pending.popleft()
                held -= size
                yield outcome.result().verdict
        for outcome, _ in pending:
            yield outcome.result().verdict
    finally:
        # At the end nothing is under way; after an interrupt nobody wants what is.
        slots.close()


def _parts(source: Any) -> tuple[Any, ...]:
    return source if isinstance(source, Update) else (source,)


def _sizes(source: Any, unknown: int) -> tuple[int, int]:
    """Bytes that there are to be read, and bytes of memory that are held by a source while it waits."""
    from darnel.batch.schedule import size_at
    from darnel.batch.task import Task

    if isinstance(source, Task):
        size = sum(len(payload.data) for payload in source.payloads)
        return size, size
    if isinstance(source, bytes | bytearray | memoryview):
        return len(source), len(source)
    if isinstance(source, Downloaded):
        source = source.path
    if isinstance(source, str | os.PathLike):
        return size_at(source), 0
    return 0, 0 if isinstance(source, Installed | Missing) else unknown
