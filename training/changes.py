"""The version delta of every package of a table that has its previous release in the table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darnel.models.delta import Delta, Release
from darnel.models.pooling import of_groups
from darnel.training.table import FeatureTable


def delta_of(table: FeatureTable, first: Sequence[str], whole: Sequence[str], package: Sequence[str]) -> Delta:
    """A :class:`~darnel.models.delta.Delta` of groups of columns, see :func:`darnel.models.pooling.of_groups`."""
    files, packages = table.file_columns, table.package_columns
    return Delta(packages, files, of_groups(files, first), of_groups(files, whole), of_groups(packages, package))


def delta_rows(
    delta: Delta, table: FeatureTable, odds: NDArray[np.float64], previous: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Delta columns of every package, float32 (n, len(delta.columns)), NaN where there is no previous release.

    Parameters
    ----------
    delta : Delta
    table : FeatureTable
    odds : float64 (m,)
        Log-odds of every link.
    previous : int64 (n,)
        Row of the previous release, -1 for none.
    """

    def release(row: int) -> Release:
        links = table.files_of(row)
        start, end = table.offsets[row], table.offsets[row + 1]
        return Release(
            table.package_rows[row], table.file_rows[links], odds[start:end], table.file_hashes[links].tolist()
        )

    rows = delta.missing(len(table))
    for row in np.flatnonzero(previous >= 0).tolist():
        rows[row] = delta.compare(release(row), release(int(previous[row])))
    return rows
