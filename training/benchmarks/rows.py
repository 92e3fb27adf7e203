"""Which injected releases may be used on which side of a split, and joining them to a feature table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darnel.training.splits import Split
from darnel.training.table import FeatureTable

if TYPE_CHECKING:
    import pandas as pd


def legal(injected: FeatureTable, packages: pd.DataFrame, split: Split) -> Split:
    """Rows of ``injected`` that may be used on either side of a split of the table with ``packages``.

    Train: host and payload's campaign are in the training rows, and no campaign with nearly this payload is in the
    test rows. Test: the same with the sides exchanged.
    """
    ids = packages["id"].to_numpy()
    campaigns, bad = packages["campaign"].to_numpy(), packages["label"].to_numpy() == 1
    sides = []
    for rows in split:
        mine = np.zeros(len(packages), dtype=bool)
        mine[rows] = True
        sides.append((set(ids[mine].tolist()), set(campaigns[mine & bad].tolist())))
    frame = injected.packages
    near = [frozenset(text.split()) for text in frame["payload_campaigns"].tolist()]
    chosen = []
    for own, other in ((sides[0], sides[1]), (sides[1], sides[0])):
        keep = [
            host in own[0] and campaign in own[1] and not group & other[1]
            for host, campaign, group in zip(frame["host_id"].tolist(), frame["campaign"].tolist(), near, strict=True)
        ]
        chosen.append(np.flatnonzero(keep).astype(np.int64))
    return Split(*chosen)


def joined(first: FeatureTable, second: FeatureTable) -> FeatureTable:
    """Both tables' packages in one; identity columns that only one has are filled with its type's nothing.

    Raises
    ------
    CorpusError
        They were made for different schemas.
    """
    import pandas as pd

    second.check(first.schema_version, first.package_columns, first.file_columns)
    packages = pd.concat([first.packages, second.packages], ignore_index=True)
    for name in packages.columns:
        kind = (first if name in first.packages.columns else second).packages[name].dtype
        if packages[name].isna().any():
            packages[name] = (
                packages[name].fillna("" if str(kind) == "object" or str(kind).startswith("str") else 0).astype(kind)
            )
    return FeatureTable(
        packages=packages,
        package_rows=np.concatenate([first.package_rows, second.package_rows]),
        package_columns=first.package_columns,
        file_rows=np.concatenate([first.file_rows, second.file_rows]),
        file_columns=first.file_columns,
        file_hashes=np.concatenate([first.file_hashes, second.file_hashes]),
        offsets=np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        links=np.concatenate([first.links, second.links + np.int32(len(first.file_rows))]),
        schema_version=first.schema_version,
        sketches=None
        if first.sketches is None or second.sketches is None
        else np.concatenate([first.sketches, second.sketches]),
    )
