"""How much of a package was looked at, and whether that is enough to call it clean."""

from __future__ import annotations

from darnel.defang import printable
from darnel.features.analyse import FAILED
from darnel.features.raw import RawPackage
from darnel.verdict import MIN_COVERAGE, Coverage

UNREAD = frozenset(("corrupt", "encrypted", "expansion-limit", "members-limit", "truncated", "unreadable"))
"""Anomalies that mean that part of the package was not seen at all: such a package is not called clean."""
CLOSED = "nested-skipped"
"""Anomaly of an archive inside that was not looked into: common, and telling only if there is nothing else."""
_ADVICE = {
    "corrupt": "get an undamaged copy",
    "truncated": "get a complete copy",
    "unreadable": "make it readable, or look at it by hand",
}
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
    unread = unread_in(raw)
    if unread:
        return f"part of it could not be read: {unread}"
    if not raw["seen_bytes"]:
        return "it holds no file with content; check that it is the release you meant"
    closed = sum(a.kind == CLOSED for a in raw["anomalies"])
    if closed and not raw["files"]:
        return (
            f"there is nothing in it to analyse but archives that were not looked into ({closed:,}, too deep or too "
            "large); unpack them and judge what they hold"
        )
    if coverage.share < MIN_COVERAGE:
        return (
            f"only {coverage.share:.0%} of its source code was analysed ({coverage.analysed_bytes:,} of "
            f"{coverage.source_bytes:,} bytes), as it is beyond the limits of size and time{_cut_in(raw)}; look at the "
            "rest by hand"
        )
    if coverage.skipped:
        return (
            f"{coverage.skipped:,} of its {coverage.files:,} files were not analysed (limits on time and number, or a "
            f"failure{_cut_in(raw)}); look at them by hand"
        )
    return ""


def unread_in(raw: RawPackage) -> str:
    """The first part that was not seen, why, and what to do about it; ``""`` if everything was."""
    unread = [a for a in raw["anomalies"] if a.kind in UNREAD]
    if not unread:
        return ""
    first = unread[0]
    place, cause = printable(first.path) or "the package", f"{first.kind}: {printable(first.detail)}".rstrip(": ")
    more = f", and {len(unread) - 1:,} more" if len(unread) > 1 else ""
    return f"{place} ({cause}){more}; {_ADVICE.get(first.kind, 'look at it by hand')}"


def _cut_in(raw: RawPackage) -> str:
    """The largest file of which a part was left out."""
    largest = max((file for file in raw["files"] if file["cut"]), key=lambda file: file["size"], default=None)
    return f"; the largest of them is {printable(largest['path'])}" if largest else ""
