"""Typical values of a column in a stored feature table, by ecosystem and class; only what is asked for is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.errors import CorpusError
from darnel.training.storage import FILES, PACKAGES

QUANTILES = (0.5, 0.9, 0.99)


def typical(folder: str, columns: list[str]) -> list[str]:
    """Lines that say how often a column is not zero, and its quantiles where it is not.

    Parameters
    ----------
    folder : str
        A feature table.
    columns : list of str
        File or package columns; of a package's files the largest value counts.

    Raises
    ------
    CorpusError
        There is no such table, or it has none of the columns.
    """
    packages, files = open_table(Path(folder) / PACKAGES), open_table(Path(folder) / FILES)
    about = packages.read(["ecosystem", "label", "files"])
    ecosystems = np.array(about.column("ecosystem").to_pylist())
    labels = about.column("label").to_numpy()
    linked = about.column("files").combine_chunks()
    links, offsets = linked.values.to_numpy(), linked.offsets.to_numpy()
    lines: list[str] = []
    for column in columns:
        if column in packages.schema_arrow.names:
            values = packages.read([column]).column(0).to_numpy()
        elif column in files.schema_arrow.names:
            values = largest(files.read([column]).column(0).to_numpy(), links, offsets)
        else:
            continue
        for ecosystem in sorted(set(ecosystems.tolist())):
            for label, name in ((0, "benign"), (1, "malicious")):
                chosen = values[(ecosystems == ecosystem) & (labels == label)]
                lines.append(f"  {column}, {ecosystem} {name} ({len(chosen):,}): {describe(chosen)}")
    if not lines:
        raise CorpusError(
            f"{folder}: the table has no column {', '.join(columns)}; it holds file and package columns only"
        )
    return lines


def largest(values: NDArray[np.float32], links: NDArray[Any], offsets: NDArray[Any]) -> NDArray[np.float32]:
    """The largest value over each package's files, float32 (n,); 0 without files."""
    counts = np.diff(offsets)
    result = np.zeros(len(counts), np.float32)
    np.maximum.at(result, np.repeat(np.arange(len(counts)), counts), np.nan_to_num(values)[links])
    return result


def describe(values: NDArray[np.float32]) -> str:
    """Share that is not zero, and the quantiles of those."""
    some = values[np.isfinite(values) & (values != 0)]
    if not len(some):
        return "always 0"
    said = ", ".join(f"{q:.0%} {v:.4g}" for q, v in zip(QUANTILES, np.quantile(some, QUANTILES), strict=True))
    return f"not 0 in {len(some) / len(values):.1%}; quantiles of these: {said}"


def open_table(path: Path) -> Any:
    """A Parquet file of a feature table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException):
        raise CorpusError(f"{path}: no feature table there; pass the folder of one (data) with --table") from None
