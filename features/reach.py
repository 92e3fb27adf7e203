"""Imports between the files of a package: what runs at install, at start-up and at import, and what only if asked for.

The role of a file (:mod:`darnel.features.roles`) says what starts it by itself. What it imports runs with it, and so
on: a payload three modules below ``__init__`` runs at import as well, one that nothing imports does not. Imports are
followed by name; nothing outside of the package is, and computed names are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, normpath

from darnel.features.facts import Observation
from darnel.features.languages.python_links import LAZY
from darnel.features.metadata.hooks import resolve
from darnel.features.raw import RawFile
from darnel.features.roles import Role
from darnel.features.schema import Column
from darnel.features.taxonomy import CATEGORY, GRAVE

MAX_EDGES = 200_000
"""Imports that are followed, per package."""
MAX_PARTS = 20
"""Parts of a dotted name."""
MAX_BASES = 4
"""Folders that hold a package of the same name."""

_WHEN = {
    "install": "at install, or is imported by what does",
    "startup": "when the interpreter or editor starts, or is imported by what does",
    "import": "when the package is imported or its command called, or is imported by what does",
    "lazy": "only when a function that imports it is called",
    "none": "only if asked for by name: nothing that runs by itself leads to it",
}
_START: dict[str, str] = {Role.INSTALL: "install", Role.STARTUP: "startup", Role.ENTRY: "import"}
_RUNS = tuple(_START.values())

COLUMNS: tuple[Column, ...] = (
    *(Column(f"reach.{when}", f"1 if the file runs {doc}", "bool") for when, doc in _WHEN.items()),
    Column("reach.depth", "fewest imports between the file and one that runs by itself, 0 for that one or for none"),
    Column("reach.importers", "files of the package that import it, up to 10"),
)
"""File columns: of source files and native modules, by what imports them."""

PACKAGE_COLUMNS: tuple[Column, ...] = (
    *(
        Column(
            f"reach.grave.{when}",
            f"distinct grave categories in {'top-level' if when in _RUNS else 'any'} code of files that run {doc}",
        )
        for when, doc in _WHEN.items()
    ),
    Column("reach.install_imports", "1 if what runs at install imports files of the package", "bool"),
    *(
        Column(f"reach.share.{when}", f"share of the package's modules that run {_WHEN[when]}", "real")
        for when in ("install", "import", "none")
    ),
)

_PYTHON = (".py", ".pyw")
_NATIVE = (".so", ".pyd", ".pyc")
_BASES = ("", "src/", "lib/")
_ORDINARY = frozenset({Role.MODULE, Role.ENTRY})
_MANY = 10


@dataclass(slots=True)
class Reach:
    """What imports say: non-zero columns by path of the file, and those of the package."""

    files: dict[str, dict[str, float]] = field(default_factory=dict)
    package: dict[str, float] = field(default_factory=dict)
    imports: dict[str, list[str]] = field(default_factory=dict)
    """What stays of :attr:`RawFile.imports`: those that are files of the package."""


def measure(files: Sequence[RawFile]) -> Reach:
    """Follow the imports of a package.

    Parameters
    ----------
    files : sequence of RawFile
        All of its analysed files, with their roles.

    Returns
    -------
    Reach
        Takes time that grows with the number of files and imports, whatever they are; never raises.
    """
    modules = {file["path"]: file for file in files if _followed(file)}
    python, javascript = _Python(modules), _JavaScript(modules)
    reach = Reach()
    now: dict[str, list[str]] = {}
    later: dict[str, list[str]] = {}
    importers: dict[str, int] = {}
    edges = 0
    known: dict[tuple[bool, str], dict[str, tuple[str, ...]]] = {}
    """Files by import as written, for every folder: its files import much the same."""
    for path, file in modules.items():
        kept = []
        targets: dict[str, bool] = {}
        here, folder = (path,), path.rpartition("/")[0]
        is_python = file["language"] == "python"
        by_name = known.setdefault((is_python, folder), {})
        for written in file.get("imports", ()):
            if edges >= MAX_EDGES:
                break
            found = by_name.get(written)
            if found is None:
                finder = python if is_python else javascript
                found = by_name[written] = finder.find(folder, written.removeprefix(LAZY))
            edges += 1 + len(found)
            if found and found != here:
                kept.append(written)
                lazy = written[0] == LAZY
                for target in found:
                    targets[target] = targets.get(target, True) and lazy
        targets.pop(path, None)
        reach.imports[path] = kept
        now[path] = [target for target, lazy in targets.items() if not lazy]
        later[path] = [target for target, lazy in targets.items() if lazy]
        for target in targets:
            importers[target] = importers.get(target, 0) + 1
    starts: dict[str, list[str]] = {when: [] for when in _RUNS}
    for path, file in modules.items():
        when = _START.get(file["role"])
        if when and not (when == "import" and python.nested(path)):
            starts[when].append(path)
    depths = {when: _walk(starts[when], now) for when in _RUNS}
    at_all = _walk([path for depth in depths.values() for path in depth], {p: now[p] + later[p] for p in modules})
    for path, file in modules.items():
        values = reach.files[path] = {f"reach.{when}": 1.0 for when in _RUNS if path in depths[when]}
        if values:
            values["reach.depth"] = float(min(depths[when][path] for when in _RUNS if path in depths[when]))
        elif path in at_all:
            values["reach.lazy"] = 1.0
        elif file["role"] in _ORDINARY and file["size"]:
            values["reach.none"] = 1.0
        if path in importers:
            values["reach.importers"] = float(min(importers[path], _MANY))
    reach.package = _package(modules, reach.files)
    return reach


def _followed(file: RawFile) -> bool:
    path = file["path"]
    if "#" in path or "!/" in path or path.endswith((".d.ts", ".d.mts", ".d.cts")):
        return False
    return file["language"] in ("python", "javascript", "typescript") or path.endswith((*_NATIVE, ".node"))


def _walk(starts: Iterable[str], edges: dict[str, list[str]]) -> dict[str, int]:
    """Fewest steps to everything that can be reached."""
    depth = dict.fromkeys(starts, 0)
    layer = list(depth)
    while layer:
        following: list[str] = []
        for path in layer:
            for target in edges[path]:
                if target not in depth:
                    depth[target] = depth[path] + 1
                    following.append(target)
        layer = following
    return depth


def _package(modules: dict[str, RawFile], reached: dict[str, dict[str, float]]) -> dict[str, float]:
    grave: dict[str, set[str]] = {when: set() for when in _WHEN}
    counts = dict.fromkeys(_WHEN, 0)
    ordinary = 0
    values: dict[str, float] = {}
    for path, file in modules.items():
        mine = reached[path]
        plain = file["role"] in _ORDINARY and file["size"] > 0
        ordinary += plain
        observations = [Observation._make(seen) for seen in file["observations"]]
        everything = GRAVE & {CATEGORY[o.behaviour] for o in observations}
        top = GRAVE & {CATEGORY[o.behaviour] for o in observations if o.top}
        for when in _WHEN:
            if f"reach.{when}" not in mine:
                continue
            counts[when] += plain
            grave[when] |= top if when in _RUNS else everything
            if when == "install" and file["role"] != Role.INSTALL:
                values["reach.install_imports"] = 1.0
    values.update({f"reach.grave.{when}": float(len(found)) for when, found in grave.items()})
    if ordinary:
        values.update({f"reach.share.{when}": counts[when] / ordinary for when in ("install", "import", "none")})
    return values


class _Python:
    """Files by dotted name, from wherever packages lie in the tree."""

    def __init__(self, paths: Collection[str]) -> None:
        stems: dict[str, str] = {}
        for path in paths:
            head, _, base = path.rpartition("/")
            if base.endswith(_NATIVE):
                stems.setdefault(f"{head}/{base.partition('.')[0]}" if head else base.partition(".")[0], path)
        for path in paths:
            if path.endswith(_PYTHON):
                stems[path.rpartition(".")[0]] = path
        self._modules = dict(stems)
        for stem, path in stems.items():
            if stem.endswith("/__init__"):
                self._modules[stem.removesuffix("/__init__")] = path
        self._packages = {dirname(path) for path in paths if path.endswith("__init__.py")} - {""}
        self._bases: dict[str, list[str]] = {}
        for folder in self._packages:
            head, _, name = folder.rpartition("/")
            if head not in self._packages:
                found = self._bases.setdefault(name, [])
                if len(found) < MAX_BASES:
                    found.append(f"{head}/" if head else "")
        self._folders: set[str] = set()
        for stem in stems:
            folder = dirname(stem)
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = dirname(folder)
        self._tops = set(self._bases)
        """First parts of absolute names that may be the package's own."""
        for stem in stems:
            self._tops.update(stem.removeprefix(base).partition("/")[0] for base in _BASES)
        self._found: dict[tuple[str, str], tuple[str, ...]] = {}

    def nested(self, path: str) -> bool:
        """Whether it is the ``__init__`` or ``__main__`` of a package inside of another one."""
        folder, _, base = path.rpartition("/")
        return base.startswith(("__init__.", "__main__.")) and dirname(folder) in self._packages

    def find(self, folder: str, name: str) -> tuple[str, ...]:
        """Files that importing ``name`` in a file of ``folder`` runs: the module and the packages around it."""
        if name.startswith("."):
            return self._relative(folder, name)
        if not folder or folder in self._packages:
            if name.partition(".")[0] not in self._tops:
                return ()
            folder = ""
        key = folder, name
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = self._absolute(folder, name.split(".")[:MAX_PARTS])
        return known

    def _relative(self, folder: str, name: str) -> tuple[str, ...]:
        bare = name.lstrip(".")
        for _ in range(len(name) - len(bare) - 1):
            if not folder:
                return ()
            folder = dirname(folder)
        return self._chain(folder, bare.split(".")[:MAX_PARTS] if bare else [])

    def _absolute(self, folder: str, parts: list[str]) -> tuple[str, ...]:
        found = self._chain(folder, parts)
        if not found:
            for base in dict.fromkeys((*self._bases.get(parts[0], ()), *_BASES)):
                found = self._chain(base, parts)
                if found:
                    break
        return found

    def _chain(self, base: str, parts: list[str]) -> tuple[str, ...]:
        found = []
        stem = base.rstrip("/")
        for part in parts:
            stem = f"{stem}/{part}" if stem else part
            here = self._modules.get(stem)
            if here is not None:
                found.append(here)
            if stem not in self._folders:
                break
        return tuple(found)


class _JavaScript:
    """Files as Node and bundlers resolve relative specifiers."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = paths
        self._found: dict[str, tuple[str, ...]] = {}

    def find(self, folder: str, name: str) -> tuple[str, ...]:
        """The file that ``name`` stands for in a file of ``folder``, if it is one of the package."""
        if not name.startswith("."):
            return ()
        target = normpath(f"{folder or '.'}/{name}")
        if target.startswith("../") or target == "..":
            return ()
        known = self._found.get(target)
        if known is None:
            found = resolve(target, self._paths) or self._typed(target)
            known = self._found[target] = (found,) if found else ()
        return known

    def _typed(self, target: str) -> str | None:
        stem = target
        for suffix in (".js", ".mjs", ".cjs", ".jsx"):  # TypeScript names what it will be compiled to
            stem = stem.removesuffix(suffix)
        for end in (".ts", ".tsx", ".mts", ".cts", ".jsx", "/index.tsx", "/index.mts"):
            if stem + end in self._paths:
                return stem + end
        return None
