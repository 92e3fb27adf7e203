"""One thing to be judged, and which ones were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

MERGE_AT = 1 << 18


@dataclass(frozen=True, slots=True)
class Item:
    """One release in the input."""

    path: str
    """Local path or URL."""
    ecosystem: str = ""
    """``pypi``, ``npm`` or ``""``: as the release says."""
    name: str = ""
    """For a release that does not say."""
    version: str = ""
    """Likewise."""
    previous: str = ""
    """Path or URL of the release before, ``""`` if unknown."""
    size: int = field(default=0, compare=False)
    """Bytes of the artefact if the listing says, else 0: what it may cost, no part of what it is."""
    error: str = field(default="", compare=False)
    """Why it cannot be judged at all, as the listing knows already; ``""``: it has to be tried."""

    @property
    def id(self) -> bytes:
        """16 bytes that stand for this item in the results."""
        fields = (self.path, self.ecosystem, self.name, self.version, self.previous)
        return sha256("\0".join(fields).encode("utf-8", "surrogateescape")).digest()[:16]


class Ids:
    """A set of ids that takes 16 bytes for each: inputs can have ten million."""

    def __init__(self, ids: Iterable[bytes] = ()) -> None:
        self._sorted = np.zeros(0, dtype="S16")
        self._new: set[bytes] = set()
        for one in ids:
            self.add(one)

    def add(self, one: bytes) -> bool:
        """Add an id; whether it is new."""
        if one in self:
            return False
        self._new.add(one)
        if len(self._new) >= MERGE_AT:
            self._sorted = np.sort(np.concatenate([self._sorted, np.array(list(self._new), dtype="S16")]))
            self._new.clear()
        return True

    def __contains__(self, one: bytes) -> bool:
        if one in self._new:
            return True
        at = int(np.searchsorted(self._sorted, np.array(one, dtype="S16")))
        return at < len(self._sorted) and bool(self._sorted[at] == np.array(one, dtype="S16"))

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)
