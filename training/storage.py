"""Feature tables as two Parquet files, ``packages.parquet`` and ``files.parquet``, that a stranger can train from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.errors import CorpusError
from darnel.training.table import FeatureTable

FORMAT = 1
"""Number of the file layout; the reader refuses others."""

PACKAGES, FILES = "packages.parquet", "files.parquet"
_KEY = b"darnel"
_SKETCH = "sketch"
"""Column of ``packages.parquet`` with the compact sketches; tables without it can be read too."""
_DICTIONARY_LIMIT = 2_000
"""Columns with more distinct values than this compress better as byte streams than through a dictionary."""


def save_table(table: FeatureTable, folder: Path) -> None:
    """Write ``table`` to ``folder``.

    Same table, same library versions: same bytes. Column names, schema and layout number are in the Parquet metadata.
    """
    import pyarrow as pa

    folder.mkdir(parents=True, exist_ok=True)
    header = {
        "format": FORMAT,
        "schema": table.schema_version,
        "package_columns": list(table.package_columns),
        "file_columns": list(table.file_columns),
    }
    identity = pa.Table.from_pandas(table.packages, preserve_index=False).replace_schema_metadata(None)
    columns = {name: identity.column(name).combine_chunks() for name in identity.column_names}
    columns |= {name: pa.array(table.package_rows[:, i]) for i, name in enumerate(table.package_columns)}
    columns["files"] = pa.ListArray.from_arrays(pa.array(table.offsets.astype(np.int32)), pa.array(table.links))
    if table.sketches is not None:
        columns[_SKETCH] = _fixed(table.sketches.tobytes(), table.sketches.shape[1], len(table))
    _write(
        folder / PACKAGES,
        columns,
        header,
        ["id", "name", "version", "sha256"],
        {"files.list.element": "DELTA_BINARY_PACKED"},
    )

    digests = b"".join(bytes.fromhex(digest) for digest in table.file_hashes.tolist())
    stored: dict[str, Any] = {"hash": _fixed(digests, 8, len(table.file_hashes))}
    stored |= {name: pa.array(table.file_rows[:, i]) for i, name in enumerate(table.file_columns)}
    _write(folder / FILES, stored, header, ["hash"], {})


def load_table(folder: Path) -> FeatureTable:
    """Read what :func:`save_table` wrote.

    Raises
    ------
    CorpusError
        A file is missing, no table of darnel's, damaged, or of another layout number.
    """
    packages, header = _read(folder / PACKAGES)
    files, file_header = _read(folder / FILES)
    if header != file_header:
        raise CorpusError(f"{folder}: {PACKAGES} and {FILES} come from different builds; fetch or build both again")
    package_columns, file_columns = tuple(header["package_columns"]), tuple(header["file_columns"])
    linked = packages.column("files").combine_chunks()
    hashes = np.frombuffer(b"".join(files.column("hash").to_pylist()), dtype=">u8")
    sketched = [_SKETCH] if _SKETCH in packages.column_names else []
    return FeatureTable(
        packages=packages.drop_columns(["files", *sketched, *package_columns]).to_pandas(),
        package_rows=_matrix(packages, package_columns),
        package_columns=package_columns,
        file_rows=_matrix(files, file_columns),
        file_columns=file_columns,
        file_hashes=np.array([f"{value:016x}" for value in hashes.tolist()], dtype="U16"),
        offsets=linked.offsets.to_numpy().astype(np.int64),
        links=linked.values.to_numpy().astype(np.int32),
        schema_version=header["schema"],
        sketches=_bytes(packages.column(_SKETCH)) if sketched else None,
    )


def _write(
    path: Path, columns: dict[str, Any], header: dict[str, Any], plain: list[str], encodings: dict[str, str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(header).encode()})
    for name in data.column_names:
        column = data.column(name)
        if pa.types.is_float32(column.type) and len(np.unique(column.to_numpy())) > _DICTIONARY_LIMIT:
            encodings[name] = "BYTE_STREAM_SPLIT"
    leave = {*plain, *encodings, "files"}
    pq.write_table(
        data,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in data.column_names if name not in leave],
        column_encoding=encodings,
        row_group_size=max(1, data.num_rows),
        write_statistics=False,
        dictionary_pagesize_limit=1 << 24,
    )


def _read(path: Path) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise CorpusError(f"{path}: no such file; build a feature table with `darnel corpus build` or pass --data")
    try:
        data = pq.read_table(path)
        header = json.loads((data.schema.metadata or {})[_KEY])
        number = header["format"]
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError):
        raise CorpusError(f"{path}: not a readable feature table of darnel; fetch or build it again") from None
    if number != FORMAT:
        raise CorpusError(f"{path}: feature table layout {number}, this darnel reads {FORMAT}; rebuild the table")
    return data, header


def _fixed(data: bytes, width: int, count: int) -> Any:
    import pyarrow as pa

    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, pa.py_buffer(data)])


def _bytes(column: Any) -> NDArray[np.uint8]:
    values = np.frombuffer(b"".join(column.to_pylist()), np.uint8)
    return values.reshape(len(column), column.type.byte_width).copy()


def _matrix(data: Any, columns: tuple[str, ...]) -> NDArray[np.float32]:
    rows = np.empty((data.num_rows, len(columns)), np.float32)
    for i, name in enumerate(columns):
        rows[:, i] = data.column(name).to_numpy()
    return rows
