"""Short, defanged excerpts: the package is read a second time, on demand, and nothing of it is kept but these lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from darnel.attribution import Reason
from darnel.decoded import decoded, decoded_inside
from darnel.defang import EXCERPT, defang, printable
from darnel.embedded import Carried, carried
from darnel.features.package import Package
from darnel.features.taxonomy import CATEGORY
from darnel.verdict import Evidence

BEFORE = 110
"""In a line too long to show, so many bytes before the end of the expression, and the rest of the excerpt after."""
HIDERS = frozenset(("code", "decode", "hide", "spawn", "fetch", "send", "load"))
"""Categories of behaviours beside which a value may stand hidden."""


def with_excerpts(package: Package, reasons: Sequence[Reason]) -> tuple[Evidence, ...]:
    """Fill in the excerpts of all reasons that have a line, and what was hidden there.

    Parameters
    ----------
    package : Package
        The package that was judged; one more pass over its members, until the last wanted one.
    reasons : sequence of Reason
        In any order.

    Returns
    -------
    tuple of Evidence
        In the order given; a reason whose place is not found again keeps an empty excerpt.
    """
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for i, reason in enumerate(reasons):
        if reason.evidence.line is not None:
            path = reason.evidence.file
            wanted[path].append(i)
            if "#" in path:  # code inside a manifest, unless a file is really called so
                wanted[path.rpartition("#")[0]].append(i)
    result = [reason.evidence for reason in reasons]
    for member in package.members() if wanted else ():
        path = printable(member.path)
        here = wanted.pop(path, [])
        pieces = tuple(carried(member.path, member.data)) if any(map(_of_manifest, (result[i] for i in here))) else ()
        for i in here:
            result[i] = replace(result[i], excerpt=_excerpt(path, member.data, reasons[i], pieces))
        by_code: defaultdict[str, list[int]] = defaultdict(list)
        for i in here:
            if result[i].hidden or CATEGORY[result[i].behaviour] in HIDERS:
                by_code[result[i].file.removeprefix(path).removeprefix("#")].append(i)
        for label, asked in by_code.items():
            places = [reasons[i] for i in asked]
            values = (
                decoded_inside(member.path, label, member.data, places)
                if label
                else decoded(member.path, member.data, places)
            )
            for i, value in zip(asked, values, strict=True):
                result[i] = replace(result[i], decoded=value)
        if not wanted:
            break
    return tuple(result)


def _of_manifest(evidence: Evidence) -> bool:
    """Whether it speaks of code that a file carries, or of the file for carrying it."""
    return "#" in evidence.file or CATEGORY[evidence.behaviour] == "persist"


def _excerpt(path: str, data: bytes, reason: Reason, pieces: Sequence[Carried]) -> str:
    """The line; of code that a file carries its own line, and of a long line that carries code that code."""
    evidence = reason.evidence
    line = evidence.line or 1
    if evidence.file != path:  # lines of carried code are counted in the file around it, offsets are not
        label = evidence.file.removeprefix(path).removeprefix("#")
        for piece in pieces:
            if piece.label == label:
                return excerpt(piece.code, line - piece.line + 1, reason.order)
        return excerpt(data, line)
    whole = excerpt(data, line, reason.order)
    if whole.endswith("…") and CATEGORY[evidence.behaviour] == "persist":
        commands = [p for p in pieces if p.line == line and p.unasked]
        said = "; ".join(f"{p.label}: {p.code[: 8 * EXCERPT].decode('utf-8', 'replace')}" for p in commands)
        return defang(said) or whole
    return whole


def excerpt(data: bytes, line: int, order: int = -1) -> str:
    """One line of a file, defanged; of a long one the part that ends a little after byte ``order``.

    Parameters
    ----------
    data : bytes
        The file.
    line : int
        1-based; an empty string is returned beyond the end.
    order : int
        Byte offset in ``data`` at which the expression ends; used only if it lies in that line.

    Returns
    -------
    str
        At most :data:`darnel.defang.EXCERPT` printable characters.
    """
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
        if not start:
            return ""
    end = data.find(b"\n", start)
    end = len(data) if end < 0 else end
    if end - start > EXCERPT and start <= order <= end:
        first = max(start, order - BEFORE)
        window = data[first : min(end, first + EXCERPT)].decode("utf-8", "replace").strip()
        return defang(("…" if first > start else "") + window + ("…" if first + EXCERPT < end else ""))
    return defang(data[start : min(end, start + 8 * EXCERPT)].decode("utf-8", "replace").strip())
