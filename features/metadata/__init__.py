"""Manifests of both ecosystems: what a release says of itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from darnel.features.metadata.columns import COLUMNS
from darnel.features.metadata.model import Dependency, Metadata, Script

__all__ = ["COLUMNS", "Dependency", "Metadata", "Script", "read", "wanted"]

_WANTED = re.compile(
    r"(package\.json|pyproject\.toml|setup\.cfg|setup\.py|PKG-INFO|readme[^/]*"
    r"|[^/]+\.dist-info/(METADATA|entry_points\.txt|WHEEL|top_level\.txt)"
    r"|([^/]+/)?[^/]+\.egg-info(/(PKG-INFO|entry_points\.txt|top_level\.txt|requires\.txt))?"
    r"|EGG-INFO/(PKG-INFO|entry_points\.txt|top_level\.txt|requires\.txt))$",
    re.IGNORECASE,
)


def wanted(path: str) -> bool:
    """Whether :func:`read` can use a member: manifests and README at the root, dist-info and egg-info files.

    A dozen small files at most, in any honest package.
    """
    return _WANTED.match(path) is not None


def read(
    ecosystem: str, files: Mapping[str, bytes], name: str = "", version: str = "", paths: Collection[str] | None = None
) -> Metadata:
    """Read a release's manifests.

    Parameters
    ----------
    ecosystem : str
        ``"pypi"`` or ``"npm"``; of anything else the manifests decide.
    files : mapping of str to bytes
        Members for which :func:`wanted` is true, by path. Any content: broken manifests become values.
    name, version : str
        What the container (file name, folder) says; compared with what the manifests say.
    paths : collection of str, optional
        Paths of all members: needed to tell that a declared file is missing. A set is best.

    Returns
    -------
    Metadata
    """
    from darnel.features.metadata import npm, pypi

    if ecosystem == "npm" or (ecosystem != "pypi" and "package.json" in files):
        return npm.read(files, name, version, paths)
    return pypi.read(files, name, version, paths)
