"""What a package is made of: kinds of files, where they lie, what has no source, what is out of place."""

from __future__ import annotations

import re
from collections import Counter
from math import log1p

from darnel.features.content import MISMATCHES, Content, Kind
from darnel.features.roles import Role
from darnel.features.schema import Column
from darnel.features.suffixes import suffix

TINY_FILES, TINY_BYTES = 3, 4096
"""A package with at most so many source files and bytes of source is called tiny."""

_KINDS = tuple(Kind)
_ROLES = tuple(Role)

COLUMNS = (
    Column("shape.files", "log1p of the number of files", "real"),
    Column("shape.bytes", "log1p of the sum of file sizes", "real"),
    Column("shape.source_files", "log1p of the number of source files", "real"),
    Column("shape.source_bytes", "log1p of the bytes of source", "real"),
    Column("shape.folders", "log1p of the number of folders", "real"),
    Column("shape.largest", "log1p of the largest file's size", "real"),
    Column("shape.tiny", f"at most {TINY_FILES} source files and {TINY_BYTES} bytes of source", "bool"),
    *(Column(f"shape.{role}_files", f"log1p of files in role {role}", "real") for role in Role),
    *(Column(f"comp.{kind}_share", f"share of files of kind {kind}", "real") for kind in Kind),
    *(Column(f"comp.{kind}_bytes_share", f"share of bytes in files of kind {kind}", "real") for kind in Kind),
    *(
        Column(f"comp.lies.{name}", f"log1p of files whose name or container lies: {name}", "real")
        for name in MISMATCHES
    ),
    Column("comp.languages", "number of programming languages", "count"),
    Column("comp.main_language_share", "share of source bytes in the commonest language", "real"),
    Column("comp.largest_share", "share of bytes in the largest file", "real"),
    Column("comp.largest_source_share", "share of source bytes in the largest source file", "real"),
    Column("comp.native", "log1p of native files", "real"),
    Column(
        "comp.native_orphans",
        "log1p of native files with no source of that stem and no C, C++, Rust, Go or Cython at all",
        "real",
    ),
    Column("comp.programs", "log1p of native programs (.exe, .scr, .com, or native with no suffix)", "real"),
    Column(
        "comp.foreign_native", "native code for Windows beside none for other systems, in a package with source", "bool"
    ),
    Column("comp.bytecode_orphans", "log1p of .pyc and .class files without their source", "real"),
    Column("comp.archives", "log1p of archives inside", "real"),
    Column("comp.scripts", "log1p of shell, PowerShell, batch and VBScript files", "real"),
    Column("comp.hidden", "log1p of files in or as dot entries, usual tool files apart", "real"),
    Column("comp.editor", "log1p of editor, agent, hook and workflow files", "real"),
    Column("comp.startup", "log1p of .pth, sitecustomize and usercustomize files", "real"),
    Column(
        "comp.odd_names",
        "log1p of names with blanks at an end, control or non-ASCII characters, or a leading dash",
        "real",
    ),
    Column("comp.odd_places", "log1p of native code or archives in test, documentation or asset folders", "real"),
    Column("comp.binary_unknown", "log1p of binary files of no known format", "real"),
    Column("comp.depth_max", "largest number of folders above a file", "count"),
    Column("comp.depth_mean", "mean number of folders above a file", "real"),
    Column("comp.tests", "has test files", "bool"),
    Column("comp.docs", "has documentation, examples or tooling", "bool"),
    Column("comp.readme", "has a README of more than 200 bytes", "bool"),
    Column("comp.license", "has a licence file", "bool"),
    Column("comp.changelog", "has a change log", "bool"),
    Column("comp.typed", "has type stubs, py.typed or TypeScript declarations", "bool"),
    Column("comp.minified", "log1p of *.min.js and bundle files", "real"),
    Column("comp.minified_orphans", "log1p of these with no unminified source beside them", "real"),
    Column("comp.junk", "log1p of .DS_Store, Thumbs.db, editor backups and compiled caches", "real"),
)

_COMPILED = frozenset(
    {"c", "cc", "cpp", "cxx", "pyx", "pxd", "rs", "go", "m", "mm", "f", "f90", "h", "hpp", "cu", "zig", "d"}
)
_SCRIPTS = frozenset({"sh", "bash", "zsh", "ps1", "psm1", "bat", "cmd", "vbs", "vbe", "wsf", "hta"})
_USUAL_DOTS = re.compile(
    r"(?:^|/)\.(?:git(?:ignore|attributes|modules|keep|hub)?|editorconfig|npmignore|npmrc|eslint\w*|prettier\w*|babelrc|"
    r"travis\.yml|coveragerc|flake8|pylintrc|pre-commit[\w-]*\.yaml|readthedocs\.ya?ml|gitlab-ci\.yml|circleci|nycrc|"
    r"jshintrc|jscsrc|mailmap|bumpversion\.cfg|isort\.cfg|dockerignore|nojekyll|nvmrc|tern-project|zuul\.\w+|stestr\.conf|"
    r"appveyor\.yml|codecov\.yml|codeclimate\.yml|clang-format|python-version|cruft\.json|yarnrc|browserslistrc|"
    r"stylelintrc|huskyrc|husky|lintstagedrc|release-it\.json|nvm|swcrc|dylibs|libs|\w+rc(?:\.\w+)?|DS_Store|placeholder|keep)"
    r"(?:$|/|\.)"
)
_EDITOR = re.compile(
    r"(?:^|/)(?:\.vscode/(?:tasks|settings|launch|extensions)|\.claude/|\.cursor/|\.gemini/|\.codex/|\.devcontainer|\.mcp\.json|"
    r"\.idea/|\.githooks/|\.git/hooks/|\.husky/|\.github/workflows/|\.circleci/|\.gitlab-ci|\.cursorrules|CLAUDE\.md|AGENTS\.md)"
)
_STARTUP = re.compile(r"(?:\.pth|(?:^|/)(?:site|user)customize\.py)$")
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|docs?|examples?|fixtures|assets|images?|img|static|media|fonts|sounds|data|locale|samples?)/",
    re.I,
)
_JUNK = re.compile(
    r"(?:^|/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX/.*|.*~|.*\.(?:bak|orig|swp|rej)|__pycache__/.*)$"
)
_JUNK_MARKS = re.compile(r"\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX/|~|\.(?:bak|orig|swp|rej)|__pycache__/")
_NAMED = ("readme", "licen", "copying", "change", "history", "news", "release")
_ODD = re.compile(r"[^\x20-\x7e]|(?:^|/)[-\s]|\s(?:/|$)|\s{2,}")
_MINIFIED = re.compile(r"[.-](?:min|bundle|prod(?:uction)?)\.(?:m|c)?js$")


class Composition:
    r"""Accumulates one package's files and sums them up.

    Examples
    --------
    >>> composition = Composition()
    >>> composition.add("a.py", 6, sniff("a.py", b"x = 1\n"), Role.MODULE, "python")
    >>> composition.values()["comp.source_share"]
    1.0
    """

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self._kinds: Counter[str] = Counter()
        self._kind_bytes: Counter[str] = Counter()
        self._roles: Counter[str] = Counter()
        self._lies: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._marks: Counter[str] = Counter()
        self._folders: set[str] = set()
        self._stems: set[str] = set()
        self._native: list[str] = []
        self._bytecode: list[str] = []
        self._minified: list[str] = []
        self._formats: set[str] = set()
        self._suffixes: set[str] = set()
        self._depths = self._deepest = self._largest = self._largest_source = 0

    def add(self, path: str, size: int, content: Content, role: Role | str, language: str) -> None:
        """Count one file.

        Parameters
        ----------
        path : str
            Member path.
        size : int
            Real size in bytes.
        content : Content
            From :func:`darnel.features.content.sniff`.
        role : Role or str
        language : str
            Programming language, ``""`` for none.
        """
        self.files += 1
        self.bytes += size
        kind = content.kind
        self._kinds[kind] += 1
        self._kind_bytes[kind] += size
        self._roles[role] += 1
        if content.mismatch:
            self._lies[content.mismatch] += 1
        folder, _, name = path.rpartition("/")
        self._folders.add(folder)
        depth = path.count("/")
        self._depths += depth
        self._deepest = max(self._deepest, depth)
        self._largest = max(self._largest, size)
        ext = suffix(path)
        self._suffixes.add(ext)
        if kind is Kind.SOURCE:
            self._largest_source = max(self._largest_source, size)
            self._stems.add(path.rpartition(".")[0])
            if language:
                self._languages[language] += size
        self._special(path, name, ext, size, content)

    def _special(self, path: str, name: str, ext: str, size: int, content: Content) -> None:
        marks, kind = self._marks, content.kind
        if kind is Kind.NATIVE:
            self._native.append(path)
            self._formats.add(content.format)
            if ext in {"exe", "scr", "com", ""}:
                marks["programs"] += 1
        elif kind is Kind.BYTECODE:
            self._bytecode.append(path)
        elif kind is Kind.BINARY:
            marks["binary"] += 1
        if (kind is Kind.NATIVE or kind is Kind.ARCHIVE) and _ASIDE.search(path):
            marks["odd_places"] += 1
        if ext in _SCRIPTS:
            marks["scripts"] += 1
        # Each expression is searched for only if the path holds what all its matches do.
        dotted = "/." in path or path.startswith(".")
        if (dotted or "E.md" in path or "S.md" in path) and _EDITOR.search(path):
            marks["editor"] += 1
        if (".pth" in path or "customize.py" in path) and _STARTUP.search(path):
            marks["startup"] += 1
        plain = path.isascii() and path.isprintable() and " " not in path and "/-" not in path and path[:1] != "-"
        if not plain and _ODD.search(path):
            marks["odd_names"] += 1
        if _JUNK_MARKS.search(path) and _JUNK.search(path):
            marks["junk"] += 1
        elif dotted and not _USUAL_DOTS.search(path):
            marks["hidden"] += 1
        if "js" in path and _MINIFIED.search(path):
            self._minified.append(path)
        low = name.lower()
        if low.startswith(_NAMED):
            marks["readme"] += low.startswith("readme") and size > 200
            marks["license"] += low.startswith(("licen", "copying"))
            marks["changelog"] += low.startswith(("change", "history", "news", "release"))
        if ext == "pyi" or low == "py.typed" or low.endswith(".d.ts"):
            marks["typed"] += 1

    def values(self) -> dict[str, float]:
        """``comp.*`` and ``shape.*`` columns of the package (missing = 0); empty if it has no files."""
        if not self.files:
            return {}
        sources, source_bytes = self._kinds[Kind.SOURCE], self._kind_bytes[Kind.SOURCE]
        out = {
            "shape.files": log1p(self.files),
            "shape.bytes": log1p(self.bytes),
            "shape.source_files": log1p(sources),
            "shape.source_bytes": log1p(source_bytes),
            "shape.folders": log1p(len(self._folders)),
            "shape.largest": log1p(self._largest),
            "shape.tiny": float(sources <= TINY_FILES and source_bytes <= TINY_BYTES),
        }
        for role in _ROLES:
            out[f"shape.{role}_files"] = log1p(self._roles[role])
        for kind in _KINDS:
            out[f"comp.{kind}_share"] = self._kinds[kind] / self.files
            out[f"comp.{kind}_bytes_share"] = self._kind_bytes[kind] / max(1, self.bytes)
        for name in MISMATCHES:
            out[f"comp.lies.{name}"] = log1p(self._lies[name])
        out["comp.languages"] = float(len(self._languages))
        spoken = self._languages.total()
        out["comp.main_language_share"] = max(self._languages.values(), default=0) / spoken if spoken else 0.0
        out["comp.largest_share"] = self._largest / max(1, self.bytes)
        out["comp.largest_source_share"] = self._largest_source / max(1, source_bytes)
        self._binaries(out, sources)
        marks = self._marks
        for name in ("programs", "scripts", "hidden", "editor", "startup", "odd_names", "odd_places", "junk"):
            out[f"comp.{name}"] = log1p(marks[name])
        for name in ("readme", "license", "changelog", "typed"):
            out[f"comp.{name}"] = float(marks[name] > 0)
        out["comp.binary_unknown"] = log1p(marks["binary"])
        out["comp.depth_max"] = float(self._deepest)
        out["comp.depth_mean"] = self._depths / self.files
        out["comp.tests"] = float(self._roles[Role.TEST] > 0)
        out["comp.docs"] = float(self._roles[Role.SUPPORT] > 0)
        return out

    def _binaries(self, out: dict[str, float], sources: int) -> None:
        out["comp.native"] = log1p(len(self._native))
        compiled = bool(self._suffixes & _COMPILED)
        orphans = 0 if compiled else sum(_stem(path) not in self._stems for path in self._native)
        out["comp.native_orphans"] = log1p(orphans)
        out["comp.foreign_native"] = float(
            sources > 0 and "pe" in self._formats and not self._formats & {"elf", "macho"}
        )
        out["comp.bytecode_orphans"] = log1p(sum(_stem(path) not in self._stems for path in self._bytecode))
        out["comp.archives"] = log1p(self._kinds[Kind.ARCHIVE])
        out["comp.minified"] = log1p(len(self._minified))
        plain = sum(_MINIFIED.sub("", path) not in self._stems for path in self._minified)
        out["comp.minified_orphans"] = log1p(plain)


def _stem(path: str) -> str:
    """Path that the source would have: ``a/__pycache__/b.cpython-311.pyc`` and ``a/b.cpython-311-x.so`` → ``a/b``."""
    folder, _, name = path.replace("__pycache__/", "").rpartition("/")
    stem = name.partition(".")[0]
    return f"{folder}/{stem}" if folder else stem
