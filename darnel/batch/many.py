"""Many packages in a row: in order, streaming, in this process or others; failures are results."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from darnel.batch.outcome import Outcome
from darnel.errors import DarnelError
from darnel.sources import Update, name_of
from darnel.verdict import Verdict, failure

if TYPE_CHECKING:
    from darnel.batch.slot import Slot
    from darnel.classifier import Classifier

AHEAD = 2
"""Packages handed out per process ahead of the one that is waited for."""
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

    def submit(source: Any) -> Future[Outcome]:
        if not any(hasattr(part, "read") for part in (source if isinstance(source, Update) else (source,))):
            return slots.submit(work, source)
        try:  # here, not in a thread: the caller may do something else with the file when it has given the next one
            return slots.submit(work, task_of(source, limits, excerpts=excerpts))
        except DarnelError as error:
            refused: Future[Outcome] = Future()
            refused.set_result(Outcome.refused(name_of(source), error))
            return refused

    pending: deque[Future[Outcome]] = deque()
    try:
        for source in sources:
            pending.append(submit(source))
            if len(pending) >= AHEAD * jobs:
                yield pending.popleft().result().verdict
        while pending:
            yield pending.popleft().result().verdict
    finally:
        # At the end nothing is under way; after an interrupt nobody wants what is.
        slots.close()
