"""Variants of many packages of the corpus: made in parallel, only numbers kept, by content in one SQLite file."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from darnel.features.raw import RawPackage
from darnel.features.vectorise import SCHEMA_VERSION, vectorise_files
from darnel.training.benchmarks.package import apply
from darnel.training.corpus.extraction import key_of
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.store import Store, pack

W = TypeVar("W")
J = TypeVar("J")
R = TypeVar("R")

Results = tuple[bytes, list[tuple[str, bytes, str]]]
"""The origin's packed raw features if they were not given; (key, data, failure) for the cache."""


@dataclass(frozen=True, slots=True)
class Job(Generic[W]):
    """What is made of one sample."""

    sample: Sample
    raw: bytes
    """Its packed raw features, ``b""`` if they have to be extracted."""
    wanted: tuple[W, ...]
    seed: int


def in_parallel(work: Callable[[J], R], jobs: Sequence[J], workers: int) -> Iterator[tuple[J, R]]:
    """Every job with what ``work`` makes of it, in order. With one worker all of it is done in this process."""
    if workers == 1:
        yield from ((job, work(job)) for job in jobs)
        return
    from joblib import Parallel, delayed

    results = Parallel(n_jobs=workers, return_as="generator", batch_size=1, max_nbytes=None)(
        delayed(work)(job) for job in jobs
    )
    yield from zip(jobs, results, strict=True)


def make_missing(
    wanted: Mapping[str, Sequence[W]],
    work: Callable[[Job[W]], Results],
    samples: Mapping[str, Sample],
    corpus: Store,
    cache: Store,
    *,
    seed: int,
    jobs: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> Counter[str]:
    """Make what is wanted of each origin; results are kept as they come, and nothing of the code.

    Parameters
    ----------
    wanted : mapping of str to sequence
        By id of the origin.
    work : callable
        Makes one job, in another process if ``jobs`` is not 1.
    samples : mapping of id to Sample
    corpus, cache : Store
        What is known of the origins, and where results go.
    seed, jobs : int
    tell : callable, optional
        Is told how many origins are done, and of how many.

    Returns
    -------
    Counter
        ``made`` and ``failed``.
    """
    todo = []
    for origin, entries in wanted.items():
        raw = clean(samples[origin], corpus, cache)
        todo.append(Job(samples[origin], pack(raw) if raw else b"", tuple(entries), seed))
    count: Counter[str] = Counter()
    for number, (job, (made, results)) in enumerate(in_parallel(work, todo, jobs), 1):
        if made:
            cache.put(key_of(job.sample), SCHEMA_VERSION, made)
        for key, data, failure in results:
            cache.put(key, SCHEMA_VERSION, data, failure)
            count["failed" if failure else "made"] += 1
        cache.commit()
        if tell:
            tell(number, len(todo))
    return count


def clean(sample: Sample, corpus: Store, cache: Store) -> RawPackage | None:
    """Raw features of an origin, None if neither store has them."""
    raw, _ = corpus.raw(key_of(sample), SCHEMA_VERSION)
    return cache.raw(key_of(sample), SCHEMA_VERSION)[0] if raw is None else raw


def packed(change: Mapping[str, Any]) -> bytes:
    """A difference of raw features for the cache, see :func:`darnel.training.benchmarks.package.delta`."""
    return zlib.compress(json.dumps(change, separators=(",", ":")).encode("utf-8", "surrogatepass"), 3)


class Origin:
    """One package that variants were made of.

    Parameters
    ----------
    raw : RawPackage
        Its raw features.
    """

    def __init__(self, raw: RawPackage) -> None:
        self.raw = raw
        self._rows = _rows(raw)

    def variant(self, change: Mapping[str, Any]) -> tuple[RawPackage, list[tuple[str, NDArray[np.float32]]]]:
        """Raw features of a variant, and hash and float32 row of each of its files."""
        raw = apply(self.raw, change)
        rows = self._rows | _rows(RawPackage(**{**raw, "files": change["files"]}))
        return raw, [(file["sha256"], rows[file["path"]]) for file in raw["files"]]


def _rows(raw: RawPackage) -> dict[str, NDArray[np.float32]]:
    return dict(zip([file["path"] for file in raw["files"]], vectorise_files(raw), strict=True))
