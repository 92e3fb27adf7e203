"""Injected releases as a feature table, for augmentation inside of folds and as a benchmark. Only numbers are kept."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from darnel.features.extract import extract
from darnel.features.raw import RawPackage
from darnel.features.vectorise import (
    FILE_COLUMNS,
    PACKAGE_COLUMNS,
    SCHEMA_VERSION,
    vectorise_package,
)
from darnel.training.benchmarks.hosts import Host, open_host
from darnel.training.benchmarks.making import Job, Origin, Results, clean, make_missing, packed
from darnel.training.benchmarks.package import delta, extract_injected
from darnel.training.benchmarks.payloads import Payload, distinct, payload_of
from darnel.training.benchmarks.plan import SPLICES, Pair
from darnel.training.benchmarks.splice import Change, Splice, new_errors
from darnel.training.corpus.extraction import key_of
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.selection import rank
from darnel.training.corpus.store import NOT_EXTRACTED, Store, pack, unpack
from darnel.training.table import FeatureTable, TableBuilder

if TYPE_CHECKING:
    import pandas as pd

VERSION = "1"
"""Changes whenever splices or payloads are made differently."""
TRIES = 3
"""Samples of a campaign that are looked at for a payload."""
_HOOKED = frozenset({"script", "script-command", "gyp"})

Say = Callable[[str], None]


def harvest(
    samples: Mapping[str, Sample], table: FeatureTable, store: Store, say: Say = lambda _: None
) -> list[Payload]:
    """Payloads of the malicious packages of a table: one a campaign, nearly equal ones only once.

    Parameters
    ----------
    samples : mapping of id to Sample
    table : FeatureTable
        Files that benign packages of it hold too are no payloads.
    store : Store
        The corpus cache; what it lacks is extracted.
    """
    packages = table.packages
    harmless = frozenset(table.file_hashes[table.links[table.labels[table.owners] == 0]].tolist())
    bad = packages[(packages["label"] == 1) & packages["readable"]]
    campaign_of = dict(zip(bad["id"].tolist(), bad["campaign"].tolist(), strict=True))
    by_campaign: dict[str, list[str]] = {}
    for identity in sorted((i for i in campaign_of if i in samples), key=lambda i: rank(samples[i])):
        by_campaign.setdefault(campaign_of[identity], []).append(identity)
    found: list[Payload] = []
    for number, (_, ids) in enumerate(sorted(by_campaign.items()), 1):
        for identity in ids[:TRIES]:
            raw, _ = store.raw(key_of(samples[identity]), SCHEMA_VERSION)
            payload = payload_of(samples[identity], raw, harmless)
            if payload is not None:
                found.append(payload)
                break
        if number % 200 == 0:
            say(f"payloads: {len(found)} from {number} of {len(by_campaign)} campaigns")
    chosen = distinct(found, campaign_of)
    say(f"payloads: {len(chosen)} distinct ones from {len(found)} of {len(by_campaign)} campaigns")
    return chosen


def job_key(pair: Pair, payload: Payload, host: Sample, seed: int) -> str:
    """What an injected release depends on besides the feature schema."""
    parts = (VERSION, str(seed), payload.digest, payload.language, key_of(host), pair.splice)
    return "injected:" + sha256("\n".join(parts).encode()).hexdigest()[:32]


def run_job(job: Job[tuple[str, Payload, str]]) -> Results:
    """Make the injections into one host: keys, payloads and planned splices."""
    made = b""
    try:
        package = job.sample.open()
        raw = unpack(job.raw) if job.raw else extract(package)
        made = b"" if job.raw else pack(raw)
        host = open_host(job.sample.id, package, raw)
    except (Exception, RecursionError, MemoryError) as error:
        return made, [(key, b"", f"host: {type(error).__name__}") for key, *_ in job.wanted]
    if host is None:
        return made, [(key, b"", "host: does not fit") for key, *_ in job.wanted]
    return made, [_one(host, key, payload, splice, job.seed) for key, payload, splice in job.wanted]


def _one(host: Host, key: str, payload: Payload, planned: str, seed: int) -> tuple[str, bytes, str]:
    found, failure = splice_in(host, key, payload, planned, seed)
    if found is None:
        return key, b"", failure
    try:
        injected = extract_injected(host, found.change)
    except (Exception, RecursionError, MemoryError) as error:
        return key, b"", f"{found.splice.name}: {type(error).__name__}"
    about = _about(host, payload, found.splice, found.change, injected, found.broken)
    data = {**delta(host.raw, injected), "about": about}
    return key, packed(data), ""


class Spliced(NamedTuple):
    """A payload that is in."""

    splice: Splice
    change: Change
    broken: int
    """Splices that were tried before and did not parse."""


def splice_in(host: Host, key: str, payload: Payload, planned: str, seed: int) -> tuple[Spliced | None, str]:
    """Splice a payload into a host the planned way, or, where that does not fit, another.

    Parameters
    ----------
    host : Host
    key : str
        From :func:`job_key`: with the seed it decides everything that is drawn.
    payload : Payload
    planned : str
        Name of a splice.
    seed : int

    Returns
    -------
    spliced : Spliced or None
    failure : str
        Why it is None, else ``""``.
    """
    rng = random.Random(f"{seed} {key}")
    ways = [splice for splice in SPLICES[payload.ecosystem] if payload.language in splice.languages]
    rng.shuffle(ways)
    ways.sort(key=lambda splice: splice.name != planned)
    broken = 0
    for splice in ways:
        try:
            change = splice.make(host, payload, rng)
            if change is None:
                continue
            if new_errors(host, change, payload):
                broken += 1
                continue
        except (Exception, RecursionError, MemoryError) as error:
            return None, f"{splice.name}: {type(error).__name__}"
        return Spliced(splice, change, broken), ""
    return None, "no splice fits"


def _about(
    host: Host, payload: Payload, splice: Splice, change: Change, injected: RawPackage, broken: int
) -> dict[str, Any]:
    hashes = {file["path"]: file["sha256"][:16] for file in injected["files"]}
    others = [path for path in changed_files(host, change, injected) if path != change.path]
    sizes = {path: member.size for path, member in host.members.items()}
    added = sum(len(data) - sizes.get(path, 0) for path, data in change.files.items())
    return {
        "splice": splice.name,
        "style": change.style,
        "truth_file": hashes.get(change.path, ""),
        "truth_first": change.first,
        "truth_last": change.last,
        "truth_others": " ".join(sorted({hashes[path] for path in others})),
        "payload_bytes": len(payload.code),
        "payload_share": max(added, 1) / max(sum(sizes.values()) + added, 1),
        "added_bytes": added,
        "added_files": sum(path not in sizes for path in change.files),
        "broken_tries": broken,
    }


def changed_files(host: Host, change: Change, injected: RawPackage) -> list[str]:
    """Analysed files of an injected release that a splice changed or added, code inside of them included."""
    before = {file["path"]: file["sha256"] for file in host.raw["files"]}
    return [
        file["path"]
        for file in injected["files"]
        if (file["path"] in change.files or file["path"].partition("#")[0] in change.files)
        and before.get(file["path"]) != file["sha256"]
    ]


def inject_missing(
    plan: Sequence[Pair],
    payloads: Sequence[Payload],
    samples: Mapping[str, Sample],
    corpus: Store,
    cache: Store,
    *,
    seed: int,
    jobs: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> Counter[str]:
    """Make what ``cache`` lacks of the plan; results are kept as they come. Payloads only travel through pipes.

    Returns
    -------
    Counter
        ``cached``, ``made`` and ``failed``.
    """
    done = cache.done(SCHEMA_VERSION)
    by_host: dict[str, list[tuple[str, Payload, str]]] = {}
    for pair in plan:
        payload = payloads[pair.payload]
        key = job_key(pair, payload, samples[pair.host], seed)
        if key not in done:
            by_host.setdefault(pair.host, []).append((key, payload, pair.splice))
    count = Counter(cached=len(plan) - sum(map(len, by_host.values())))
    count.update(make_missing(by_host, run_job, samples, corpus, cache, seed=seed, jobs=jobs, tell=tell))
    return count


def injected_table(
    plan: Sequence[Pair],
    payloads: Sequence[Payload],
    samples: Mapping[str, Sample],
    packages: pd.DataFrame,
    corpus: Store,
    cache: Store,
    *,
    seed: int,
) -> tuple[FeatureTable, Counter[str]]:
    """The injected releases that were made, as a table of their own, and why others were not.

    Every row is labelled malicious and has the payload's campaign and the host's name, version, form and strata. More
    columns: ``variant`` (``injected``), ``host_id``, ``previous`` (the host: nothing else was changed), ``payload_id``,
    ``payload_campaigns`` (all campaigns with nearly this payload, separated by blanks), ``block``, ``splice``,
    ``style``, ``truth_file`` (first 16 hex digits of the sha256 of the file that holds the payload), ``truth_first``
    and ``truth_last`` (its lines there), ``truth_others`` (hashes of other files that were changed), ``payload_bytes``,
    ``payload_share`` (of all bytes), ``added_bytes``, ``added_files`` and ``broken_tries`` (splices that did not parse
    and were not used).
    """
    rows = {str(row["id"]): {str(key): value for key, value in row.items()} for row in packages.to_dict("records")}
    builder = TableBuilder(PACKAGE_COLUMNS.names, FILE_COLUMNS.names, SCHEMA_VERSION)
    missing: Counter[str] = Counter()
    host: Origin | None = None
    last = ""
    done: set[str] = set()
    for pair in plan:
        payload = payloads[pair.payload]
        data, failure = cache.raw(job_key(pair, payload, samples[pair.host], seed), SCHEMA_VERSION)
        if data is None:
            missing[failure] += 1
            continue
        if pair.host != last:
            raw = clean(samples[pair.host], corpus, cache)
            host, last = Origin(raw) if raw else None, pair.host
        if host is None:
            missing[NOT_EXTRACTED] += 1
            continue
        change: dict[str, Any] = dict(data)
        raw, files = host.variant(change)
        identity = _identity(pair, payload, rows[pair.host], raw, change["about"])
        if identity["id"] in done:  # planned otherwise, but only this splice fitted
            missing["made already"] += 1
            continue
        done.add(identity["id"])
        builder.add(identity, vectorise_package(raw), files)
    return builder.build(), missing


def _identity(
    pair: Pair, payload: Payload, host: dict[str, Any], raw: RawPackage, about: dict[str, Any]
) -> dict[str, Any]:
    return {
        **host,
        "id": f"{host['id']}+{payload.digest[:8]}+{about['splice']}",
        "label": 1,
        "sha256": raw["sha256"],
        "source": "injected",
        "date": "",
        "campaign": payload.campaign,
        "family": "",
        "ping": payload.ping,
        "cluster": "",
        "size_bytes": host["size_bytes"] + about["added_bytes"],
        "file_count": host["file_count"] + about["added_files"],
        "has_install_hook": bool(host.get("has_install_hook")) or about["splice"] in _HOOKED,
        "variant": "injected",
        "host_id": pair.host,
        "previous": pair.host,
        "payload_id": payload.id,
        "payload_campaigns": " ".join(sorted(payload.campaigns)),
        "block": pair.block,
        **about,
    }
