"""A trained model on disk: checked before it is used, then asked about packages.

The folder holds LightGBM text models, a manifest and a model card. LightGBM aborts the interpreter on a truncated or
edited model file, so every file's sha256 is compared with the manifest *before* its text is handed over. The hashes
guard against damage and mix-ups; a bundle of a stranger is as trustworthy as the stranger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.errors import BundleError
from darnel.models.calibration import sigmoid
from darnel.models.delta import Release
from darnel.models.manifest import MANIFEST, Manifest, OperatingPoint, Schema, Variant, read_manifest
from darnel.models.pooling import Pooling
from darnel.models.variant_forests import Rows, VariantForests

DEFAULT_MODEL = "darnel_v0_8"
"""Folder, beside this module, of the model that darnel ships."""

MAX_MODEL_BYTES = 1 << 28


def default_bundle_path() -> Path:
    """Folder of the shipped model."""
    return Path(__file__).resolve().parent / DEFAULT_MODEL


@dataclass(frozen=True)
class Judgement:
    """What the model says about one package."""

    raw: float
    """Output of the package model, 0 to 1; thresholds apply to it."""
    score: float
    """Calibrated probability at ``base_rate``, 0 to 1."""
    base_rate: float
    reached: tuple[str, ...]
    """Names of the operating points reached, strictest first."""
    file_scores: NDArray[np.float64]
    """Output of the file model for every file, 0 to 1; (F,)."""
    alone: float
    """What ``raw`` is when nothing is known of a previous release; the same as ``raw`` if nothing is."""
    compared: bool
    """Whether the model took a previous release into account."""
    _models: VariantForests = field(repr=False, compare=False)
    _package_input: Rows = field(repr=False, compare=False)
    _intrusion: bool = field(repr=False, compare=False)
    _file_rows: Rows = field(repr=False, compare=False)

    @property
    def point(self) -> str:
        """Strictest operating point reached, ``""`` if none."""
        return self.reached[0] if self.reached else ""

    @property
    def order(self) -> NDArray[np.int64]:
        """File numbers, worst first; equal scores in the given order."""
        return np.argsort(-self.file_scores, kind="stable")

    @cached_property
    def contributions(self) -> dict[str, float]:
        """Additive contribution in log-odds of every package and pooled column that has one, largest first."""
        return self._models.explain_package(self._package_input[0], self._intrusion)

    def file_contributions(self, number: int, raising: bool = False) -> dict[str, float]:
        """The same for one file's score, by file column; with ``raising`` only those above 0."""
        return self._models.explain_file(self._file_rows[number], raising)


class Previous(NamedTuple):
    """Features of the previous release."""

    package_row: Rows
    """(P,)"""
    file_rows: Rows
    """(F, C)"""
    keys: Sequence[str]
    """sha256 of every file, length F."""


class Bundle:
    """A model folder, loaded. Use :meth:`load`."""

    def __init__(self, manifest: Manifest, path: Path, models: Mapping[str, VariantForests]) -> None:
        self.manifest = manifest
        self.path = path
        self._models = models

    @classmethod
    def load(cls, path: Path | str | None = None, expect: Schema | None = None) -> Bundle:
        """Check a folder and load its models.

        Parameters
        ----------
        path : path, optional
            Default: the shipped model.
        expect : Schema, optional
            What the features to be scored look like; compared with what the model was trained on.

        Raises
        ------
        BundleError
            Something is missing, truncated, edited, of another format, or made for other features.
        """
        folder = Path(path) if path is not None else default_bundle_path()
        manifest = read_manifest(folder)
        _check_schema(manifest, expect, folder)
        texts = {name: _verified(folder / name, digest) for name, digest in manifest.files.items()}
        models = {variant.name: VariantForests(manifest, variant, texts, folder) for variant in manifest.variants}
        return cls(manifest, folder, models)

    @property
    def name(self) -> str:
        """``darnel 0.1``."""
        return f"{self.manifest.name} {self.manifest.version}"

    def variant(self, ecosystem: str) -> Variant:
        """The variant for an ecosystem; the first one if none names it."""
        fitting = (variant for variant in self.manifest.variants if ecosystem in variant.ecosystems)
        return next(fitting, self.manifest.variants[0])

    def operating_points(self, ecosystem: str) -> tuple[OperatingPoint, ...]:
        """Operating points, strictest first."""
        return self.variant(ecosystem).operating_points

    @property
    def compares(self) -> bool:
        """Whether the model was trained to look at what changed since the previous release."""
        return self.manifest.delta is not None

    def judge(
        self,
        package_row: Rows,
        file_rows: Rows,
        ecosystem: str = "",
        *,
        keys: Sequence[str] = (),
        previous: Previous | None = None,
    ) -> Judgement:
        """Judge one package.

        Parameters
        ----------
        package_row : float32 (P,)
            In the order of the schema's package columns.
        file_rows : float32 (F, C)
            In the order of the schema's file columns; F may be 0.
        ecosystem : str
            ``pypi`` or ``npm``; chooses the variant.
        keys : sequence of str, length F
            sha256 of every file; needed with ``previous``.
        previous : Previous, optional
            The release before this one; not looked at by models that do not compare.
        """
        self._check_rows(package_row[None, :], file_rows)
        models = self._models[self.variant(ecosystem).name]
        odds = models.file_odds(file_rows)
        pooled = models.pooling.pool(odds, np.array([0, len(odds)]), file_rows, np.arange(len(odds)))
        inputs = models.package_inputs(package_row[None, :], pooled)
        said, intrusion = models.decide(inputs)
        alone = raw = float(sigmoid(said)[0])
        compared = previous is not None and models.delta is not None
        if previous is not None and models.delta is not None:
            self._check_rows(previous.package_row[None, :], previous.file_rows)
            before = Release(
                previous.package_row, previous.file_rows, models.file_odds(previous.file_rows), previous.keys
            )
            change = models.delta.compare(Release(package_row, file_rows, odds, keys), before)
            inputs = models.package_inputs(package_row[None, :], pooled, change[None, :])
            said, intrusion = models.decide(inputs)
            raw = float(sigmoid(said)[0])
        variant = models.variant
        return Judgement(
            raw=raw,
            score=float(variant.calibration.probability(raw, variant.base_rate)),
            base_rate=variant.base_rate,
            reached=tuple(point.name for point in variant.operating_points if raw >= point.threshold),
            file_scores=sigmoid(odds),
            alone=alone,
            compared=compared,
            _models=models,
            _package_input=inputs,
            _intrusion=bool(intrusion[0]),
            _file_rows=file_rows,
        )

    def judge_many(
        self,
        package_rows: Rows,
        file_rows: Rows,
        offsets: NDArray[np.int64],
        links: NDArray[np.integer],
        ecosystems: Sequence[str],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Raw scores of many packages whose files may be shared; the same numbers as :meth:`judge`.

        Parameters
        ----------
        package_rows : float32 (n, P)
        file_rows : float32 (f, C)
        offsets : int64 (n + 1,)
            Package ``i`` holds the rows ``links[offsets[i]:offsets[i + 1]]`` of ``file_rows``.
        links : int (m,)
        ecosystems : sequence of str, length n

        Returns
        -------
        raw : float64 (n,)
        score : float64 (n,)
            Calibrated.
        """
        self._check_rows(package_rows, file_rows)
        names = np.array([self.variant(ecosystem).name for ecosystem in ecosystems])
        raw, score = np.zeros(len(names)), np.zeros(len(names))
        for name, models in self._models.items():
            chosen = np.flatnonzero(names == name)
            if not len(chosen):
                continue
            parts = [links[offsets[i] : offsets[i + 1]] for i in chosen]
            held = np.concatenate(parts)
            starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
            used, places = np.unique(held, return_inverse=True)
            odds = models.file_odds(file_rows[used])[places]
            pooled = models.pooling.pool(odds, starts, file_rows, held)
            raw[chosen] = sigmoid(models.package_odds(models.package_inputs(package_rows[chosen], pooled)))
            score[chosen] = models.variant.calibration.probability(raw[chosen], models.variant.base_rate)
        return raw, score

    def _check_rows(self, package_rows: Rows, file_rows: Rows) -> None:
        schema = self.manifest.schema
        for rows, columns, what in (
            (package_rows, schema.package_columns, "package"),
            (file_rows, schema.file_columns, "file"),
        ):
            if rows.ndim != 2 or rows.shape[1] != len(columns):
                raise BundleError(
                    f"{self.path}: {what} rows have shape {rows.shape}, the model takes {len(columns)} columns; "
                    "use features of the same schema"
                )


def write_bundle(folder: Path, manifest: Manifest, texts: Mapping[str, str]) -> None:
    """Write a model folder; ``manifest.files`` is filled in with the hashes of ``texts`` (file name → content).

    The manifest comes last: a folder that was cut short has none and is refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    files = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
    (folder / MANIFEST).write_bytes(replace(manifest, files=files).to_json().encode())


def predict_odds(booster: Any, rows: Rows) -> NDArray[np.float64]:
    """Log-odds of a binary ``lightgbm.Booster``, as in training, float64 (n,); one thread."""
    if not len(rows):
        return np.zeros(0)
    return np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)


def _check_schema(manifest: Manifest, expect: Schema | None, folder: Path) -> None:
    where = folder / MANIFEST
    if expect is not None:
        if manifest.schema.version != expect.version:
            raise BundleError(
                f"{where}: model made for feature schema {manifest.schema.version}, this darnel has {expect.version}; "
                "use a model of this darnel version or train one"
            )
        if manifest.schema != expect:
            raise BundleError(f"{where}: feature columns differ from this darnel's; train the model again")
    known = frozenset(manifest.schema.file_columns)
    missing = [name for name in (*manifest.first, *manifest.three) if name not in known]
    if missing:
        raise BundleError(f"{where}: pooled columns without source, first {missing[0]}; train the model again")
    if Pooling(manifest.schema.file_columns, manifest.first, manifest.three).names != manifest.pool_columns:
        raise BundleError(f"{where}: pooled columns differ from this darnel's; train the model again")
    names = manifest.delta.names if manifest.delta is not None else ()
    if names != manifest.delta_columns:
        raise BundleError(f"{where}: columns of the version delta differ from this darnel's; train the model again")


def _verified(path: Path, digest: str) -> str:
    try:
        if not path.is_file():  # a pipe or device would block the read
            raise OSError
        with path.open("rb") as stream:
            content = stream.read(MAX_MODEL_BYTES + 1)
    except OSError:
        raise BundleError(
            f"{path}: named in the manifest but cannot be read; install or train the model again"
        ) from None
    if len(content) > MAX_MODEL_BYTES:
        raise BundleError(f"{path}: larger than {MAX_MODEL_BYTES >> 20} MiB; this is no model of darnel's")
    if sha256(content).hexdigest() != digest:
        raise BundleError(f"{path}: does not match its sha256 in the manifest; install or train the model again")
    return content.decode("utf-8", "replace")
