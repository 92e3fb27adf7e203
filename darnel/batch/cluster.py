"""The same work on a Dask cluster: its workers read the artefacts, and each thread of them supervises a process.

A worker of the cluster parses nothing itself, so a hostile release can only take down the process that it is analysed
in. If a machine goes, the scheduler has its chunks done elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

from darnel.batch.cache import model_sha256
from darnel.batch.codec import decode, encode
from darnel.batch.fingerprint import darnel_and_code
from darnel.batch.item import Item
from darnel.batch.judging import Judging
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import StartError
from darnel.batch.slot import Slot
from darnel.errors import DarnelError
from darnel.models.bundle import default_bundle_path

LOCAL = "local"
RETRIES = 10
"""Times that a chunk is handed out again if a machine cannot start a process (which takes it seconds to find out)."""
CONNECT_SECONDS = 30

Reply = list[tuple[dict[str, Any], str, bool, int]]


class DaskEngine:
    """A running cluster, or one that is started for this run and ends with it.

    Parameters
    ----------
    address : str
        Of the scheduler (``tcp://…``), or ``local``.
    jobs : int
        Processes of a local cluster.

    Raises
    ------
    DarnelError
        distributed is not installed, nobody answers at the address, or nobody works there.
    """

    def __init__(self, address: str, jobs: int) -> None:
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise DarnelError(
                "--cluster needs distributed, which is not installed: pip install 'darnel[cluster]'"
            ) from None
        for name in ("distributed.client", "tornado.application"):  # what they have to say comes as an exception
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._address = address
        self._cluster = None
        try:
            if address == LOCAL:
                with _deaf():
                    self._cluster = distributed.LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.ERROR,
                    )
            self._client = distributed.Client(self._cluster or address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            detail = " ".join(str(error).split())[:200]
            raise DarnelError(f"{address}: no Dask scheduler answers ({detail}); check the address") from None
        self.width = sum(self._client.nthreads().values())
        if not self.width:
            self._client.close()
            raise DarnelError(f"{address}: the cluster has no workers; start some")
        self._executor = self._client.get_executor(pure=False, retries=RETRIES)

    def submit(self, judging: Judging, items: Sequence[Item]) -> Future[list[Outcome]]:
        """Have items judged."""
        done: Future[list[Outcome]] = Future()
        asked = self._executor.submit(judge_here, judging, tuple(items), darnel_and_code())
        asked.add_done_callback(lambda reply: _settle(done, lambda: self._outcomes(reply, items)))
        return done

    def close(self) -> None:
        """Stop at once, and leave nothing on the cluster."""
        self._executor.shutdown(wait=False)
        with contextlib.suppress(Exception):  # a cluster that is gone has nothing left to be closed
            self._client.run(close_here, on_error="ignore")
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    @property
    def jail(self) -> tuple[str, ...]:
        """What the processes on the cluster have given up: the least of all."""
        found = [layers for layers in self._client.run(jail_here, on_error="ignore").values() if layers]
        return min(found, key=len) if found else ()

    def _outcomes(self, reply: Future[Reply], items: Sequence[Item]) -> list[Outcome]:
        from distributed.scheduler import KilledWorker

        try:
            entries = reply.result()
        except KilledWorker:
            text = "the cluster's workers died again and again while it was handled; please look at their logs"
            return [Outcome.failed(item.path, Trouble.CRASH, text) for item in items]
        except DarnelError:
            raise
        except (Exception, asyncio.CancelledError) as error:  # Dask's, or of a scheduler or worker without darnel
            detail = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise DarnelError(
                f"{self._address}: the cluster gave up ({detail}); see that it runs and that scheduler and workers "
                f"have darnel[cluster] {darnel_and_code()}, then run it again"
            ) from error
        return [
            Outcome(decode(verdict, item.path), Trouble(trouble), cached, size)
            for item, (verdict, trouble, cached, size) in zip(items, entries, strict=True)
        ]


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started in the block ignore Ctrl-C: it is for this one, which ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # is handed down; a mask would be taken off underway
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _settle(done: Future[list[Outcome]], result: Callable[[], list[Outcome]]) -> None:
    try:
        done.set_result(result())
    except BaseException as error:  # whoever waits is to have it
        done.set_exception(error)


_slots: dict[int, tuple[Judging, Slot]] = {}
_lock = Lock()


def judge_here(judging: Judging, items: Sequence[Item], version: str) -> Reply:
    """On the cluster: judge with this thread's slot.

    Raises
    ------
    StartError
        This machine cannot start a process; the scheduler has the chunk done again, maybe elsewhere.
    DarnelError
        It has another darnel or another model.
    """
    slot = _slot(judging, version)
    try:
        return [(encode(o.verdict), str(o.trouble), o.cached, o.size) for o in judging(slot, items)]
    except StartError:
        slot.rest()  # a machine that fails at once is always free for more, and would have it all
        raise


def _slot(judging: Judging, version: str) -> Slot:
    with _lock:
        known = _slots.get(get_ident())
    if known is not None and known[0] == judging:
        return known[1]
    if known is not None:
        known[1].close()
    if version != darnel_and_code():
        raise DarnelError(f"the cluster has darnel {darnel_and_code()}, this is {version}; install the same")
    folder = default_bundle_path() if judging.shipped else Path(judging.settings.model)
    try:
        same = model_sha256(folder) == judging.model_sha256
    except OSError:
        same = False
    if not same:
        raise DarnelError(f"{folder}: not the same model on the cluster; put it at the same place there")
    slot = Slot(replace(judging.settings, model=str(folder)))
    with _lock:
        _slots[get_ident()] = (judging, slot)
    return slot


def close_here() -> None:
    """On the cluster: end this process's slots."""
    with _lock:
        for _, slot in _slots.values():
            slot.close()
        _slots.clear()


def jail_here() -> tuple[str, ...]:
    """On the cluster: what the processes of this one have given up."""
    with _lock:
        found = [slot.worker.jail for _, slot in _slots.values() if slot.worker is not None]
    return min(found, key=len) if found else ()
