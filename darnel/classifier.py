"""Judge packages: the few names that a user of the library needs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from time import perf_counter
from typing import TYPE_CHECKING

from darnel.defang import printable
from darnel.features.limits import DEFAULT_LIMITS, Limits
from darnel.sources import Update, open_source, parted
from darnel.verdict import Label, Measured, Verdict

if TYPE_CHECKING:
    from darnel.attribution import Reason
    from darnel.batch.scored import Scored
    from darnel.features.package import Package
    from darnel.features.raw import RawPackage
    from darnel.models.bundle import Bundle, Judgement
    from darnel.sources import Source
    from darnel.verdict import Comparison, FileScore

MAX_NAME = 200
MAX_ANOMALY = 300
"""Characters kept of what a package says about itself."""
MALICIOUS_AT = "high-confidence"
"""Operating point from which a package is called malicious."""
SUSPICIOUS_AT = "balanced"
"""Operating point from which it is called suspicious."""


class Classifier:
    """A model with the limits it works within.

    Parameters
    ----------
    bundle : Bundle
        Loaded and verified model.
    limits : Limits
        Bounds on what is read and analysed.

    Examples
    --------
    >>> from darnel import Classifier
    >>> classifier = Classifier.load()  # doctest: +SKIP
    >>> classifier.predict("some_package-1.0.tar.gz").label  # doctest: +SKIP
    <Label.CLEAN: 'clean'>
    """

    def __init__(self, bundle: Bundle, limits: Limits = DEFAULT_LIMITS) -> None:
        self.bundle = bundle
        self.limits = limits

    @classmethod
    def load(cls, directory: str | os.PathLike[str] | None = None, limits: Limits = DEFAULT_LIMITS) -> Classifier:
        """Load a model folder, or the shipped model.

        Raises
        ------
        BundleError
            If the folder is missing, incomplete, edited, or made for other features than this version's.
        """
        from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
        from darnel.models.bundle import Bundle
        from darnel.models.manifest import Schema

        schema = Schema(SCHEMA_VERSION, PACKAGE_COLUMNS.names, FILE_COLUMNS.names)
        return cls(Bundle.load(None if directory is None else os.fspath(directory), schema), limits)

    def predict(self, source: Source, *, previous: Source | None = None, excerpts: bool = False) -> Verdict:
        """Judge one package release.

        Parameters
        ----------
        source : path, bytes, binary file object, Package, Installed or Update
            Archive (sdist, wheel, npm tarball), folder, or the name of an installed distribution; a name that is also
            that of a file or folder here is taken for the path, :class:`darnel.sources.Installed` never is.
        previous : path, bytes, …, optional
            The release before this one: the model then also weighs what changed, see :attr:`Verdict.delta`. If it
            cannot be read, this one is judged alone, and :attr:`Verdict.notices` says so.
        excerpts : bool
            Read the package a second time to show the places, defanged, unless the verdict is clean.

        Returns
        -------
        Verdict

        Raises
        ------
        InputError
            If nothing of ``source`` can be read as a package, or ``previous`` is an Update itself.
        """
        from darnel.features.extract import extract
        from darnel.previous import read_previous

        source, previous = parted(source if previous is None else Update(source, previous))
        started = perf_counter()
        package = open_source(source, self.limits)
        opened = perf_counter()
        raw = extract(package, self.limits)
        old, notice = read_previous(previous, self.limits)
        timings = {"open": opened - started, "extract": perf_counter() - opened}
        return self.judge_features(package, raw, old, timings, excerpts=excerpts).noting(notice)

    def predict_many(
        self,
        sources: Iterable[Source],
        *,
        jobs: int = 1,
        excerpts: bool = False,
        timeout: float | None = None,
        memory: int | None = None,
    ) -> Iterator[Verdict]:
        """Judge many packages, streaming, in the order given.

        Parameters
        ----------
        sources : iterable
            As for :meth:`predict`; consumed a little ahead of what is yielded.
        jobs : int
            Processes, at least 1. With 1 and no limit the packages are judged in this process.
        excerpts : bool
            As for :meth:`predict`.
        timeout : float, optional
            Seconds after which the process that analyses a package is ended; with several processes 600 by default.
        memory : int, optional
            Bytes that a package may need; no limit by default. Holds where the operating system bounds the address
            space (Linux).

        Yields
        ------
        Verdict
            A package that cannot be judged gives ``unknown`` with :attr:`Verdict.error`; it stops nothing.
        """
        from darnel.batch.many import predict_many

        return predict_many(self, sources, jobs, excerpts, timeout, memory)

    def judge_features(
        self,
        package: Package,
        raw: RawPackage,
        old: RawPackage | None,
        timings: Mapping[str, float],
        *,
        excerpts: bool = False,
    ) -> Verdict:
        """Score and explain: the second half of :meth:`predict`.

        Parameters
        ----------
        package : Package
            Read again for excerpts.
        raw : RawPackage
            Features of it.
        old : RawPackage or None
            Features of the release before.
        timings : mapping of str to float
            Seconds of the stages before.
        excerpts : bool
            As for :meth:`predict`.
        """
        from darnel.comparison import as_pooled, comparison, in_changed, keys_of, previous_of
        from darnel.evidence import reasons, worst_files
        from darnel.features.vectorise import vectorise_files, vectorise_package
        from darnel.particulars import with_particulars

        started = perf_counter()
        before = previous_of(old) if old is not None else None
        package_row, file_rows = vectorise_package(raw), vectorise_files(raw)
        judged = self.bundle.judge(package_row, file_rows, raw["ecosystem"], keys=keys_of(raw), previous=before)
        delta = None
        if old is not None and before is not None:
            earlier = self.bundle.judge(before.package_row, before.file_rows, raw["ecosystem"])
            delta = comparison(raw, old, judged, earlier, self.bundle)
        scored = perf_counter()
        scores = judged.file_scores.tolist()
        likely = in_changed(scores, raw, old)
        of_file = partial(judged.file_contributions, raising=True)
        found = reasons(raw, likely, as_pooled(judged.contributions), of_file, _docs())
        found = with_particulars(found, raw, package_row, file_rows, likely)
        spent = {**timings, "score": scored - started, "explain": perf_counter() - scored}
        files = worst_files(raw, scores)
        return self.conclude(package, raw, judged, spent, found, files, delta, excerpts=excerpts)

    def conclude(
        self,
        package: Package,
        raw: RawPackage,
        judged: Judgement | Scored,
        timings: Mapping[str, float],
        found: Sequence[Reason] = (),
        files: tuple[FileScore, ...] = (),
        delta: Comparison | None = None,
        *,
        excerpts: bool = False,
    ) -> Verdict:
        """Turn scores into a verdict: the last step of :meth:`judge_features`, which also explains.

        Parameters
        ----------
        package, raw, timings, excerpts
            As there.
        judged : Judgement or Scored
            Scores of the package.
        found : sequence of Reason
            Strongest first.
        files : tuple of FileScore
            Worst first.
        delta : Comparison, optional
            With the release before.
        """
        from darnel.completeness import coverage_of, too_little
        from darnel.excerpts import with_excerpts
        from darnel.findings import findings

        coverage = coverage_of(raw)
        label = label_of(judged.reached)
        problem = too_little(raw, coverage) if label is Label.CLEAN else ""
        if problem:
            label = Label.UNKNOWN
        evidence = tuple(reason.evidence for reason in found)
        if excerpts and label is not Label.CLEAN:
            evidence = with_excerpts(package, found)
        return Verdict(
            label=label,
            score=judged.score,
            raw_score=judged.raw,
            base_rate=judged.base_rate,
            operating_point=judged.point,
            ecosystem=raw["ecosystem"],
            name=printable(raw["name"])[:MAX_NAME],
            version=printable(raw["version"])[:MAX_NAME],
            source=raw["source"],
            sha256=raw["sha256"],
            evidence=evidence,
            findings=findings(evidence, [reason.order for reason in found], [reason.flow for reason in found]),
            files=files,
            anomalies=tuple(printable(": ".join(filter(None, a)))[:MAX_ANOMALY] for a in raw["anomalies"]),
            model=self.bundle.name,
            schema_version=raw["schema"],
            timings={**timings, "total": sum(timings.values())},
            coverage=coverage,
            delta=delta,
            error=problem,
            measured=self._measured(judged.point, raw["ecosystem"]),
        )

    def _measured(self, reached: str, ecosystem: str) -> Measured | None:
        points = self.bundle.operating_points(ecosystem)
        of = [Measured(round(p.fpr * p.benign), p.benign) for p in points if p.name == reached and p.benign]
        return of[0] if of else None


def label_of(reached: Collection[str]) -> Label:
    """Label for the operating points that a package reached."""
    if MALICIOUS_AT in reached:
        return Label.MALICIOUS
    return Label.SUSPICIOUS if SUSPICIOUS_AT in reached else Label.CLEAN


@cache
def _docs() -> dict[str, str]:
    """Doc line by package column, of those that state a fact."""
    from darnel.features.vectorise import PACKAGE_COLUMNS

    return {column.name: column.doc for column in PACKAGE_COLUMNS.columns if column.dtype != "real"}


@cache
def _shipped() -> Classifier:
    return Classifier.load()


def predict(source: Source, *, previous: Source | None = None, excerpts: bool = False) -> Verdict:
    """Judge one package release with the shipped model. See :meth:`Classifier.predict`."""
    return _shipped().predict(source, previous=previous, excerpts=excerpts)


def predict_many(
    sources: Iterable[Source],
    *,
    jobs: int = 1,
    excerpts: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
) -> Iterator[Verdict]:
    """Judge many packages with the shipped model. See :meth:`Classifier.predict_many`."""
    return _shipped().predict_many(sources, jobs=jobs, excerpts=excerpts, timeout=timeout, memory=memory)
