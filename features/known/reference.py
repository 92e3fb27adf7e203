"""The shipped reference of known files: 64-bit hashes of the source files of popular packages, by owner.

``<ecosystem>.bin`` holds three columns, one after another, sorted by content: content hashes (uint64), hashes of places
(uint32), owner numbers (uint16), little endian. ``<ecosystem>.json`` names the owners and says what the files
were taken from and when; its sha256 guards against damage. No content of any package is in there.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darnel.errors import DarnelError

FOLDER = Path(__file__).parent
FORMAT = 1
EDITION = "2026-11-25"
"""Date of the shipped reference. Part of the feature schema: another reference gives other features."""
ROW_BYTES = 8 + 4 + 2


class Owner(NamedTuple):
    """A popular package whose files are known."""

    name: str
    files: int
    """Files that are compared in a typical release (median over the releases seen)."""
    kept: float
    """Share of its places that the reference holds, 0 to 1: large packages are sampled by place."""
    tops: tuple[str, ...]
    """PyPI: its import folders, without those that many packages have."""
    group: int
    """Owners with the same number share a good part of their files."""


class Known:
    """Known files of one ecosystem.

    Parameters
    ----------
    contents : uint64 (N,)
        Sorted.
    places : uint32 (N,)
    owners_of : uint16 (N,)
    owners : list of Owner
    """

    def __init__(
        self,
        contents: NDArray[np.uint64],
        places: NDArray[np.uint32],
        owners_of: NDArray[np.uint16],
        owners: list[Owner],
    ) -> None:
        self.contents, self.places, self.owners_of, self.owners = contents, places, owners_of, owners

    @cached_property
    def groups(self) -> dict[str, int]:
        """Group number by owner name."""
        return {owner.name: owner.group for owner in self.owners}

    @cached_property
    def by_top(self) -> dict[str, list[int]]:
        """Owner numbers by import folder."""
        table: dict[str, list[int]] = {}
        for number, owner in enumerate(self.owners):
            for top in owner.tops:
                table.setdefault(top, []).append(number)
        return table

    def owners_with(self, contents: NDArray[np.uint64]) -> list[list[int]]:
        """Owner numbers of each content, empty for unknown ones."""
        first = np.searchsorted(self.contents, contents, "left")
        last = np.searchsorted(self.contents, contents, "right")
        return [
            sorted(set(self.owners_of[a:b].tolist())) if b > a else []
            for a, b in zip(first.tolist(), last.tolist(), strict=True)
        ]

    def places_of(self, owner: int) -> frozenset[int]:
        """Hashes of the places at which an owner was seen to have files."""
        return frozenset(self.places[self.owners_of == owner].tolist())


def empty() -> Known:
    """A reference that knows nothing."""
    return Known(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(0, np.uint16), [])


@cache
def load(ecosystem: str, folder: Path = FOLDER) -> Known:
    """The reference of an ecosystem; one that knows nothing where none ships.

    Raises
    ------
    DarnelError
        The file does not fit its sidecar.
    """
    facts = about(ecosystem, folder)
    if not facts:
        return empty()
    path = folder / f"{ecosystem}.bin"
    data = path.read_bytes()
    if sha256(data).hexdigest() != facts["sha256"] or len(data) != facts["files"] * ROW_BYTES:
        raise DarnelError(f"{path}: does not fit {ecosystem}.json; reinstall darnel, or run `darnel corpus known`")
    count = int(facts["files"])
    owners = [Owner(name, files, kept, tuple(tops), group) for name, files, kept, tops, group in facts["owners"]]
    return Known(
        np.frombuffer(data, "<u8", count),
        np.frombuffer(data, "<u4", count, 8 * count),
        np.frombuffer(data, "<u2", count, 12 * count),
        owners,
    )


def about(ecosystem: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The sidecar: date, sources, number of files, sha256 and owners; empty where no reference ships."""
    path = folder / f"{ecosystem}.json"
    if not path.exists():
        return {}
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if facts.get("format") != FORMAT:
        raise DarnelError(f"{path}: format {facts.get('format')}, this version reads {FORMAT}; reinstall darnel")
    return facts


def write(ecosystem: str, known: Known, date: str, sources: list[str], folder: Path = FOLDER) -> Path:
    """Write ``<ecosystem>.bin`` and ``<ecosystem>.json``; the same bytes for the same reference."""
    columns = (known.contents.astype("<u8"), known.places.astype("<u4"), known.owners_of.astype("<u2"))
    data = b"".join(column.tobytes() for column in columns)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{ecosystem}.bin"
    target.write_bytes(data)
    facts = {
        "format": FORMAT,
        "date": date,
        "sources": sources,
        "files": len(known.contents),
        "sha256": sha256(data).hexdigest(),
    }
    head = json.dumps(facts, indent=1)[:-2]
    owners = ",\n".join(
        f"  {json.dumps([o.name, o.files, round(o.kept, 6), list(o.tops), o.group])}" for o in known.owners
    )
    (folder / f"{ecosystem}.json").write_text(f'{head},\n "owners": [\n{owners}\n ]\n}}\n', encoding="utf-8")
    load.cache_clear()
    return target
