"""In the worker: features of one release at a time, scores of several with one call of each model."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from darnel.batch.scored import Scored
from darnel.batch.task import BYTES, INSTALLED, PICKLE
from darnel.classifier import Classifier, label_of
from darnel.features.package import Ecosystem, Package
from darnel.previous import read_previous
from darnel.sources import Installed, open_source
from darnel.verdict import Label, Verdict

if TYPE_CHECKING:
    from darnel.features.raw import RawPackage
    from darnel.models.variant_forests import Rows


class _Held(NamedTuple):
    """A release whose features are known."""

    package: Package
    raw: RawPackage
    old: RawPackage | None
    notice: str
    package_row: Rows
    file_rows: Rows
    timings: dict[str, float]
    excerpts: bool
    explain_clean: bool


class Analyst:
    """Takes releases, then says what it thinks of all of them.

    The numbers are those of :meth:`darnel.classifier.Classifier.predict`. Of a clean release that nobody wants
    explained only the scores are computed: explaining takes several times as long as scoring.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self._held: list[_Held] = []

    def take(self, header: Mapping[str, Any], blobs: Sequence[bytes]) -> int:
        """Extract the features of one release (see :class:`darnel.batch.task.Task`).

        Returns
        -------
        int
            Files that it has rows for.

        Raises
        ------
        InputError
            It cannot be read as a package.
        """
        from darnel.features.extract import extract
        from darnel.features.vectorise import vectorise_files, vectorise_package

        started = perf_counter()
        limits = self.classifier.limits
        source, *before = [_source(entry, blob) for entry, blob in zip(header["payloads"], blobs, strict=True)]
        package = open_source(source, limits)
        if header["ecosystem"]:
            package.ecosystem = Ecosystem(header["ecosystem"])
        package.name = header["name"] or package.name
        package.version = header["version"] or package.version
        opened = perf_counter()
        raw = extract(package, limits)
        old, notice = read_previous(before[0] if before else None, limits)
        extracted = perf_counter()
        rows = vectorise_package(raw), vectorise_files(raw)
        timings = {"open": opened - started, "extract": extracted - opened, "score": perf_counter() - extracted}
        self._held.append(_Held(package, raw, old, notice, *rows, timings, header["excerpts"], header["explain_clean"]))
        return len(rows[1])

    def conclude(self) -> list[Verdict]:
        """Score what was taken; in order. Nothing is held any more afterwards."""
        held, self._held = self._held, []
        return self._score(held) if held else []

    def forget(self) -> None:
        """Drop everything that was taken."""
        self._held = []

    def _score(self, held: Sequence[_Held]) -> list[Verdict]:
        bundle = self.classifier.bundle
        started = perf_counter()
        counts = [len(entry.file_rows) for entry in held]
        file_rows = held[0].file_rows if len(held) == 1 else np.concatenate([entry.file_rows for entry in held])
        raw, score = bundle.judge_many(
            np.stack([entry.package_row for entry in held]),
            file_rows,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.arange(sum(counts)),
            [entry.raw["ecosystem"] for entry in held],
        )
        share = (perf_counter() - started) / len(held)
        found = []
        for i, entry in enumerate(held):
            scored = Scored.of(float(raw[i]), float(score[i]), bundle.variant(entry.raw["ecosystem"]))
            timings = entry.timings | {"score": entry.timings["score"] + share}
            if entry.old or entry.explain_clean or label_of(scored.reached) is not Label.CLEAN:
                verdict = self.classifier.judge_features(
                    entry.package, entry.raw, entry.old, timings, excerpts=entry.excerpts
                )
            else:
                verdict = self.classifier.conclude(entry.package, entry.raw, scored, timings)
            found.append(verdict.noting(entry.notice))
        return found


def _source(entry: Sequence[Any], blob: bytes) -> Any:
    kind, name = entry
    if kind == PICKLE:
        return pickle.loads(blob)  # of the process that started this one
    if kind == INSTALLED:
        return Installed(name)
    if kind == BYTES:
        return _Named(blob, name) if name else blob
    return name


class _Named(io.BytesIO):
    """Bytes that are called like the file that they come from."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name
