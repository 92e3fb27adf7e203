"""Which of the samples found are kept: drop list, identical content, caps by name, family and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from darnel.training.corpus.manifest import Manifest
from darnel.training.corpus.places import Listing
from darnel.training.corpus.samples import Sample


@dataclass(slots=True)
class Selection:
    """What was kept, and how much was dropped for which reason.

    Parameters
    ----------
    samples : list of Sample
        In the order of the manifest, then by path.
    dropped : Counter of (source, reason)
        Reasons of :class:`darnel.training.corpus.listing.Listing` and ``erratum``, ``drop-list``, ``same-content``,
        ``malicious-name``, ``same-version``, ``per-name``, ``per-family``, ``limit``.
    """

    samples: list[Sample] = field(default_factory=list)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)


def rank(sample: Sample) -> str:
    """A number without meaning (hex of sha256) that decides who stays under a cap, the same on every machine."""
    return sha256(sample.content.encode()).hexdigest()


def select(listings: Sequence[Listing], manifest: Manifest) -> Selection:
    """Apply the manifest's rules.

    Every malicious sample is kept unless it is in the erratum, on the drop list or identical to one before it. Benign
    samples are left out if a malicious one has their name, then capped: ``per_name`` versions of a name over all
    sources of an ecosystem, ``per_family`` samples of a family, ``limit`` of a source. Among those that compete, the
    lowest :func:`rank` stays, so that a new sample changes few others.
    """
    chosen = Selection()
    for listing in listings:
        for reason, count in listing.dropped.items():
            chosen.dropped[listing.source, reason] += count
    found = [sample for listing in listings for sample in listing.samples]
    found = _without(found, chosen, "erratum", lambda s: bool(s.label) and s.content in manifest.erratum)
    found = _without(
        found,
        chosen,
        "drop-list",
        lambda s: f"{s.name}@{s.version}" in manifest.drop or (not s.label and s.name in manifest.drop),
    )
    found = _distinct(found, chosen)
    chosen.samples, dropped = cap(found, manifest)
    chosen.dropped += dropped
    return chosen


def cap(samples: Sequence[Sample], manifest: Manifest) -> tuple[list[Sample], Counter[tuple[str, str]]]:
    """Leave out benign samples with a malicious name, and cap the others by release, name, family and source.

    Used twice: on what paths say before anything is read, and on what the packages say of themselves afterwards.

    Returns
    -------
    samples : list of Sample
        In the order of the manifest, then by path.
    dropped : Counter of (source, reason)
    """
    dropped: Counter[tuple[str, str]] = Counter()
    bad_names = {(s.ecosystem, s.name) for s in samples if s.label}
    sources = {source.id: source for source in manifest.sources}
    kept: list[Sample] = [s for s in samples if s.label]
    names: Counter[tuple[str, str]] = Counter()
    families: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    versions: set[tuple[str, str, str]] = set()
    for sample in sorted((s for s in samples if not s.label), key=rank):
        source = sources[sample.source]
        name, family = (sample.ecosystem, sample.name), (sample.ecosystem, sample.family)
        release = (sample.ecosystem, sample.name, sample.version)
        reason = ""
        if name in bad_names:
            reason = "malicious-name"
        elif source.kind != "files" and sample.version and release in versions:
            reason = "same-version"
        elif source.kind != "files" and names[name] >= manifest.per_name:
            reason = "per-name"
        elif source.kind != "files" and families[family] >= (source.per_family or manifest.per_family):
            reason = "per-family"
        elif source.limit and totals[sample.source] >= source.limit:
            reason = "limit"
        if reason:
            dropped[sample.source, reason] += 1
            continue
        names[name] += 1
        families[family] += 1
        totals[sample.source] += 1
        versions.add(release)
        kept.append(sample)
    order = {source.id: number for number, source in enumerate(manifest.sources)}
    kept.sort(key=lambda s: (order[s.source], s.path, s.revision, s.content))
    return kept, dropped


def _without(
    samples: Iterable[Sample], chosen: Selection, reason: str, unwanted: Callable[[Sample], bool]
) -> list[Sample]:
    kept = []
    for sample in samples:
        if unwanted(sample):
            chosen.dropped[sample.source, reason] += 1
        else:
            kept.append(sample)
    return kept


def _distinct(samples: Iterable[Sample], chosen: Selection) -> list[Sample]:
    seen: set[str] = set()
    kept = []
    for sample in sorted(samples, key=lambda s: -s.label):
        if sample.content in seen:
            chosen.dropped[sample.source, "same-content"] += 1
        else:
            seen.add(sample.content)
            kept.append(sample)
    return kept
