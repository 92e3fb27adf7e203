"""Manifests: tables with one release a row, as CSV or Parquet."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from typing import Any

from darnel.batch.item import Item
from darnel.batch.storage import is_url, open_stream
from darnel.errors import DarnelError

SUFFIXES = (".csv", ".parquet")
COLUMNS = ("path", "ecosystem", "name", "version", "previous")
"""``path`` is needed; other columns than these are not looked at."""
ECOSYSTEMS = ("", "pypi", "npm", "unknown")
ROWS = 4_096


def read(location: str) -> Iterator[Item]:
    """Releases of a manifest, as they are asked for.

    Parameters
    ----------
    location : str
        Path or URL. Relative paths in it start at its own folder.

    Raises
    ------
    DarnelError
        It cannot be read, has no column ``path``, or a row names no path or no known ecosystem.
    """
    rows = _parquet(location) if location.lower().endswith(".parquet") else _csv(location)
    for number, row in enumerate(rows, start=1):
        values = {name: "" if row.get(name) is None else str(row[name]).strip() for name in COLUMNS}
        if not values["path"]:
            raise DarnelError(f"{location}: row {number} has no path; give one or leave the row out")
        if values["ecosystem"] not in ECOSYSTEMS:
            raise DarnelError(
                f"{location}: row {number}: ecosystem {values['ecosystem'][:40]!r}; it has to be pypi, npm or empty"
            )
        for name in ("path", "previous"):
            values[name] = _resolved(location, values[name])
        yield Item(values["path"], values["ecosystem"], values["name"], values["version"], values["previous"])


def _resolved(location: str, path: str) -> str:
    if not path or is_url(path) or os.path.isabs(path):
        return path
    folder = location.replace(os.sep, "/").rpartition("/")[0]
    return f"{folder}/{path}" if folder else path


def _csv(location: str) -> Iterator[Mapping[str, Any]]:
    with open_stream(location) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        try:
            _check(location, reader.fieldnames or ())
            yield from reader
        except (csv.Error, UnicodeDecodeError) as error:
            raise DarnelError(f"{location}: line {reader.line_num}: no CSV in UTF-8 ({error})") from None


def _parquet(location: str) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise DarnelError(f"{location}: needs pyarrow, which is not installed: pip install 'darnel[batch]'") from None
    with open_stream(location) as stream:
        try:
            file = parquet.ParquetFile(stream)
            names = file.schema_arrow.names
            _check(location, names)
            for batch in file.iter_batches(ROWS, columns=[name for name in COLUMNS if name in names]):
                yield from batch.to_pylist()
        except (pyarrow.ArrowException, OSError) as error:
            detail = " ".join(str(error).split())[:200]
            raise DarnelError(f"{location}: no Parquet file that can be read ({detail})") from None


def _check(location: str, names: Any) -> None:
    if "path" not in names:
        raise DarnelError(f"{location}: no column path; it has {', '.join(map(str, names))[:200] or 'none'}")
