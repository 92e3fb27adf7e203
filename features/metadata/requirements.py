"""Requirement lines (PEP 508 and the older forms), one by one, tolerant of anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from darnel.features.metadata.model import Dependency, DependencyKind
from darnel.features.names.popular import normalise

_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_EXTRA = re.compile(r"\bextra\s*(==|in)")


def dependencies(lines: Iterable[str], dev: bool = False) -> Iterator[Dependency]:
    """Read requirement lines.

    Parameters
    ----------
    lines : iterable of str
        ``requests>=2``, ``foo @ git+https://…``, ``git+https://…#egg=foo``; comments, options and ``[section]`` lines
        are skipped, and requirements that hold for an extra only are marked ``dev``.
    dev : bool
        Mark all of them so.
    """
    for line in lines:
        line = line.partition(" #")[0].strip()[:2_000]
        if not line or line[0] in "#[-":
            continue
        text, _, marker = line.partition(";")
        optional = dev or bool(_EXTRA.search(marker))
        bare = re.match(r"(git\+|hg\+|svn\+|bzr\+|https?:|file:)", text)
        if bare:
            egg = re.search(r"[#&]egg=([\w.-]+)", text)
            yield Dependency(normalise("pypi", egg.group(1)) if egg else "", text, _kind(text), optional)
            continue
        match = _LINE.match(text)
        if match:
            spec = match.group(2).strip()
            kind: DependencyKind = _kind(spec.lstrip("@ ")) if spec.startswith("@") else "registry"
            yield Dependency(normalise("pypi", match.group(1)), spec, kind, optional)


def _kind(url: str) -> DependencyKind:
    if re.match(r"(git|hg|svn|bzr)\+|git:|git@", url) or url.partition("#")[0].endswith(".git"):
        return "git"
    return "file" if url.startswith(("file:", ".", "/")) else "url"
