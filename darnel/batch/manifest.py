"""Manifests: tables with one release a row, as CSV or Parquet."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from typing import Any

from darnel.batch.item import Item
from darnel.batch.storage import is_url, open_stream, plain
from darnel.errors import DarnelError

SUFFIXES = (".csv", ".parquet")
COLUMNS = ("path", "ecosystem", "name", "version", "previous")
"""``path`` is needed and, like ``previous``, taken to the letter; other columns than these are not looked at."""
ECOSYSTEMS = ("", "pypi", "npm", "unknown")
ROWS = 4_096


def read(location: str) -> Iterator[Item]:
    """Releases of a manifest, as they are asked for; a row that makes no sense is one that cannot be judged.

    Parameters
    ----------
    location : str
        Path or URL. Relative paths in it start at its own folder.

    Raises
    ------
    DarnelError
        It cannot be read, or has no column ``path``.
    """
    rows = _parquet(location) if location.lower().endswith(".parquet") else _csv(location)
    for number, row in enumerate(rows, start=1):
        yield _item(location, number, {name: _text(row.get(name)) for name in COLUMNS})


def _item(location: str, number: int, values: Mapping[str, str]) -> Item:
    path, previous = (_resolved(location, values[name]) for name in ("path", "previous"))
    ecosystem, name, version = (values[name].strip() for name in ("ecosystem", "name", "version"))
    error = ""
    if not path:  # called by its place, as RFC 7111 does: each is a row of its own
        path, error = f"{location}#row={number}", f"{location}: row {number} has no path; give one"
    elif ecosystem.lower() not in ECOSYSTEMS:
        error = f"{location}: row {number}: ecosystem {ecosystem[:40]!r}; it has to be pypi, npm or empty"
    else:
        ecosystem = ecosystem.lower()
    return Item(path, ecosystem, name, version, previous, error=error)


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else "" if value is None else str(value)


def _resolved(location: str, path: str) -> str:
    path = plain(path)
    if not path or is_url(path) or os.path.isabs(path):
        return path
    if is_url(location):
        return f"{location.rpartition('/')[0]}/{path}"
    return plain(os.path.join(os.path.dirname(location), path))


def _csv(location: str) -> Iterator[Mapping[str, Any]]:
    # Paths are bytes: what is not UTF-8 in one stays as it is.
    with (
        open_stream(location) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as text,
    ):
        reader = csv.DictReader(text)
        try:
            _check(location, reader.fieldnames or ())
            yield from reader
        except csv.Error as error:
            raise DarnelError(f"{location}: line {reader.line_num}: no CSV ({error})") from None
        except OSError as error:
            raise DarnelError(f"{location}: cannot be read ({error.strerror or error})") from None


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
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            detail = " ".join(str(error).split())[:200]
            raise DarnelError(f"{location}: no Parquet file that can be read ({detail})") from None


def _check(location: str, names: Any) -> None:
    if "path" not in names:
        raise DarnelError(f"{location}: no column path; it has {', '.join(map(str, names))[:200] or 'none'}")
