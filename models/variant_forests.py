"""The LightGBM models of one ecosystem: which columns they take, what they say, and what moved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darnel.errors import BundleError
from darnel.models.forest import Forest, ForestError
from darnel.models.manifest import Manifest, Variant
from darnel.models.pooling import Pooling

BLOCK = 4096
"""Files that are scored at once, which bounds the copies without masked columns."""

Rows = NDArray[np.float32]


class VariantForests:
    """The LightGBM models of one variant, loaded when a package first needs one, with the columns they take.

    Most processes meet packages of one ecosystem, and the models of another one take as long to load as a small
    package takes to be judged. Their texts are checked and kept when the bundle is loaded: later there may be no way
    to read a file, as in a jail.
    """

    def __init__(self, manifest: Manifest, variant: Variant, texts: Mapping[str, str], folder: Path) -> None:
        masked = frozenset(manifest.masked)
        self.variant = variant
        self.pooling = Pooling(manifest.schema.file_columns, manifest.first, manifest.three)
        self.delta = manifest.delta
        self.file_index, self.file_names = _visible(manifest.schema.file_columns, masked)
        combined = (*manifest.schema.package_columns, *manifest.pool_columns, *manifest.delta_columns)
        self.package_index, self.package_names = _visible(combined, masked)
        delta = frozenset(manifest.delta_columns)
        self.width = sum(name not in delta for name in self.package_names)
        self._folder = folder
        self._texts: dict[str, str] = {}
        for name, columns in self._columns():
            _check_columns(texts[name], columns, folder / name)
            self._texts[name] = texts[name]

    def _columns(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        variant = self.variant
        yield variant.file_model, self.file_names
        yield variant.package_model, self.package_names[: self.width]
        if variant.intrusion_model:
            yield variant.intrusion_model, self.package_names

    def _load(self, name: str) -> Forest:
        try:
            return Forest(self._texts[name])
        except ForestError as error:
            path = self._folder / name
            raise BundleError(f"{path}: no LightGBM text model ({error}); install or train the model again") from None

    @cached_property
    def file(self) -> Forest:
        """Model of files."""
        return self._load(self.variant.file_model)

    @cached_property
    def package(self) -> Forest:
        """Release model of packages."""
        return self._load(self.variant.package_model)

    @cached_property
    def intrusion(self) -> Forest | None:
        """Intrusion model of packages, if there is one."""
        return self._load(self.variant.intrusion_model) if self.variant.intrusion_model else None

    def file_odds(self, file_rows: Rows) -> NDArray[np.float64]:
        """Log-odds of files (n, file columns): float64 (n,)."""
        blocks = (file_rows[i : i + BLOCK, self.file_index] for i in range(0, len(file_rows), BLOCK))
        return np.concatenate([self.file.odds(block) for block in blocks] or [np.zeros(0)])

    def package_inputs(self, package_rows: Rows, pooled: Rows, change: Rows | None = None) -> Rows:
        """What the package models take, from package rows, pooled file scores and what changed, all float32 (n, …)."""
        blocks = [package_rows, pooled]
        if self.delta is not None:
            blocks.append(self.delta.missing(len(pooled)) if change is None else change)
        return np.concatenate(blocks, axis=1)[:, self.package_index]

    def package_odds(self, inputs: Rows) -> NDArray[np.float64]:
        """Log-odds of packages: the higher of what both models say."""
        return self.decide(inputs)[0]

    def decide(self, inputs: Rows) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """:meth:`package_odds`, and whether it is the intrusion model that says so."""
        odds = self.package.odds(inputs[:, : self.width])
        if self.intrusion is None:
            return odds, np.zeros(len(odds), np.bool_)
        shifted = self.intrusion.odds(inputs) - self.variant.shift
        return np.maximum(odds, shifted), shifted > odds

    def explain_package(self, row: Rows, intrusion: bool) -> dict[str, float]:
        """Contributions to the score of a package (c,): the intrusion model's or the release model's, as decided."""
        if intrusion and self.intrusion is not None:
            return self.intrusion.explain(row)
        return self.package.explain(row[: self.width])

    def explain_file(self, row: Rows, raising: bool) -> dict[str, float]:
        """Contributions to the score of a file (file columns,), or those of columns that raise it."""
        return self.file.explain(row[self.file_index], raising=raising)


def _check_columns(text: str, names: tuple[str, ...], path: Path) -> None:
    """Compare the columns that a model's text names with those that it will be given."""
    start = text.find("\nfeature_names=")
    if not text.startswith("tree\n") or start < 0:
        raise BundleError(f"{path}: no LightGBM text model; install or train the model again")
    line = text[text.index("=", start) + 1 :].partition("\n")[0]
    if tuple(line.split(" ")) != names:
        raise BundleError(f"{path}: columns differ from the manifest's; install or train the model again")


def _visible(columns: tuple[str, ...], masked: frozenset[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    kept = [i for i, name in enumerate(columns) if name not in masked]
    return np.array(kept, dtype=np.int64), tuple(columns[i] for i in kept)
