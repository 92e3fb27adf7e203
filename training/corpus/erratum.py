"""Samples that a public collection labels wrongly: read, found without malicious behaviour, left out by their hash."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, fields
from pathlib import Path

from darnel.errors import CorpusError

CLASSES = {
    "genuine release": "the real project's own release, published before or after an attack",
    "clean release": "a release that holds no attack, whatever others of its name or author hold",
    "benign copy": "a real project under another name, nothing added",
    "placeholder": "holds no code, or code that does nothing to whom installs or imports it",
}
_HEX = {"sha256": re.compile(r"[0-9a-f]{64}"), "blob": re.compile(r"[0-9a-f]{40}")}


@dataclass(frozen=True, slots=True)
class Correction:
    """One row of the erratum.

    Parameters
    ----------
    ecosystem, name, version : str
        As the package says of itself.
    sha256, blob : str
        Of the archive as the collection holds it: hex of SHA-256, and the id that git gives to it.
    source, label : str
        Source of the manifest, and what it says.
    kind : str
        One of :data:`CLASSES`; the column is called ``class``.
    reason : str
        What was seen.
    """

    ecosystem: str
    name: str
    version: str
    sha256: str
    blob: str
    source: str
    label: str
    kind: str
    reason: str


def load_erratum(path: Path) -> tuple[Correction, ...]:
    """Read and check the list (CSV with a header).

    Raises
    ------
    CorpusError
        The file cannot be read, lacks a column, or a row is wrong; the message names the row.
    """
    columns = ["class" if field.name == "kind" else field.name for field in fields(Correction)]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); the manifest names it as its erratum") from None
    found = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        missing = [column for column in columns if not row.get(column)]
        if missing:
            raise CorpusError(f"{path}, line {number}: no {missing[0]!r}; fill it in")
        bad = [column for column, shape in _HEX.items() if not shape.fullmatch(row[column])]
        if bad:
            raise CorpusError(f"{path}, line {number}: {bad[0]!r} is not a full lower-case hex digest")
        if row["class"] not in CLASSES:
            raise CorpusError(f"{path}, line {number}: class {row['class']!r} is none of {', '.join(CLASSES)}")
        if row["blob"] in seen:
            raise CorpusError(f"{path}, line {number}: blob {row['blob'][:12]} is there twice; remove one")
        seen.add(row["blob"])
        found.append(Correction(*(row[column] for column in columns)))
    return tuple(found)
