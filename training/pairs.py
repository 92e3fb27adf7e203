"""Which release came before which: by version within a project, or as a table says itself."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = re.compile(r"\d+")

VersionKey = tuple[int, object]


@cache
def version_key(version: str) -> VersionKey:
    """Sort key of a version: PEP 440, which most npm versions fit too; by its numbers where it does not parse."""
    from packaging.version import InvalidVersion, Version

    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, tuple(int(number) for number in _NUMBERS.findall(version)[:8])


def previous_rows(packages: pd.DataFrame) -> NDArray[np.int64]:
    """Row of the previous release of every package, -1 if the table does not hold it; int64 (n,).

    Parameters
    ----------
    packages : DataFrame
        Of a feature table. A column ``previous`` may name ids; what it leaves empty is found by version among the
        originals (``variant`` is empty) with the same ecosystem, name and label.
    """
    count = len(packages)
    found = np.full(count, -1, dtype=np.int64)
    told = packages["previous"].tolist() if "previous" in packages else [""] * count
    derived = packages["variant"].tolist() if "variant" in packages else [""] * count
    row_of = {identity: row for row, identity in enumerate(packages["id"].tolist())}
    projects: dict[tuple[str, str, int], list[int]] = {}
    readable = packages["readable"].tolist()
    columns = (packages[name].tolist() for name in ("ecosystem", "name", "label"))
    for row, (ecosystem, name, label) in enumerate(zip(*columns, strict=True)):
        if told[row]:
            found[row] = row_of.get(told[row], -1)
        elif not derived[row] and name and readable[row]:
            projects.setdefault((ecosystem, name, label), []).append(row)
    versions = packages["version"].tolist()
    for rows in projects.values():
        if len(rows) > 1:
            rows.sort(key=lambda row: (version_key(versions[row]), row))
            for before, after in pairwise(rows):
                if versions[before] != versions[after]:
                    found[after] = before
    return found
