"""A batch from its input to its output."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Protocol

from darnel.batch import inputs, rows
from darnel.batch.cache import model_sha256
from darnel.batch.engine import Slots, as_they_come
from darnel.batch.item import Item
from darnel.batch.judging import Judging
from darnel.batch.lines import JsonlStore, LinesStore
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import Settings
from darnel.batch.progress import Meter
from darnel.batch.schedule import chunks
from darnel.batch.storage import plain
from darnel.batch.store import ParquetStore, Store
from darnel.errors import DarnelError
from darnel.features.limits import DEFAULT_LIMITS
from darnel.models.bundle import default_bundle_path
from darnel.models.manifest import read_manifest
from darnel.verdict import Label

AHEAD = 3
"""Chunks handed out per worker."""


@dataclass(frozen=True)
class Plan:
    """What a batch shall do."""

    words: Sequence[str]
    """See :func:`darnel.batch.inputs.items`."""
    output: str = ""
    """Folder or URL of a Parquet dataset, or file of JSON lines; ``""``: JSON lines to stdout."""
    format: str = "parquet"
    """``parquet`` or ``jsonl``."""
    model: str | None = None
    jobs: int = 1
    cluster: str = ""
    """Address of a Dask scheduler, ``local``, or ``""``: processes on this machine."""
    cache: str = ""
    """Path or URL; ``""``: none."""
    seconds: float = 300.0
    memory: int = 0
    isolation: str = "auto"
    excerpts: bool = False
    explain_clean: bool = False
    quiet: bool = False
    null: bool = False
    """Paths on standard input end with NUL."""
    retry: bool = False
    """Judge again what is ``unknown`` in the output."""

    @property
    def judging(self) -> Judging:
        """How the items are judged."""
        folder = Path(self.model) if self.model else default_bundle_path()
        read_manifest(folder)  # a missing or broken model is said before anything is started
        # The analysis stops on its own, with a verdict on what it saw, before it is stopped.
        limits = replace(DEFAULT_LIMITS, package_seconds=min(DEFAULT_LIMITS.package_seconds, 0.8 * self.seconds))
        settings = Settings(str(folder.resolve()), limits, self.seconds, self.memory, self.isolation)
        return Judging(settings, model_sha256(folder), self.cache, not self.model, self.excerpts, self.explain_clean)


@dataclass
class Summary:
    """How a batch went."""

    counts: dict[Label, int]
    """Rows in the output by label."""
    new: int = 0
    """Of which this run has added,"""
    cached: int = 0
    """of which the verdict was in the cache."""
    seconds: float = 0.0
    troubles: Counter[Trouble] = field(default_factory=Counter)
    """Rows of this run that were not judged, by reason."""
    jail: tuple[str, ...] = ()
    """What workers had given up."""
    unlisted: tuple[str, ...] = ()
    """What of the input could not be listed, and why; all else was judged."""


class Engine(Protocol):
    """Where judging happens."""

    width: int
    """Chunks that are worked on at the same time."""

    def submit(self, judging: Judging, items: Sequence[Item]) -> Future[list[Outcome]]:
        """Have items judged."""
        ...

    def close(self) -> None:
        """Stop at once."""
        ...

    @property
    def jail(self) -> tuple[str, ...]:
        """What workers have given up, once one has started."""
        ...


class LocalEngine:
    """Processes on this machine."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        self.width = jobs
        self._slots = Slots(settings, jobs)

    def submit(self, judging: Judging, items: Sequence[Item]) -> Future[list[Outcome]]:
        """See :class:`Engine`."""
        return self._slots.submit(judging, items)

    def close(self) -> None:
        """See :class:`Engine`."""
        self._slots.close()

    @property
    def jail(self) -> tuple[str, ...]:
        """See :class:`Engine`."""
        return next((slot.worker.jail for slot in self._slots.slots if slot.worker is not None), ())


def run(plan: Plan) -> Summary:
    """Judge everything that is not in the output yet.

    Raises
    ------
    DarnelError
        Output, model or cluster cannot be used, a local input is not there, or the input names no release at all (an
        empty standard input apart: a night without news is none, and leaves a table without rows); what was finished
        until then is in the output.
    """
    plan = replace(plan, output=plain(plan.output), cache=plain(plan.cache))
    judging = plan.judging
    inputs.check(plan.words)
    unlisted: list[str] = []
    listed = _listed(plan, unlisted)
    first = next(listed, None)
    if first is None:
        if unlisted:
            raise DarnelError(unlisted[0])
        if set(plan.words) <= {inputs.STDIN}:
            with _store(plan, judging.model_sha256) as store:
                store.begin()
            return Summary(store.counts)
        raise DarnelError(f"{', '.join(plan.words)}: nothing to judge, {inputs.nothing_in(plan.words)}")
    with _store(plan, judging.model_sha256) as store:
        new = (item for item in chain([first], listed) if store.done.add(item.id))
        again = _listed(plan, []) if inputs.repeatable(plan.words) else None
        troubles: Counter[Trouble] = Counter()
        engine = _engine(plan, judging.settings)
        with Meter(again, store.before, plan.quiet) as meter:
            try:
                ahead = AHEAD * engine.width
                for items, outcomes in as_they_come(partial(engine.submit, judging), chunks(new), ahead):
                    for item, outcome in zip(items, outcomes, strict=True):
                        store.add(rows.row(item, outcome, judging.model_sha256))
                        meter.see(outcome)
                        troubles[outcome.trouble] += 1
                jail = engine.jail
            finally:
                engine.close()
        return Summary(store.counts, meter.new, meter.cached, meter.seconds, troubles, jail, tuple(unlisted))


def _listed(plan: Plan, unlisted: list[str]) -> Iterator[Item]:
    """The input; what of it cannot be listed is noted, so that it costs nothing but itself."""
    for word in plan.words:
        try:
            yield from inputs.items([word], null=plan.null)
        except DarnelError as error:
            unlisted.append(str(error))


def _engine(plan: Plan, settings: Settings) -> Engine:
    if plan.cluster:
        from darnel.batch.cluster import DaskEngine

        return DaskEngine(plan.cluster, plan.jobs)
    return LocalEngine(settings, plan.jobs)


def _store(plan: Plan, model: str) -> Store:
    if not plan.output:
        return LinesStore(sys.stdout, model)
    return JsonlStore(plan.output, model) if plan.format == "jsonl" else ParquetStore(plan.output, model, plan.retry)
