"""Which of a release's files are judged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion

from darnel.index.artefact import Artefact, Kind


def choose(files: Sequence[Artefact], choice: str = "default") -> list[Artefact]:
    """Pick from the files of one release.

    Parameters
    ----------
    files : sequence of Artefact
        In the index's order.
    choice : str
        One of :data:`darnel.index.artefact.CHOICES`. npm's releases have one file, which every choice picks.

    Returns
    -------
    list of Artefact
        The wheel comes first; empty when there is none of the kind asked for. When no wheel fits this platform, the
        first stands for the others.
    """
    if choice == "all":
        return list(files)
    wheels = [a for a in files if a.kind is Kind.WHEEL]
    sdists = [a for a in files if a.kind is Kind.SDIST][:1]
    tarballs = [a for a in files if a.kind is Kind.TARBALL]
    picked = [best_wheel(wheels)] if wheels else []
    return [*({"wheel": picked, "sdist": sdists}.get(choice, [*picked, *sdists])), *tarballs]


def best_wheel(wheels: Sequence[Artefact]) -> Artefact:
    """The wheel that pip would install here, or the first if none fits."""
    return min(wheels, key=lambda artefact: _rank(artefact.file_name))


@cache
def _rank(file_name: str) -> tuple[int, int]:
    order = _order()
    try:
        *_, build, tags = parse_wheel_filename(file_name)
    except (InvalidWheelFilename, InvalidVersion):
        return len(order), 0
    return min(order.get(str(tag), len(order)) for tag in tags), -(build[0] if build else 0)


@cache
def _order() -> dict[str, int]:
    return {str(tag): i for i, tag in enumerate(sys_tags())}
