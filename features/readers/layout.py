"""The folder that an archive wraps its files in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_YARN = re.compile(r"node_modules/(?:@[^/]+/)?[^/]+/")
HOME = frozenset({"package.json", "PKG-INFO", "setup.py", "pyproject.toml"})
"""Files that lie at a package's root."""
ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz")
_NOISE = frozenset({"pax_global_header", "__MACOSX", ".DS_Store", "PaxHeader", "PaxHeaders.X"})
"""What archivers leave at the top and no one means."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How stored paths become package paths.

    Parameters
    ----------
    prefix : str
        Taken off, with its slash; ``""`` for none.
    any_top : bool
        Whatever the first folder is, it goes (what npm does with tarballs).
    """

    prefix: str = ""
    any_top: bool = False

    def strip(self, path: str) -> tuple[str, bool]:
        """The path inside the package, and whether it lay in the expected folder."""
        if path.startswith(self.prefix):
            return path[len(self.prefix) :], True
        if self.any_top and "/" in path:
            return path.partition("/")[2], False
        return path, is_noise(path)


def is_noise(path: str) -> bool:
    """Whether an archiver left this at the top."""
    top = path.partition("/")[0]
    return top in _NOISE or top.startswith("._")


def find_prefix(paths: Collection[str]) -> str:
    """The single top folder of ``paths`` with its slash, ``""`` if there is none.

    ``node_modules/NAME/`` (yarn's cache) counts as one folder, and so does ``NAME-1.0/package/`` (a tarball that
    was unpacked and packed again). When there are several, or files beside them, it is the only one that holds a
    manifest, unless one lies beside it.
    """
    outer = _top_folder(paths)
    inner = f"{outer}package/"
    if (
        outer
        and f"{inner}package.json" in paths
        and all(p.startswith(inner) or is_noise(p.removeprefix(outer)) for p in paths)
    ):
        return inner
    return outer


def _top_folder(paths: Iterable[str]) -> str:
    prefix = ""
    stray = False
    homes: dict[str, None] = {}
    for path in paths:
        if is_noise(path):
            continue
        match = _YARN.match(path)
        top = match[0] if match else path.partition("/")[0] + "/"
        if len(top) > len(path):
            if path in HOME:
                return ""
            stray = True
            continue
        if path[len(top) :] in HOME:
            homes[top] = None
        prefix = prefix or top
        stray = stray or top != prefix
    if stray:
        return next(iter(homes)) if len(homes) == 1 else ""
    return prefix


def environment(names: Iterable[str]) -> bool:
    """Whether a folder with these entries is a virtual environment, or holds several installed distributions."""
    found = list(names)
    return "pyvenv.cfg" in found or sum(name.endswith(".dist-info") for name in found) > 1


def archives(names: Iterable[str]) -> list[str]:
    """Those of some file names that are of package archives, sorted."""
    return sorted(name for name in names if name.lower().endswith(ARCHIVES))


def dist_info(paths: Iterable[str]) -> str:
    """The top ``NAME-VERSION.dist-info`` that has METADATA, WHEEL or RECORD; ``""`` if there is none."""
    for path in paths:
        folder, _, rest = path.partition("/")
        if folder.endswith(".dist-info") and rest in ("METADATA", "WHEEL", "RECORD"):
            return folder
    return ""
