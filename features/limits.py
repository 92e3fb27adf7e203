"""Named limits on what is read and analysed. What a limit cuts is recorded, never silently dropped."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one package. Bytes unless said otherwise.

    Readers stop at the archive bounds and record an anomaly; analysers stop at the file bounds and record what
    was cut in :attr:`darnel.features.facts.SourceFacts.cut`.
    """

    compressed_bytes: int = 512 * MIB
    """Size of the artefact itself; a larger one is refused (:class:`darnel.errors.LimitError`)."""
    uncompressed_bytes: int = 2048 * MIB
    """Sum over all members, nested archives included; reading stops there."""
    expansion_ratio: int = 250
    """Uncompressed / compressed; counted only above ``ratio_free_bytes``."""
    ratio_free_bytes: int = 64 * MIB
    members: int = 100_000
    member_bytes: int = 64 * MIB
    """A larger member is read up to here and recorded as cut."""
    path_depth: int = 64
    nesting: int = 1
    """How many levels of archives inside the archive are looked into."""
    nested_bytes: int = 64 * MIB
    """Largest nested archive that is looked into."""

    parse_bytes: int = 2 * MIB
    """Source beyond this is not parsed (text statistics and indicators still see it)."""
    parse_seconds: float = 30.0
    """Wall-clock budget of one parse plus its queries: a safety net. Bytes and tokens bound the work, so that a busy
    machine sees the same as an idle one."""
    observations: int = 4_000
    """Per file."""
    literals: int = 20_000
    """String literals per file that are folded and scanned."""
    files: int = 20_000
    """Files of one package that are analysed; what comes later is counted and recorded as not analysed."""
    package_seconds: float = 300.0
    """Budget for one package; files beyond it are counted, hashed and recorded as not analysed."""


DEFAULT_LIMITS = Limits()
