"""How much of a package was looked at, and whether that is enough to call it clean."""

from __future__ import annotations

from darnel.features.analyse import FAILED
from darnel.features.raw import RawPackage
from darnel.verdict import MIN_COVERAGE, Coverage

UNREAD = frozenset(("corrupt", "encrypted", "expansion-limit", "members-limit", "truncated", "unreadable"))
"""Anomalies that mean that part of the package was not seen at all: such a package is not called clean."""
CLOSED = "nested-skipped"
"""Anomaly of an archive inside that was not looked into: common, and telling only if there is nothing else."""
SKIPPED = frozenset(("package-files", "package-seconds"))
"""Budgets of the package as a whole: a file cut by one of them was not looked at."""


def coverage_of(raw: RawPackage) -> Coverage:
    """Count what was analysed and what was not."""
    cuts = [set(file["cut"]) for file in raw["files"] if file["cut"]]
    listed = sum(not cut.isdisjoint(SKIPPED) for cut in cuts)
    skipped = raw.get("skipped_files", 0) + sum(FAILED in cut for cut in cuts)
    return Coverage(
        files=len(raw["files"]) - listed + raw.get("skipped_files", 0),
        cut=len(cuts) - listed - sum(FAILED in cut for cut in cuts),
        skipped=skipped,
        source_bytes=raw["source_bytes"],
        analysed_bytes=raw["analysed_bytes"],
    )


def too_little(raw: RawPackage, coverage: Coverage) -> str:
    """Why a package may not be called clean, ``""`` if it may."""
    if not raw["seen_bytes"]:
        return "it holds no file with content; check that it is the release you meant"
    if coverage.share < MIN_COVERAGE:
        return (
            f"only {coverage.share:.0%} of its source code could be analysed within the limits "
            f"({coverage.analysed_bytes:,} of {coverage.source_bytes:,} bytes); look at it by hand or raise the limits"
        )
    if coverage.skipped:
        return (
            f"{coverage.skipped:,} of its {coverage.files:,} files were not analysed (limits on time and number, or a "
            "failure); look at it by hand or raise the limits"
        )
    unread = unread_in(raw)
    closed = sum(a.kind == CLOSED for a in raw["anomalies"])
    if closed and not raw["files"]:
        return (
            f"there is nothing in it to analyse but archives that were not looked into ({closed:,}, too deep or too "
            "large); unpack them and judge what they hold"
        )
    if unread:
        return f"part of it could not be read ({', '.join(unread)}); get an undamaged copy or look at it by hand"
    return ""


def unread_in(raw: RawPackage) -> list[str]:
    """Kinds of anomalies that mean that a part was not seen, sorted."""
    return sorted({a.kind for a in raw["anomalies"] if a.kind in UNREAD})
