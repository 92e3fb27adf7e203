"""The order of npm's versions. Source: https://semver.org/spec/v2.0.0.html, section 11."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERSION = re.compile(
    r"v?(?P<core>\d+\.\d+\.\d+)(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)

Key = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


def key(version: str) -> Key | None:
    """Something to sort by, None if it is no version.

    Examples
    --------
    >>> sorted(["1.0.0", "1.0.0-rc.10", "1.0.0-rc.9", "0.9.10"], key=key)
    ['0.9.10', '1.0.0-rc.9', '1.0.0-rc.10', '1.0.0']
    """
    found = _VERSION.fullmatch(version)
    if not found:
        return None
    core = tuple(int(part) for part in found["core"].split("."))
    pre = (found["pre"] or "").split(".") if found["pre"] else []
    parts = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in pre)
    return core, not parts, parts


def is_prerelease(version: str) -> bool:
    """Whether a version has a pre-release part."""
    found = key(version)
    return found is not None and not found[1]


def previous(version: str, others: Iterable[str]) -> str | None:
    """The release that ``version`` follows: the next lower one; a pre-release only before another."""
    this = key(version)
    if this is None:
        return None
    lower = {found: other for other in others if (found := key(other)) is not None and found < this}
    final = {found: other for found, other in lower.items() if found[1]}
    candidates = final if this[1] and final else lower
    return candidates[max(candidates)] if candidates else None
