"""What one pass over a package may still cost."""

from __future__ import annotations

from dataclasses import dataclass

from darnel.features.limits import Limits


@dataclass(slots=True)
class Budget:
    """Bytes and members that are left; shared by an archive and the archives inside it.

    Parameters
    ----------
    limits : Limits
        The limits it was made from.
    remaining : int
        Uncompressed bytes that may still be produced.
    members : int
        Entries that may still be visited.
    """

    limits: Limits
    remaining: int
    members: int

    @classmethod
    def of(cls, limits: Limits, compressed: int) -> Budget:
        """Budget for an artefact of ``compressed`` bytes: the absolute limit, or the ratio if that is lower."""
        by_ratio = max(limits.ratio_free_bytes, limits.expansion_ratio * compressed)
        return cls(limits, min(limits.uncompressed_bytes, by_ratio), limits.members)
