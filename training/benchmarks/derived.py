"""Packages derived from packages of the corpus (obfuscated, or without their payload), as a feature table.

Like injected releases: made in memory, only numbers are kept, by content in one SQLite file. A derived package keeps
label, name, campaign, family, date and strata of its origin, so that it stays on its side of every split.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from darnel.features.extract import extract
from darnel.features.raw import RawPackage
from darnel.features.vectorise import (
    FILE_COLUMNS,
    PACKAGE_COLUMNS,
    SCHEMA_VERSION,
    vectorise_package,
)
from darnel.training.benchmarks import placebo
from darnel.training.benchmarks.derived_plan import Wanted
from darnel.training.benchmarks.hosts import Host, open_host
from darnel.training.benchmarks.making import Job, Origin, Results, clean, make_missing, packed
from darnel.training.benchmarks.obfuscate.package import obfuscated
from darnel.training.benchmarks.package import delta, extract_injected
from darnel.training.benchmarks.splice import Change
from darnel.training.corpus.extraction import SECONDS, Watched, key_of, time_limit
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.store import NOT_EXTRACTED, Store, pack, unpack
from darnel.training.table import FeatureTable, TableBuilder

if TYPE_CHECKING:
    import pandas as pd

VERSION = "1"
"""Changes whenever packages are derived differently."""


def job_key(sample: Sample, way: str, seed: int) -> str:
    """What a derived package depends on besides the feature schema."""
    parts = (VERSION, str(seed), key_of(sample), str(sample.label), way)
    return "derived:" + sha256("\n".join(parts).encode()).hexdigest()[:32]


def run_job(job: Job[tuple[str, str]]) -> Results:
    """Derive everything that is wanted of one sample: keys and ways."""
    made = b""
    try:
        with time_limit(SECONDS):
            package = Watched(job.sample.open())
            raw = unpack(job.raw) if job.raw else extract(package)
            made = b"" if job.raw else pack(raw)
            host = open_host(job.sample.id, package, raw, fewest=1)
    except (Exception, RecursionError, MemoryError) as error:
        return made, [(key, b"", f"origin: {type(error).__name__}") for key, _ in job.wanted]
    if host is None:
        return made, [(key, b"", "origin: does not fit") for key, _ in job.wanted]
    return made, [_one(host, key, way, job.sample.label, job.seed) for key, way in job.wanted]


def _one(host: Host, key: str, way: str, label: int, seed: int) -> tuple[str, bytes, str]:
    rng = random.Random(f"{seed} {key}")
    try:
        with time_limit(SECONDS):
            if way in placebo.WAYS:
                change = placebo.without_payload(host, way, rng)
            else:
                change = obfuscated(host, way, label, rng)
            if change is None:
                return key, b"", f"{way}: does not fit"
            data = {**delta(host.raw, extract_injected(host, change)), "about": _about(host, change)}
    except (Exception, RecursionError, MemoryError) as error:
        return key, b"", f"{way}: {type(error).__name__}"
    return key, packed(data), ""


def _about(host: Host, change: Change) -> dict[str, Any]:
    before = {path: host.members[path].size for path in change.files}
    return {
        "style": change.style,
        "changed_files": len(change.files),
        "changed_bytes": sum(before.values()),
        "added_bytes": sum(len(data) - before[path] for path, data in change.files.items()),
    }


def derive_missing(
    plan: Sequence[Wanted],
    samples: Mapping[str, Sample],
    corpus: Store,
    cache: Store,
    *,
    seed: int,
    jobs: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> Counter[str]:
    """Make what ``cache`` lacks of the plan; results are kept as they come.

    Returns
    -------
    Counter
        ``cached``, ``made`` and ``failed``.
    """
    done = cache.done(SCHEMA_VERSION)
    by_origin: dict[str, list[tuple[str, str]]] = {}
    for wanted in plan:
        key = job_key(samples[wanted.origin], wanted.way, seed)
        if key not in done:
            by_origin.setdefault(wanted.origin, []).append((key, wanted.way))
    count = Counter(cached=len(plan) - sum(map(len, by_origin.values())))
    count.update(make_missing(by_origin, run_job, samples, corpus, cache, seed=seed, jobs=jobs, tell=tell))
    return count


def derived_table(
    plan: Sequence[Wanted],
    samples: Mapping[str, Sample],
    packages: pd.DataFrame,
    corpus: Store,
    cache: Store,
    *,
    seed: int,
) -> tuple[FeatureTable, Counter[str]]:
    """The derived packages that were made, as a table of their own, and why others were not.

    A row is its origin's but for ``id``, ``sha256``, ``source`` and ``size_bytes``. More columns: ``variant``
    (``obfuscated`` or ``placebo``), ``host_id`` (the origin's id) and ``payload_campaigns`` (its campaign if it is
    malicious), as :func:`darnel.training.derived.legal` wants them, ``transform``, ``style``, ``changed_files``,
    ``changed_bytes`` and ``added_bytes``.
    """
    rows = {str(row["id"]): {str(key): value for key, value in row.items()} for row in packages.to_dict("records")}
    builder = TableBuilder(PACKAGE_COLUMNS.names, FILE_COLUMNS.names, SCHEMA_VERSION)
    missing: Counter[str] = Counter()
    origin: Origin | None = None
    last = ""
    for wanted in plan:
        sample = samples[wanted.origin]
        data, failure = cache.raw(job_key(sample, wanted.way, seed), SCHEMA_VERSION)
        if data is None:
            missing[failure] += 1
            continue
        if wanted.origin != last:
            raw = clean(sample, corpus, cache)
            origin, last = Origin(raw) if raw else None, wanted.origin
        if origin is None:
            missing[NOT_EXTRACTED] += 1
            continue
        change: dict[str, Any] = dict(data)
        raw, files = origin.variant(change)
        builder.add(_identity(wanted, rows[wanted.origin], raw, change["about"]), vectorise_package(raw), files)
    return builder.build(), missing


def _identity(wanted: Wanted, origin: dict[str, Any], raw: RawPackage, about: dict[str, Any]) -> dict[str, Any]:
    kind = "placebo" if wanted.way in placebo.WAYS else "obfuscated"
    return {
        **origin,
        "id": f"{origin['id']}+{wanted.way}",
        "sha256": raw["sha256"],
        "source": kind,
        "size_bytes": origin["size_bytes"] + about["added_bytes"],
        "variant": kind,
        "host_id": wanted.origin,
        "payload_campaigns": origin["campaign"] if origin["label"] else "",
        "transform": wanted.way,
        **about,
    }
