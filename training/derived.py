"""Variants of the packages of a feature table: benign releases with a payload spliced in, obfuscated copies.

They are tables of their own, so that no rate counts them. A variant is trained on or tested only on the side of a split
that everything it is made of is on. On disk a table of variants keeps only the file rows that the table it was made
from lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darnel.errors import CorpusError
from darnel.training.splits import Split
from darnel.training.storage import load_table, save_table
from darnel.training.table import FeatureTable

if TYPE_CHECKING:
    import pandas as pd

FOLDERS = ("injected", "restyled", "obfuscated")
"""Where a published feature table keeps its variants."""
_BASE = "base_sha256"


def legal(derived: FeatureTable, packages: pd.DataFrame, split: Split) -> Split:
    """Rows of ``derived`` that may be used on either side of a split of the table with ``packages``.

    Train: what it was made from (``host_id``) is in the training rows; if it is malicious, so is its campaign, and no
    campaign with nearly this payload (``payload_campaigns``, separated by blanks) is in the test rows. Test: the same
    with the sides exchanged.
    """
    ids = packages["id"].to_numpy()
    campaigns, bad = packages["campaign"].to_numpy(), packages["label"].to_numpy() == 1
    sides = []
    for rows in split:
        mine = np.zeros(len(packages), dtype=bool)
        mine[rows] = True
        sides.append((set(ids[mine].tolist()), set(campaigns[mine & bad].tolist())))
    frame = derived.packages
    near = frame["payload_campaigns"].tolist() if "payload_campaigns" in frame else [""] * len(frame)
    wanted = list(zip(*(frame[name].tolist() for name in ("host_id", "label", "campaign")), near, strict=True))
    chosen = []
    for own, other in ((sides[0], sides[1]), (sides[1], sides[0])):
        keep = [
            host in own[0] and (not label or (campaign in own[1] and other[1].isdisjoint(group.split())))
            for host, label, campaign, group in wanted
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
    # Variants share most files with their originals: equal rows stay one.
    shared = first.file_rows is second.file_rows
    return FeatureTable(
        packages=packages,
        package_rows=np.concatenate([first.package_rows, second.package_rows]),
        package_columns=first.package_columns,
        file_rows=first.file_rows if shared else np.concatenate([first.file_rows, second.file_rows]),
        file_columns=first.file_columns,
        file_hashes=first.file_hashes if shared else np.concatenate([first.file_hashes, second.file_hashes]),
        offsets=np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        links=np.concatenate([first.links, second.links + np.int32(0 if shared else len(first.file_rows))]),
        schema_version=first.schema_version,
        sketches=None
        if first.sketches is None or second.sketches is None
        else np.concatenate([first.sketches, second.sketches]),
    )


def on_base(derived: FeatureTable, base: FeatureTable) -> tuple[FeatureTable, FeatureTable]:
    """Both tables over one array of file rows: that of ``base``, followed by what it lacks. ``derived`` comes first."""
    place = {
        (digest, row.tobytes()): i
        for i, (digest, row) in enumerate(zip(base.file_hashes.tolist(), base.file_rows, strict=True))
    }
    known = len(base.file_rows)
    to = np.full(len(derived.file_rows), -1, dtype=np.int32)
    fresh: list[int] = []
    for i in np.unique(derived.links).tolist():
        to[i] = place.get((str(derived.file_hashes[i]), derived.file_rows[i].tobytes()), known + len(fresh))
        if to[i] >= known:
            fresh.append(i)
    rows = np.concatenate([base.file_rows, derived.file_rows[fresh]])
    hashes = np.concatenate([base.file_hashes, derived.file_hashes[fresh]])
    return (
        replace(derived, file_rows=rows, file_hashes=hashes, links=to[derived.links]),
        replace(base, file_rows=rows, file_hashes=hashes),
    )


def save_derived(derived: FeatureTable, base: FeatureTable, folder: Path) -> None:
    """Write ``derived`` without the file rows that ``base`` has; column ``base_files`` holds their numbers there."""
    whole, _ = on_base(derived, base)
    known = len(base.file_rows)
    own = whole.links >= known
    counts = np.bincount(whole.owners[own], minlength=len(whole))
    packages = whole.packages.assign(base_sha256=fingerprint(base))
    packages["base_files"] = [(links := whole.files_of(i))[links < known].tolist() for i in range(len(whole))]
    save_table(
        replace(
            whole,
            packages=packages,
            file_rows=whole.file_rows[known:],
            file_hashes=whole.file_hashes[known:],
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            links=(whole.links[own] - known).astype(np.int32),
        ),
        folder,
    )


def load_with(base: FeatureTable, folders: Sequence[Path]) -> tuple[FeatureTable, FeatureTable | None]:
    """A table and what :func:`save_derived` made from it, over one array of file rows; None if there are no folders.

    Raises
    ------
    CorpusError
        As :func:`darnel.training.storage.load_table`, or a table of variants was made from another one.
    """
    if not folders:
        return base, None
    expected = fingerprint(base)
    parts = [load_table(folder) for folder in folders]
    for folder, part in zip(folders, parts, strict=True):
        if "base_sha256" not in part.packages or (part.packages["base_sha256"] != expected).any():
            raise CorpusError(f"{folder}: made from another feature table than the one given; make it again")
    rows = np.concatenate([base.file_rows, *(part.file_rows for part in parts)])
    hashes = np.concatenate([base.file_hashes, *(part.file_hashes for part in parts)])
    starts = np.cumsum([len(base.file_rows), *(len(part.file_rows) for part in parts)])
    derived = []
    for part, start in zip(parts, starts.tolist(), strict=False):
        held = [np.asarray(numbers, np.int32) for numbers in part.packages["base_files"].tolist()]
        links = [np.concatenate([known, part.files_of(i) + np.int32(start)]) for i, known in enumerate(held)]
        derived.append(
            replace(
                part,
                packages=part.packages.drop(columns=["base_sha256", "base_files"]),
                file_rows=rows,
                file_hashes=hashes,
                offsets=np.cumsum([0, *map(len, links)]).astype(np.int64),
                links=np.concatenate([np.zeros(0, np.int32), *links]),
            )
        )
    return replace(base, file_rows=rows, file_hashes=hashes), reduce(joined, derived)


def beside(folder: Path) -> list[Path]:
    """Folders of the variants that a published table has beside it."""
    return [folder / name for name in FOLDERS if (folder / name).is_dir()]


def fingerprint(table: FeatureTable) -> str:
    """What identifies the file rows of a table: sha256 over hashes and rows, hex."""
    digest = sha256("\n".join(table.file_hashes.tolist()).encode())
    digest.update(np.ascontiguousarray(table.file_rows).tobytes())
    return digest.hexdigest()
