"""Many packages in a row: in order, streaming, in one or several processes; failures are results."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from darnel.classifier import Classifier
from darnel.errors import DarnelError
from darnel.features.limits import Limits
from darnel.lean import import_lightgbm
from darnel.sources import name_of, portable
from darnel.verdict import Verdict, failure

if TYPE_CHECKING:
    from pathlib import Path

AHEAD = 2
"""Packages handed out per process ahead of the one that is waited for."""


def predict_many(classifier: Classifier, sources: Iterable[Any], jobs: int, excerpts: bool) -> Iterator[Verdict]:
    """See :meth:`darnel.classifier.Classifier.predict_many`."""
    if jobs < 1:
        raise DarnelError(f"jobs must be at least 1, not {jobs}")
    if jobs == 1:
        return (judge(classifier, source, excerpts) for source in sources)
    return _Pool(classifier, jobs, excerpts).run(sources)


def judge(classifier: Classifier, source: Any, excerpts: bool) -> Verdict:
    """Verdict on ``source`` whatever happens, but for an interrupt."""
    try:
        return classifier.predict(source, excerpts=excerpts)
    except DarnelError as error:
        return failure(name_of(source), str(error))
    except Exception as error:  # a hostile package must not stop the others; the type tells where to look
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return failure(name_of(source), f"internal error, please report it: {text}")


class _Pool:
    """Worker processes that each hold the model. A worker that dies takes only its own package with it."""

    def __init__(self, classifier: Classifier, jobs: int, excerpts: bool) -> None:
        self.directory = classifier.bundle.path
        self.limits = classifier.limits
        self.jobs = jobs
        self.excerpts = excerpts

    def run(self, sources: Iterable[Any]) -> Iterator[Verdict]:
        pool = self._start(self.jobs)
        pending: deque[tuple[Any, Future[Verdict]]] = deque()
        try:
            for source in sources:
                pending.append(self._hand_out(pool, source))
                if len(pending) >= AHEAD * self.jobs:
                    verdict, pool = self._next(pool, pending)
                    yield verdict
            while pending:
                verdict, pool = self._next(pool, pending)
                yield verdict
        except BaseException:
            # An interrupt, or the caller stopped asking: do not wait for packages that nobody wants any more.
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _hand_out(self, pool: ProcessPoolExecutor, source: Any) -> tuple[Any, Future[Verdict]]:
        try:
            sent = portable(source)
        except Exception as error:  # a file object of the caller's that cannot be read
            unread: Future[Verdict] = Future()
            unread.set_result(failure(name_of(source), f"{name_of(source)}: cannot be read ({error})"))
            return source, unread
        return sent, self._submit(pool, sent)

    def _start(self, jobs: int) -> ProcessPoolExecutor:
        # spawn: a forked copy of a process that runs OpenMP or tree-sitter threads can deadlock.
        return ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=_load, initargs=(self.directory, self.limits)
        )

    def _submit(self, pool: ProcessPoolExecutor, source: Any) -> Future[Verdict]:
        try:
            return pool.submit(_work, source, self.excerpts)
        except BrokenProcessPool as error:
            failed: Future[Verdict] = Future()
            failed.set_exception(error)
            return failed

    def _next(
        self, pool: ProcessPoolExecutor, pending: deque[tuple[Any, Future[Verdict]]]
    ) -> tuple[Verdict, ProcessPoolExecutor]:
        """Wait for the oldest task; after a crash, submit everything else again to a new pool."""
        source, future = pending.popleft()
        try:
            return future.result(), pool
        except BrokenProcessPool:
            pool.shutdown(wait=False, cancel_futures=True)
        # Any of the tasks in flight may have killed it: try this one alone, then start the others afresh.
        alone = self._start(1)
        try:
            verdict = self._submit(alone, source).result()
        except BrokenProcessPool:
            verdict = failure(name_of(source), "the process that analysed it died; please report the package's name")
        finally:
            alone.shutdown(wait=False, cancel_futures=True)
        pool = self._start(self.jobs)
        for i, (other, old) in enumerate(pending):
            if not old.done() or old.cancelled() or old.exception() is not None:
                pending[i] = (other, self._submit(pool, other))
        return verdict, pool


_worker: Classifier | None = None


def _load(directory: Path, limits: Limits) -> None:
    global _worker
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    import_lightgbm()
    _worker = Classifier.load(directory, limits)


def _work(source: Any, excerpts: bool) -> Verdict:
    assert _worker is not None
    return judge(_worker, source, excerpts)
