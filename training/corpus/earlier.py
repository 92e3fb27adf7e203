"""Packages of an earlier feature table whose repositories are not at hand any more: their rows are taken as they were.

Sources that are lists of many small repositories are seldom all there at once. Rows that a table takes over were made
by the code of that time; which they are is known to whoever has both tables, and counted in the summary.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from darnel.training.corpus.git import find_repository
from darnel.training.corpus.listing import rows_of
from darnel.training.corpus.manifest import Manifest
from darnel.training.corpus.places import Roots
from darnel.training.derived import joined, load_with, on_base
from darnel.training.storage import load_table
from darnel.training.table import FeatureTable


def with_earlier(
    table: FeatureTable, earlier: FeatureTable, manifest: Manifest, roots: Roots
) -> tuple[FeatureTable, int]:
    """A table and what an earlier one has of repositories that are listed, and not at hand.

    Parameters
    ----------
    table : FeatureTable
        Of what is at hand.
    earlier : FeatureTable
        With the same schema.
    manifest : Manifest
        Its lists of repositories say what belongs into the table: what left them does not come back.
    roots : Roots
        Where repositories are.

    Returns
    -------
    (FeatureTable, int)
        The whole, and how many packages were taken over.

    Raises
    ------
    CorpusError
        It has another schema.
    """
    wanted = {
        f"{source.id}:{row['repository']}" + (f"//{row['folder']}" if row["folder"] else "")
        for source in manifest.sources
        if source.kind == "repositories"
        for row in rows_of(manifest, source.list)
        if row["ecosystem"] == source.ecosystem and find_repository(roots.repositories, row["repository"]) is None
    }
    listed = earlier.packages["id"].str.rpartition("#")[0].isin(wanted)
    return _taken(table, earlier, np.flatnonzero(listed))


def with_earlier_variants(
    derived: FeatureTable, base: FeatureTable, earlier: FeatureTable, at_hand: Collection[str]
) -> tuple[FeatureTable, int]:
    """The same for variants, of packages of ``base`` that are not at hand."""
    hosts = earlier.packages["host_id"]
    missing = hosts.isin(base.packages["id"]) & ~hosts.isin(at_hand)
    return _taken(derived, earlier, np.flatnonzero(missing))


def variants(folder: Path, name: str) -> FeatureTable:
    """Variants in the folder ``name`` beside the table in ``folder``.

    Raises
    ------
    CorpusError
        One of them cannot be read.
    """
    _, derived = load_with(load_table(folder), [folder / name])
    assert derived is not None
    return derived


def _taken(table: FeatureTable, before: FeatureTable, rows: np.ndarray) -> tuple[FeatureTable, int]:
    if not len(rows):
        return table, 0
    taken, table = on_base(before.subset(rows), table)  # with their own files only
    return joined(table, taken), len(rows)
