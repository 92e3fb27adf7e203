"""From samples to a feature table: extract what the cache lacks, in parallel, then vectorise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from darnel.errors import CorpusError
from darnel.training.campaigns import campaigns
from darnel.training.corpus.extraction import COUNTS, SCAN_VERSION, SECONDS, Outcome, extract_sample, key_of
from darnel.training.corpus.listing import list_source
from darnel.training.corpus.manifest import Manifest
from darnel.training.corpus.places import Listing, Roots
from darnel.training.corpus.samples import Sample, renamed
from darnel.training.corpus.selection import cap
from darnel.training.corpus.store import NOT_EXTRACTED, Scan, Store
from darnel.training.sketch import PERMUTATIONS, Sketcher, compact
from darnel.training.table import FeatureTable, TableBuilder

if TYPE_CHECKING:
    import pandas as pd

_COMMIT_EVERY = 50


def list_samples(
    manifest: Manifest, roots: Roots, only: Sequence[str] = (), skip_missing: bool = False
) -> tuple[list[Listing], list[str]]:
    """Listings of the wanted sources, and one line for every source that is not there.

    Raises
    ------
    CorpusError
        A source is not there and ``skip_missing`` is false, or ``only`` names one that the manifest lacks.
    """
    wanted = [manifest.source(name) for name in only] or list(manifest.sources)
    listings, missing = [], []
    for source in wanted:
        try:
            listings.append(list_source(source, manifest, roots))
        except CorpusError as error:
            if not skip_missing:
                raise
            missing.append(str(error))
    return listings, missing


def extract_missing(
    samples: Sequence[Sample],
    store: Store,
    *,
    jobs: int = 1,
    seconds: float = SECONDS,
    tell: Callable[[int, int, Outcome], None] | None = None,
    retry_failures: bool = False,
) -> Counter[str]:
    """Extract what ``store`` lacks under the present feature schema; every content once.

    Results are stored as they come: a build that is stopped goes on where it was.

    Parameters
    ----------
    jobs : int
        Worker processes.
    seconds : float
        Limit on one sample.
    tell : callable, optional
        Called with (done, total, outcome) after every sample.
    retry_failures : bool
        Try again what failed under this schema.

    Returns
    -------
    Counter
        ``cached``, ``extracted``, ``failed``.
    """
    from darnel.features.vectorise import SCHEMA_VERSION

    if retry_failures:
        store.forget_failures(SCHEMA_VERSION)
    done, scanned = store.done(SCHEMA_VERSION), store.scans(SCAN_VERSION)
    pending: dict[str, Sample] = {}
    for sample in samples:
        key = key_of(sample)
        if key not in done or (key not in scanned and not done[key]):
            pending.setdefault(key, sample)
    counted = Counter(cached=len({key_of(sample) for sample in samples}) - len(pending))
    for number, outcome in enumerate(_outcomes(list(pending.values()), jobs, seconds), 1):
        store.put(outcome.key, SCHEMA_VERSION, outcome.data, outcome.failure)
        if outcome.scan is not None:
            store.put_scan(outcome.key, SCAN_VERSION, outcome.scan)
        if number % _COMMIT_EVERY == 0:
            store.commit()
        counted["failed" if outcome.failure else "extracted"] += 1
        if tell:
            tell(number, len(pending), outcome)
    store.commit()
    return counted


def _outcomes(samples: list[Sample], jobs: int, seconds: float) -> Iterator[Outcome]:
    """Outcomes in any order; a sample that kills its worker is a failure, and the others go on."""
    if jobs == 1:
        yield from (extract_sample(sample, seconds) for sample in samples)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = {key_of(sample): sample for sample in samples}
    while waiting:
        workers = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=4)
        try:
            for outcome in workers(delayed(extract_sample)(sample, seconds) for sample in list(waiting.values())):
                del waiting[outcome.key]
                yield outcome
        except TerminatedWorkerError:
            # The culprit is among those that were dealt out: the first ones that wait.
            for sample in list(waiting.values())[: 16 * jobs]:
                del waiting[key_of(sample)]
                yield _isolated(sample, seconds)


def _isolated(sample: Sample, seconds: float) -> Outcome:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, get_context("spawn")) as worker:
        try:
            return worker.submit(extract_sample, sample, seconds).result()
        except BrokenProcessPool:
            return Outcome(key_of(sample), b"", "the extraction ended its process", None)


@dataclass(slots=True)
class Assembly:
    """A feature table and what did not get into it.

    Parameters
    ----------
    table : FeatureTable
    failures : dict of str to str
        Sample id → why it is not readable; those samples are in the table with ``readable`` false.
    dropped : Counter of (source, reason)
        What :func:`darnel.training.corpus.selection.cap` left out under the packages' own names, and ``not extracted``.
    """

    table: FeatureTable
    failures: dict[str, str] = field(default_factory=dict)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)


def samples_of(packages: pd.DataFrame, manifest: Manifest, roots: Roots) -> dict[str, Sample]:
    """The samples behind the rows of a feature table, by id, as far as they are at hand."""
    used, wanted = set(packages["source"]), set(packages["id"])
    only = [source.id for source in manifest.sources if source.id in used]
    listings, _ = list_samples(manifest, roots, only, skip_missing=True)
    return {sample.id: sample for listing in listings for sample in listing.samples if sample.id in wanted}


def assemble(samples: Iterable[Sample], store: Store, manifest: Manifest) -> Assembly:
    """The feature table of what the store holds of ``samples``, with campaigns and strata columns.

    Columns beside the identity: ``cluster`` (declared by the source) and those of
    :data:`darnel.training.corpus.extraction.COUNTS`.
    """
    from darnel.features.vectorise import (
        FILE_COLUMNS,
        PACKAGE_COLUMNS,
        SCHEMA_VERSION,
        vectorise_files,
        vectorise_package,
    )

    scans = store.scans(SCAN_VERSION)
    nothing = Scan(Sketcher().result(), dict.fromkeys(COUNTS, 0))
    read, dropped = _as_read(samples, store, SCHEMA_VERSION)
    read, more = cap(read, manifest)
    found = [scans.get(key_of(sample), nothing) for sample in read]
    ids = campaigns([scan.sketch for scan in found], [sample.content for sample in read])
    builder = TableBuilder(PACKAGE_COLUMNS.names, FILE_COLUMNS.names, SCHEMA_VERSION)
    probes = {source.id for source in manifest.sources if source.probes}
    failures: dict[str, str] = {}
    for sample, scan, campaign in zip(read, found, ids, strict=True):
        raw, failure = store.raw(key_of(sample), SCHEMA_VERSION)
        identity = {
            "id": sample.id,
            "ecosystem": str(sample.ecosystem),
            "label": sample.label,
            "name": sample.name,
            "version": sample.version,
            "sha256": raw["sha256"] if raw else "",
            "form": raw["form"] if raw else "",
            "source": sample.source,
            "date": sample.date,
            "campaign": campaign,
            "family": "" if sample.label else sample.family,
            "ping": sample.ping,
            "readable": raw is not None,
            "probe": not sample.label and (sample.kind == "file" or sample.source in probes),
            "cluster": sample.cluster,
            **{name: bool(n) if name.startswith("has_") else n for name, n in scan.counts.items()},
        }
        if raw is None:
            failures[sample.id] = failure
            builder.add(identity, np.full(len(PACKAGE_COLUMNS), np.nan, np.float32), [])
            continue
        digests = [file["sha256"] for file in raw["files"]]
        builder.add(identity, vectorise_package(raw), zip(digests, vectorise_files(raw), strict=True))
    signatures = np.array([scan.sketch.signature for scan in found], np.uint32).reshape(len(found), PERMUTATIONS)
    return Assembly(replace(builder.build(), sketches=compact(signatures)), failures, dropped + more)


def _as_read(samples: Iterable[Sample], store: Store, schema: str) -> tuple[list[Sample], Counter[tuple[str, str]]]:
    """Samples under the names and versions that their own metadata give; those not extracted yet are left out."""
    read = []
    dropped: Counter[tuple[str, str]] = Counter()
    for sample in samples:
        raw, failure = store.raw(key_of(sample), schema)
        if failure == NOT_EXTRACTED:
            dropped[sample.source, failure] += 1
            continue
        if raw and raw["name"]:
            sample = renamed(sample, raw["name"], raw["version"])
        read.append(sample)
    return read, dropped
