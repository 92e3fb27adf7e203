"""Does the evidence point at what was spliced in? Asked of whole verdicts, on compromised releases remade in memory.

The table of `darnel benchmark injection` says which payload went into which host how. Each is made again from the
corpus, in memory, and judged by a model that knows neither the host nor the payload's campaign, alone and together with
the clean release. Only numbers and names of splices are kept.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.classifier import Classifier
from darnel.features.extract import extract
from darnel.training.benchmarks.hosts import open_host
from darnel.training.benchmarks.injection import changed_files, job_key, splice_in
from darnel.training.benchmarks.making import in_parallel
from darnel.training.benchmarks.package import InjectedPackage, extract_injected
from darnel.training.benchmarks.payloads import Payload, payload_of
from darnel.training.benchmarks.plan import Pair
from darnel.training.benchmarks.score import shares_of
from darnel.training.config import Config
from darnel.training.corpus.samples import Sample
from darnel.training.derived import legal
from darnel.training.splits import temporal
from darnel.training.table import FeatureTable
from darnel.verdict import Label, Verdict

TOP = 5
"""Pieces of evidence of which one has to be a spliced line."""
MODES = ("alone", "with_previous")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One release to make."""

    id: str
    payload: Payload
    splice: str
    block: str
    truth: tuple[int, int]
    """First and last spliced line when the table was made."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that goes into one host."""

    host: Sample
    wanted: tuple[Wanted, ...]
    model: Path
    seed: int


def localise(
    table: FeatureTable,
    injected: FeatureTable,
    samples: Mapping[str, Sample],
    config: Config,
    model: Path,
    say: Say,
    *,
    jobs: int = 1,
    limit: int = 0,
) -> dict[str, Any]:
    """Run the benchmark.

    Parameters
    ----------
    table, injected : FeatureTable
        Of the corpus, and of the injected releases.
    samples : mapping of id to Sample
        What of the corpus is at hand.
    config : Config
    model : Path
        From :func:`darnel.training.benchmarks.fitted.fitted`.
    jobs, limit : int
        Processes; at most so many releases, drawn with the configuration's seed (0: all).

    Returns
    -------
    dict
        JSON-able: ``planned``, ``made``, ``same`` (made exactly as the table says), ``missing`` by reason, and by mode
        and stratum ``file_first`` and ``line_in_top``, over all and over those called at least suspicious.
    """
    rows = legal(injected, table.packages, temporal(table.packages, config.temporal, config.seed)).test.tolist()
    random.Random(config.seed).shuffle(rows)
    rows = rows[:limit] if limit else rows
    missing: Counter[str] = Counter()
    work = _jobs(table, injected.packages.iloc[sorted(rows)], samples, config, model, missing)
    say(f"{sum(len(job.wanted) for job in work)} of {len(rows)} injected releases to make, in {len(work)} hosts")
    made: list[dict[str, Any]] = []
    for number, (_, (found, failures)) in enumerate(in_parallel(run_job, work, jobs), 1):
        made += found
        missing.update(failures)
        if number % 25 == 0 or number == len(work):
            say(f"hosts: {number} of {len(work)}, {len(made)} releases judged")
    known = injected.packages.set_index("id").loc[[entry["id"] for entry in made]]
    return {
        "split": "temporal",
        "model": "fitted on the training side: neither campaign nor host is known to it",
        "planned": len(rows),
        "made": len(made),
        "same": sum(entry["same"] for entry in made),
        "missing": dict(missing),
        **{mode: _summary(made, mode, known["campaign"].to_numpy(dtype=np.str_)) for mode in MODES},
    }


def _jobs(
    table: FeatureTable,
    frame: Any,
    samples: Mapping[str, Sample],
    config: Config,
    model: Path,
    missing: Counter[str],
) -> list[Job]:
    harmless = frozenset(table.file_hashes[table.links[table.labels[table.owners] == 0]].tolist())
    payloads: dict[str, Payload | None] = {}
    by_host: dict[str, list[Wanted]] = {}
    for row in frame.to_dict("records"):
        if row["host_id"] not in samples or row["payload_id"] not in samples:
            missing["not at hand"] += 1
            continue
        if row["payload_id"] not in payloads:
            payloads[row["payload_id"]] = payload_of(samples[row["payload_id"]], harmless=harmless)
        payload = payloads[row["payload_id"]]
        if payload is None:
            missing["no payload"] += 1
            continue
        truth = (int(row["truth_first"]), int(row["truth_last"]))
        by_host.setdefault(row["host_id"], []).append(Wanted(row["id"], payload, row["splice"], row["block"], truth))
    return [Job(samples[host], tuple(wanted), model, config.seed) for host, wanted in by_host.items()]


def run_job(job: Job) -> tuple[list[dict[str, Any]], list[str]]:
    """Make and judge the releases of one host.

    Returns
    -------
    list of dict
        For each that was made: ``id``, ``ecosystem``, ``splice``, ``same``, and by mode what :func:`points_at` gives.
    list of str
        Why the others were not.
    """
    try:
        package = job.host.open()
        host = open_host(job.host.id, package, extract(package))
    except (Exception, RecursionError, MemoryError) as error:  # like a corpus build: one host must not end the run
        return [], [f"host: {type(error).__name__}"] * len(job.wanted)
    if host is None:
        return [], ["host: does not fit"] * len(job.wanted)
    made, failures = [], []
    for wanted in job.wanted:
        payload = wanted.payload
        key = job_key(Pair(0, job.host.id, wanted.splice, wanted.block), payload, job.host, job.seed)
        found, failure = splice_in(host, key, payload, wanted.splice, job.seed)
        if found is None:
            failures.append(failure)
            continue
        try:
            raw = extract_injected(host, found.change)
            package = InjectedPackage(host, found.change)
            verdicts = [_classifier(job.model).judge_features(package, raw, old, {}) for old in (None, host.raw)]
        except (Exception, RecursionError, MemoryError) as error:
            failures.append(f"{found.splice.name}: {type(error).__name__}")
            continue
        change = found.change
        changed = frozenset(changed_files(host, change, raw))
        lines = range(change.first, change.last + 1)
        told = {mode: points_at(v, changed, change.path, lines) for mode, v in zip(MODES, verdicts, strict=True)}
        same = found.splice.name == wanted.splice and (change.first, change.last) == wanted.truth
        about = {"id": wanted.id, "ecosystem": payload.ecosystem, "splice": found.splice.name, "same": same}
        made.append({**about, **told})
    return made, failures


def points_at(verdict: Verdict, changed: frozenset[str], path: str, lines: range) -> dict[str, Any]:
    """How well a verdict points at a splice.

    Parameters
    ----------
    verdict : Verdict
    changed : frozenset of str
        Files that the splice changed, as they are called in the raw features.
    path, lines : str, range
        The file and the lines that hold the payload.

    Returns
    -------
    dict
        ``file``: rank of the best of the changed files, 1 the highest, ties counting against it, 0 if none is listed;
        ``line``: place of the first piece of evidence at a spliced line, 1 the strongest, 0 if there is none;
        ``caught``: whether the label is at least suspicious.
    """
    from darnel.defang import printable

    mine = {printable(name) for name in changed}
    best = max((file.score for file in verdict.files if file.path in mine), default=None)
    rank = 0 if best is None else 1 + sum(file.score >= best for file in verdict.files if file.path not in mine)
    place = printable(path)
    hits = (
        number
        for number, e in enumerate(verdict.evidence, 1)
        if e.line in lines and place in (e.file, e.file.partition("#")[0])
    )
    caught = verdict.label in (Label.MALICIOUS, Label.SUSPICIOUS)
    return {"file": rank, "line": next(hits, 0), "caught": caught}


def _summary(made: Sequence[Mapping[str, Any]], mode: str, campaigns: NDArray[np.str_]) -> dict[str, Any]:
    """Shares by stratum, campaigns weighing 1 and drawn whole for the intervals."""
    told = [entry[mode] for entry in made]
    first = np.array([entry["file"] == 1 for entry in told], dtype=bool)
    line = np.array([0 < entry["line"] <= TOP for entry in told], dtype=bool)
    caught = np.array([entry["caught"] for entry in told], dtype=bool)
    strata = {"all": np.ones(len(made), dtype=bool), "caught": caught}
    for kind in ("ecosystem", "splice"):
        values = np.array([entry[kind] for entry in made], dtype=np.str_)
        strata |= {str(value): values == value for value in np.unique(values)}
    return {
        name: {
            "file_first": shares_of(first[mask], campaigns[mask]),
            "line_in_top": shares_of(line[mask], campaigns[mask]),
        }
        for name, mask in strata.items()
    }


@cache
def _classifier(model: Path) -> Classifier:
    return Classifier.load(model)
