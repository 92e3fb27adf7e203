"""The role of every file: when its top-level code runs, from its path and what the manifests point at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from darnel.features.metadata.hooks import resolve
from darnel.features.metadata.model import Metadata
from darnel.features.remember import remembered
from darnel.features.roles import Role

_SOURCE = re.compile(
    r"\.(?:pyw?|pyx|pyi|pyc|[cm]?[jt]sx?|sh|bash|zsh|ps1|bat|cmd|rb|pl|php|lua|vbs|wsf|hta|coffee|vue|svelte|so|pyd|dll|node|wasm|exe)$",
    re.IGNORECASE,
)
_CONFIG = re.compile(
    r"\.(?:json5?|ya?ml|toml|ini|cfg|conf|lock|properties|editorconfig|gypi?|in)$|(?:^|/)(?:\.[\w-]*rc|Makefile|Dockerfile|"
    r"CMakeLists\.txt|requirements[\w.-]*\.txt|PKG-INFO|METADATA|WHEEL|RECORD|\.npmignore|\.git\w+)$",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|__mocks__|specs?|e2e|fixtures?|testdata)/|(?:^|/)(?:conftest|test_[^/]*|[^/]*_tests?)\.py$|"
    r"[.-](?:test|spec|e2e)\.[cm]?[jt]sx?$|(?:^|/)tests?\.(?:py|[cm]?[jt]s)$",
    re.IGNORECASE,
)
_SUPPORT = re.compile(
    r"(?:^|/)(?:docs?|examples?|samples?|demos?|benchmarks?|perf|tutorials?|notebooks?|\.github|\.circleci|ci|coverage|stories)/|"
    r"\.(?:md|rst|adoc|ipynb|html?)$|(?:^|/)(?:noxfile|tasks|fabfile|dodo|toxfile)\.py$|"
    r"(?:^|/)(?:[gG]ulpfile|[gG]runtfile|karma\.conf|jest\.config|webpack[\w.-]*|rollup[\w.-]*|vite[\w.-]*\.config|babel\.config|"
    r"\.?eslintrc|tsup\.config|prettier\.config|commitlint\.config|postcss\.config|tailwind\.config)[\w.-]*\.[cm]?[jt]s$|"
    r"(?:^|/)(?:README|LICEN[CS]E|CHANGE(?:S|LOG)?|HISTORY|NEWS|AUTHORS|CONTRIBUTORS|NOTICE|COPYING)(?:\.[\w.-]+)?$",
    re.IGNORECASE,
)
# Only at the root: the same folder deep in a package is a part of it.
_NPM_SUPPORT = re.compile(r"^(?:scripts|tools|tasks)/", re.IGNORECASE)
_PYPI_SUPPORT = re.compile(r"^(?:scripts|tools|ci)/", re.IGNORECASE)
_NPM_INDEX = re.compile(r"^(?:index|main|server|app)\.[cm]?[jt]s$")
_HOOK = re.compile(r"^(?:package/)?(?:pre|post)install\.[cm]?js$")
MAX_PATTERNS = 50
"""Patterns of ``exports`` that are expanded."""

_ROLE_OF_TRIGGER = Callable[[str], Role | None]


def roles(paths: Iterable[str], ecosystem: str, metadata: Metadata, trigger: _ROLE_OF_TRIGGER) -> dict[str, Role]:
    """Give every file exactly one role.

    Nothing is left out by its path: the role only says when a file's top-level code runs. What an install script or
    a build backend imports in its turn is for the caller to follow.

    Parameters
    ----------
    paths : iterable of str
        All members; those of nested archives (``x.zip!/…``) are data.
    ecosystem : str
        ``"pypi"`` or ``"npm"``; of anything else a package.json decides.
    metadata : Metadata
        What the manifests point at.
    trigger : callable
        Role of trigger files, None for other paths.
    """
    members = list(dict.fromkeys(paths))
    known = set(members)
    npm = ecosystem == "npm" or (ecosystem != "pypi" and "package.json" in known)
    install = _npm_targets(metadata.install_targets, known) if npm else _pypi_install(metadata, known)
    if npm and "package.json" not in known:  # what a hook would run says so by its name
        install |= {path for path in members if _HOOK.match(path)}
    entries = _npm_targets(metadata.entry_targets, known) if npm else _pypi_entries(metadata, members, known)
    ordinary = _npm_ordinary if npm else _pypi_ordinary
    found: dict[str, Role] = {}
    for path in members:
        if "!/" in path:
            found[path] = Role.DATA
        elif path in install:
            found[path] = Role.INSTALL
        elif (by_trigger := trigger(path)) is not None:
            found[path] = by_trigger
        elif path in entries:
            found[path] = Role.ENTRY
        else:
            found[path] = ordinary(path)
    return found


def _common(path: str) -> Role | None:
    folder, slash, base = path.rpartition("/")
    tests, support = _folder(folder + slash)
    source = _SOURCE.search(base) is not None
    if source and (tests or _TEST.search(base)):
        return Role.TEST
    if support or _SUPPORT.search(base):
        return Role.SUPPORT
    if not source:
        return Role.CONFIG if _CONFIG.search(base) else Role.DATA
    return None


@remembered(2_048)
def _folder(folder: str) -> tuple[bool, bool]:
    """Whether a folder, with its slash, holds tests, and whether it holds support files.

    The expressions match a folder up to its slash, or a base name: they can be searched for in either.
    """
    return _TEST.search(folder) is not None, _SUPPORT.search(folder) is not None


def _npm_targets(targets: Iterable[str], known: set[str]) -> set[str]:
    found: set[str] = set()
    stars = 0
    for target in targets:
        if "*" in target:
            stars += 1
            start = target.partition("*")[0]
            if stars <= MAX_PATTERNS:
                found.update(path for path in known if path.startswith(start) and fnmatchcase(path, target))
        elif (member := resolve(target, known)) is not None:
            found.add(member)
    return found


def _npm_ordinary(path: str) -> Role:
    if _NPM_INDEX.match(path):
        return Role.ENTRY
    return _common(path) or (Role.SUPPORT if _NPM_SUPPORT.match(path) else Role.MODULE)


def _pypi_install(metadata: Metadata, known: set[str]) -> set[str]:
    found = {"setup.py"} & known
    for target in metadata.install_targets:
        if target in known:
            found.add(target)
        elif target in metadata.backend_paths:
            found.update(path for path in known if path.startswith(f"{target}/") and path.endswith(".py"))
    return found


def _pypi_entries(metadata: Metadata, members: list[str], known: set[str]) -> set[str]:
    found: set[str] = set()
    for target in metadata.entry_targets:
        if target in known:
            found.add(target)
            continue
        stem = target.replace(".", "/")
        parts = stem.split("/")
        # a.b.c runs a, a.b and a.b.c
        for i in range(1, len(parts) + 1):
            base = "/".join(parts[:i])
            found.update(
                {f"{top}{base}{end}" for top in ("", "src/", "lib/") for end in (".py", "/__init__.py")} & known
            )
    flat = re.sub(r"[-.]", "_", metadata.name.lower())
    wheel = any(path.endswith(".dist-info/METADATA") for path in members)
    for path in members:
        head, _, base = path.rpartition("/")
        if re.search(r"\.data/scripts$", head) or (base == "__main__.py" and not _TEST.search(path)):
            found.add(path)
        elif not head and base.endswith(".py") and (wheel or base[:-3].lower() == flat):
            # A module at the root of a wheel is imported by its own name.
            found.add(path)
    return found


def _pypi_ordinary(path: str) -> Role:
    common = _common(path)
    if common is not None:
        return common
    if path.endswith(("/__init__.py", "/__init__.pyc")) or path == "__init__.py":
        return Role.ENTRY
    return Role.SUPPORT if _PYPI_SUPPORT.match(path) else Role.MODULE
