"""The feature table: packages, the distinct files in them, and which package holds which file; as Parquet on disk.

It holds numbers, names, labels, dates and hashes: no paths and no source text. A file that many packages share
(clones, vendored libraries) is stored once per distinct (content, row): its row also depends on the part it plays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darnel.errors import CorpusError

if TYPE_CHECKING:
    import pandas as pd

IDENTITY: Mapping[str, tuple[type, object]] = {
    "id": (str, ""),
    "ecosystem": (str, ""),
    "label": (int, 0),
    "name": (str, ""),
    "version": (str, ""),
    "sha256": (str, ""),
    "form": (str, ""),
    "source": (str, ""),
    "date": (str, ""),
    "campaign": (str, ""),
    "family": (str, ""),
    "ping": (bool, False),
    "readable": (bool, True),
    "probe": (bool, False),
}
"""What every package row says about itself: type and the value that means "unknown".

``id`` is unique; ``label`` is 1 for malicious, 0 for benign; ``date`` is ``YYYY-MM-DD``; ``campaign`` is a cluster of
near-duplicate code (malicious), ``family`` a group of related benign projects; ``ping`` marks malicious packages that
only call home; a ``probe`` is a hard negative, a benign single file or a package that was chosen for what it does and
not drawn: trained on and reported apart, counted in no rate; a package that is not ``readable`` has no usable features
and counts as an error in every metric.
Further columns (strata) may follow.
"""


@dataclass(frozen=True)
class FeatureTable:
    """Features of many packages.

    Parameters
    ----------
    packages : DataFrame, n rows
        Identity columns (:data:`IDENTITY`) and strata; index 0…n-1.
    package_rows : float32 (n, P)
        Package features; NaN means "does not apply".
    package_columns : tuple of str, length P
    file_rows : float32 (f, C)
        Features of the distinct files.
    file_columns : tuple of str, length C
    file_hashes : str array (f,)
        First 16 hex digits of the files' sha256.
    offsets : int64 (n + 1,)
        Package ``i`` holds the files ``links[offsets[i]:offsets[i + 1]]``.
    links : int32 (m,)
        Row numbers in ``file_rows``.
    schema_version : str
        :data:`darnel.features.vectorise.SCHEMA_VERSION` of the rows.
    sketches : uint8 (n, 128), optional
        :func:`darnel.training.sketch.compact` sketches of the packages' code; what the clone baseline compares.
    """

    packages: pd.DataFrame
    package_rows: NDArray[np.float32]
    package_columns: tuple[str, ...]
    file_rows: NDArray[np.float32]
    file_columns: tuple[str, ...]
    file_hashes: NDArray[np.str_]
    offsets: NDArray[np.int64]
    links: NDArray[np.int32]
    schema_version: str
    sketches: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        n, f = len(self.packages), len(self.file_hashes)
        missing = [name for name in IDENTITY if name not in self.packages.columns]
        if missing:
            raise CorpusError(f"feature table: packages lack the columns {', '.join(missing)}; rebuild the table")
        if self.package_rows.shape != (n, len(self.package_columns)) or self.file_rows.shape != (
            f,
            len(self.file_columns),
        ):
            raise CorpusError("feature table: rows and column names do not fit together; rebuild the table")
        if len(self.offsets) != n + 1 or self.offsets[-1] != len(self.links):
            raise CorpusError("feature table: packages and links to files do not fit together; rebuild the table")
        if len(self.links) and not 0 <= int(self.links.min()) <= int(self.links.max()) < f:
            raise CorpusError("feature table: links point to files that are not there; rebuild the table")
        if self.sketches is not None and len(self.sketches) != n:
            raise CorpusError("feature table: packages and sketches do not fit together; rebuild the table")

    def __len__(self) -> int:
        return len(self.packages)

    @property
    def labels(self) -> NDArray[np.int64]:
        """1 malicious, 0 benign; int64 (n,)."""
        return self.packages["label"].to_numpy(dtype=np.int64)

    @property
    def owners(self) -> NDArray[np.int64]:
        """Package number of every link; int64 (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def variants(self) -> NDArray[np.str_]:
        """How a package was derived from others, see :mod:`darnel.training.derived`; ``""`` for originals (n,)."""
        return self.text("variant") if "variant" in self.packages else np.zeros(len(self), dtype="U1")

    def text(self, column: str) -> NDArray[np.str_]:
        """An identity or stratum column as a string array (n,)."""
        return self.packages[column].astype(str).to_numpy(dtype=np.str_)

    def files_of(self, package: int) -> NDArray[np.int32]:
        """Row numbers in ``file_rows`` of one package's files."""
        return self.links[self.offsets[package] : self.offsets[package + 1]]

    def subset(self, packages: NDArray[Any]) -> FeatureTable:
        """The table of some packages (numbers or mask); files stay shared, none is copied."""
        chosen = np.flatnonzero(packages) if packages.dtype == bool else np.asarray(packages, dtype=np.int64)
        counts = np.diff(self.offsets)[chosen]
        parts = [self.files_of(int(i)) for i in chosen]
        return replace(
            self,
            packages=self.packages.iloc[chosen].reset_index(drop=True),
            package_rows=self.package_rows[chosen],
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            links=np.concatenate(parts) if parts else np.zeros(0, np.int32),
            sketches=None if self.sketches is None else self.sketches[chosen],
        )

    def frame(self) -> pd.DataFrame:
        """Identity, strata and package features side by side, for a data scientist."""
        import pandas as pd

        features = pd.DataFrame(self.package_rows, columns=list(self.package_columns))
        return pd.concat([self.packages, features], axis=1)

    def check(self, schema_version: str, package_columns: Sequence[str], file_columns: Sequence[str]) -> None:
        """Refuse a table made by another version of the features.

        Raises
        ------
        CorpusError
            Schema or columns differ.
        """
        if self.schema_version != schema_version:
            raise CorpusError(
                f"feature table: made for schema {self.schema_version}, this darnel has {schema_version}; "
                "rebuild it with `darnel corpus build` or install the version that made it"
            )
        if self.package_columns != tuple(package_columns) or self.file_columns != tuple(file_columns):
            raise CorpusError("feature table: column names or order differ from this darnel's; rebuild the table")


class TableBuilder:
    """Collect packages one by one; files with equal content and equal row are kept once.

    Parameters
    ----------
    package_columns, file_columns : sequence of str
    schema_version : str
    """

    def __init__(self, package_columns: Sequence[str], file_columns: Sequence[str], schema_version: str) -> None:
        self.package_columns = tuple(package_columns)
        self.file_columns = tuple(file_columns)
        self.schema_version = schema_version
        self._identities: list[dict[str, Any]] = []
        self._package_rows: list[NDArray[np.float32]] = []
        self._files: dict[tuple[str, bytes], int] = {}
        self._file_rows: list[NDArray[np.float32]] = []
        self._links: list[NDArray[np.int32]] = []

    def add(
        self,
        identity: Mapping[str, Any],
        package_row: NDArray[np.float32],
        files: Iterable[tuple[str, NDArray[np.float32]]],
    ) -> None:
        """Add one package.

        Parameters
        ----------
        identity : mapping
            Values for :data:`IDENTITY` (those left out get its defaults) and further columns (strata).
        package_row : float32 (P,)
        files : iterable of (sha256 hex digest, float32 (C,))
        """
        numbers = []
        for digest, row in files:
            row = np.ascontiguousarray(row, dtype=np.float32)
            key = (digest[:16], row.tobytes())
            number = self._files.setdefault(key, len(self._file_rows))
            if number == len(self._file_rows):
                self._file_rows.append(row)
            numbers.append(number)
        defaults = {name: default for name, (_, default) in IDENTITY.items()}
        self._identities.append({**defaults, **identity})
        self._package_rows.append(np.asarray(package_row, dtype=np.float32))
        self._links.append(np.array(numbers, dtype=np.int32))

    def build(self) -> FeatureTable:
        """The table of all packages added so far, in order.

        Raises
        ------
        CorpusError
            Two packages share an id.
        """
        import pandas as pd

        packages = pd.DataFrame(self._identities, columns=None if self._identities else list(IDENTITY))
        for name, (kind, _) in IDENTITY.items():
            packages[name] = packages[name].astype(kind)
        doubles = packages["id"][packages["id"].duplicated()]
        if len(doubles):
            raise CorpusError(f"feature table: package id {doubles.iloc[0]!r} is there twice; make ids unique")
        return FeatureTable(
            packages=packages,
            package_rows=_stack(self._package_rows, len(self.package_columns)),
            package_columns=self.package_columns,
            file_rows=_stack(self._file_rows, len(self.file_columns)),
            file_columns=self.file_columns,
            file_hashes=np.array([digest for digest, _ in self._files], dtype="U16"),
            offsets=np.cumsum([0, *(len(part) for part in self._links)], dtype=np.int64),
            links=np.concatenate(self._links) if self._links else np.zeros(0, np.int32),
            schema_version=self.schema_version,
        )


def _stack(rows: list[NDArray[np.float32]], width: int) -> NDArray[np.float32]:
    return np.stack(rows) if rows else np.zeros((0, width), np.float32)
