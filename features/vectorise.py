"""From raw features to float32 rows: one per file, one per package, columns in declared order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from darnel.features import (
    anomalies,
    behaviours,
    binaries,
    composition,
    content,
    flow,
    hidden_text,
    identifiers,
    indicators,
    known,
    metadata,
    misplaced,
    names,
    reach,
    strings,
    syntax,
    text,
    triggers,
    vocabulary,
)
from darnel.features.languages.registry import LANGUAGES, grammar_versions
from darnel.features.roles import Role
from darnel.features.schema import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from darnel.features.raw import RawFile, RawPackage

FloatMatrix = npt.NDArray[np.float32]

BLOCK = 1024
"""Rows that are rounded at once, which bounds the temporary copies."""
MANTISSA_BITS = 10
"""Precision kept in every value: three decimal digits lose nothing for trees and let a feature table compress."""

_LANGUAGE_NAMES = tuple(dict.fromkeys(language.name for language in LANGUAGES))

_PLACE: tuple[Column, ...] = (
    *(Column(f"file.role.{role}", f"1 if the file's role is {role}", "bool") for role in Role),
    *(Column(f"file.language.{lang}", f"1 if analysed as {lang}", "bool") for lang in _LANGUAGE_NAMES),
    *(Column(f"file.kind.{kind}", f"1 if the content is of kind {kind}", "bool") for kind in content.Kind),
    Column("file.embedded", "1 for code found inside a manifest or trigger file", "bool"),
    Column("file.cut", "budgets that cut the analysis of the file"),
)

FILE_COLUMNS = Columns(
    (
        *_PLACE,
        *content.COLUMNS,
        *text.COLUMNS,
        *hidden_text.COLUMNS,
        *syntax.COLUMNS,
        *strings.COLUMNS,
        *identifiers.COLUMNS,
        *indicators.COLUMNS,
        *binaries.COLUMNS,
        *known.COLUMNS,
        *reach.COLUMNS,
        *behaviours.COLUMNS,
        *flow.COLUMNS,
        *vocabulary.COLUMNS,
    )
)
"""Columns of a file row."""

PACKAGE_COLUMNS = Columns(
    (
        *metadata.COLUMNS,
        *names.COLUMNS,
        *triggers.COLUMNS,
        *composition.COLUMNS,
        *misplaced.COLUMNS,
        *known.PACKAGE_COLUMNS,
        *reach.PACKAGE_COLUMNS,
        *anomalies.COLUMNS,
    )
)
"""Columns of a package row, before pooling."""

EDITION = 8
"""Of what the columns hold. It goes up with every change after which the same package can get other values, so that no
model is asked about values that it did not learn from, and no table mixes both."""

SCHEMA_VERSION = PACKAGE_COLUMNS.version(
    FILE_COLUMNS.version(),
    f"edition={EDITION}",
    f"known={known.EDITION}",
    *(f"{grammar}={version}" for grammar, version in sorted(grammar_versions().items())),
)
"""Twelve hex digits over the ordered columns of both kinds, the edition, the known files and the grammar versions."""


def vectorise_file(raw: RawFile) -> dict[str, float]:
    """All non-zero file columns of one raw file, by name."""
    values = dict(raw["values"])
    values.update(behaviours.file_values(raw["observations"], raw["role"]))
    values.update(flow.values(raw.get("flows", ())))
    values[f"file.role.{raw['role']}"] = 1.0
    values[f"file.kind.{raw['kind']}"] = 1.0
    if raw["language"]:
        values[f"file.language.{raw['language']}"] = 1.0
    if "#" in raw["path"]:
        values["file.embedded"] = 1.0
    if raw["cut"]:
        values["file.cut"] = float(len(raw["cut"]))
    return values


def vectorise_files(raw: RawPackage) -> FloatMatrix:
    """One row per analysed file.

    Returns
    -------
    ndarray of float32, shape (n_files, len(FILE_COLUMNS))
        In the order of ``raw["files"]``, quantised to :data:`MANTISSA_BITS`.
    """
    return _rows(map(vectorise_file, raw["files"]), len(raw["files"]), FILE_COLUMNS)


def vectorise_package(raw: RawPackage) -> npt.NDArray[np.float32]:
    """The package row: float32, shape (len(PACKAGE_COLUMNS),)."""
    row: npt.NDArray[np.float32] = _rows([raw["values"]], 1, PACKAGE_COLUMNS)[0]
    return row


def _rows(values: Iterable[dict[str, float]], count: int, columns: Columns) -> FloatMatrix:
    matrix = np.zeros((count, len(columns)), dtype=np.float32)
    index = columns.index.__getitem__
    for row, named in zip(matrix, values, strict=True):
        row[list(map(index, named))] = list(named.values())
    for start in range(0, count, BLOCK):
        quantise(matrix[start : start + BLOCK])
    return matrix


def quantise(matrix: FloatMatrix) -> FloatMatrix:
    """Round float32 values to :data:`MANTISSA_BITS` of mantissa, in place (NaN and infinities stay)."""
    drop = 23 - MANTISSA_BITS
    finite = np.isfinite(matrix)
    bits = matrix.view(np.uint32)
    np.copyto(bits, (bits + np.uint32(1 << (drop - 1))) & np.uint32(~((1 << drop) - 1) & 0xFFFFFFFF), where=finite)
    return matrix
