"""The corpus manifest: which sources there are, where they come from and how samples are found in them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

from darnel.errors import CorpusError
from darnel.features.package import Ecosystem, Form
from darnel.training.corpus.erratum import load_erratum

FORMAT = 1

KINDS = {
    "archives": "archives in the tree of a revision, or anywhere in its history (history = true)",
    "trees": "folders of a git tree that hold an extracted package; `paths` matches its manifest file",
    "installed": "installed distributions in a git tree, one for every dist-info/RECORD that `paths` matches",
    "files": "single source files, each taken as a package of one file",
    "list": "the rows of the CSV file `list` for this repository, label and revision",
    "repositories": "projects that the CSV file `list` names: a repository, a folder of it, or a release kept in it",
    "folder": "a local folder of archives (--folders), filled by the command in `rebuild`",
    "npm-cache": "npm's download cache (a folder with `_cacache`), filled by the command in `rebuild`",
}
_LOCAL = ("folder", "npm-cache")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
_REVISION = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Source:
    """One source of samples.

    Parameters
    ----------
    id : str
        Unique, lower case; the ``source`` of its samples.
    kind : str
        One of :data:`KINDS`.
    ecosystem : Ecosystem
    label : {"malicious", "benign"}
    repository : str
        ``owner/name`` on GitHub; empty for local folders and lists that name their own.
    revisions : tuple of str
        Full commit ids. Without ``history`` the trees of ``trees`` and ``installed`` sources are looked at in each,
        archives, files and lists in the first only.
    refs : tuple of str
        What a fresh ``git clone --bare`` does not bring and must be fetched besides (pull request heads).
    paths, exclude : str
        Regular expressions that a path must match in full, or must not match; the groups ``name``, ``version`` and
        ``family`` of ``paths`` are used where present.
    pathspec : str
        For ``trees`` and ``installed`` with history: what git looks for (speed only).
    history : bool
        Look at everything reachable from the revisions.
    date : {"added", "none"}
        ``added``: the day on which a commit first added the path.
    follow_links : bool
        For ``trees``: links to folders of the same repository belong to the package.
    form : Form
        Overrides the form of trees (an extracted npm tarball, an installed wheel).
    family : str
        Family of all samples without one of their own.
    limit, per_family : int
        Most samples of the source and of one family, 0 for the manifest's defaults.
    probes : bool
        Benign samples that were chosen for what they do: they are trained on, and reported apart.
    folder, list, rebuild, notes : str
        Name of the local folder; CSV file beside the manifest; the command that fills the folder; remarks.
    """

    id: str
    kind: str
    ecosystem: Ecosystem
    label: str
    repository: str = ""
    revisions: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    paths: str = ""
    exclude: str = ""
    pathspec: str = ""
    history: bool = False
    date: str = "none"
    follow_links: bool = False
    form: Form | None = None
    family: str = ""
    limit: int = 0
    per_family: int = 0
    probes: bool = False
    folder: str = ""
    list: str = ""
    rebuild: str = ""
    notes: str = ""

    @property
    def malicious(self) -> bool:
        """Label as a truth value."""
        return self.label == "malicious"

    @property
    def commands(self) -> tuple[str, ...]:
        """Shell commands, to be run in the folder given as ``--repositories``, that bring the source."""
        if not self.repository:
            return (self.rebuild,) if self.rebuild else ()
        folder = self.repository.replace("/", "+") + ".git"
        fetch = [f"git -C {folder} fetch origin {ref}" for ref in self.refs]
        return (f"git clone --bare https://github.com/{self.repository} {folder}", *fetch)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All sources with the rules that hold for every one of them.

    Parameters
    ----------
    folder : Path
        Where the manifest and its lists lie.
    per_name, per_family : int
        Most benign versions of one name, and benign samples of one family.
    drop : frozenset of str
        Benign names that are left out, and ``name@version`` that are left out whatever the label.
    families : tuple of str
        Name prefixes that make a family of related projects.
    sources : tuple of Source
    erratum : frozenset of str
        Content ids of samples whose label is wrong; see :mod:`darnel.training.corpus.erratum`.
    """

    folder: Path
    per_name: int
    per_family: int
    drop: frozenset[str]
    families: tuple[str, ...]
    sources: tuple[Source, ...]
    erratum: frozenset[str] = frozenset()

    def source(self, name: str) -> Source:
        """The source with the id ``name``."""
        for source in self.sources:
            if source.id == name:
                return source
        raise CorpusError(f"corpus manifest: no source {name!r}; there are {', '.join(s.id for s in self.sources)}")


def default_manifest() -> Path:
    """The manifest that ships with darnel."""
    return Path(str(files("darnel.training.corpus") / "manifest.toml"))


def load_manifest(path: Path | None = None) -> Manifest:
    """Read and check a manifest (TOML).

    Raises
    ------
    CorpusError
        The file is missing, no TOML, of another format number, or an entry is wrong; the message names the entry.
    """
    path = path or default_manifest()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); give the corpus manifest's path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: no valid TOML ({error}); correct it there") from None
    if data.get("format") != FORMAT:
        raise CorpusError(f"{path}: format {data.get('format')!r}, this darnel reads {FORMAT}; update one of them")
    defaults = data.get("defaults", {})
    sources = tuple(_source(path, number, entry) for number, entry in enumerate(data.get("source", []), 1))
    if not sources:
        raise CorpusError(f"{path}: no [[source]] in it; add at least one")
    seen: set[str] = set()
    for source in sources:
        if source.id in seen:
            raise CorpusError(f"{path}: source {source.id!r} is there twice; rename one")
        seen.add(source.id)
        if source.list and not (path.parent / source.list).is_file():
            raise CorpusError(f"{path}: source {source.id!r} needs {source.list!r} beside the manifest; add the file")
    erratum = load_erratum(path.parent / str(defaults["erratum"])) if "erratum" in defaults else ()
    return Manifest(
        folder=path.parent,
        per_name=int(defaults.get("per_name", 3)),
        per_family=int(defaults.get("per_family", 40)),
        drop=frozenset(defaults.get("drop", ())),
        families=tuple(defaults.get("families", ())),
        sources=sources,
        erratum=frozenset(correction.blob for correction in erratum),
    )


def _source(path: Path, number: int, entry: dict[str, Any]) -> Source:
    name = entry.get("id", f"number {number}")

    def fail(what: str) -> CorpusError:
        return CorpusError(f"{path}: source {name!r}: {what}")

    hints = get_type_hints(Source)
    unknown = sorted(set(entry) - {f.name for f in fields(Source)})
    if unknown:
        raise fail(f"unknown key {unknown[0]!r}; see darnel.training.corpus.manifest.Source")
    for key in ("id", "kind", "ecosystem", "label"):
        if not isinstance(entry.get(key), str):
            raise fail(f"{key!r} is missing or no string")
    values: dict[str, Any] = {}
    for key, value in entry.items():
        hint = hints[key]
        if hint == tuple[str, ...]:
            values[key] = tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)
        elif key in ("ecosystem", "form"):
            kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
            if value not in [str(member) for member in kinds[0]]:
                raise fail(f"{key} {value!r} is none of {', '.join(str(member) for member in kinds[0])}")
            values[key] = kinds[0](value)
        elif type(value) is not hint:
            raise fail(f"{key!r} must be of type {hint.__name__}")
        else:
            values[key] = value
    source = Source(**values)
    _check(source, fail)
    return source


def _check(source: Source, fail: Any) -> None:
    if not _NAME.fullmatch(source.id):
        raise fail("the id may hold lower-case letters, digits and hyphens only")
    if source.kind not in KINDS:
        raise fail(f"kind {source.kind!r} is none of {', '.join(KINDS)}")
    if source.label not in ("malicious", "benign"):
        raise fail(f"label {source.label!r} is neither 'malicious' nor 'benign'")
    if source.probes and source.malicious:
        raise fail("'probes' is for benign samples")
    if source.date not in ("added", "none"):
        raise fail(f"date {source.date!r} is neither 'added' nor 'none'")
    if source.kind in _LOCAL:
        if not source.folder:
            raise fail(f"kind {source.kind!r} needs 'folder'")
    elif source.kind == "repositories":
        if not source.list:
            raise fail("kind 'repositories' needs 'list'")
    else:
        if not _REPOSITORY.fullmatch(source.repository):
            raise fail(f"repository {source.repository!r} is not 'owner/name'")
        bad = [revision for revision in source.revisions if not _REVISION.fullmatch(revision)]
        if bad or not source.revisions:
            raise fail(f"'revisions' needs full commit ids (40 hex digits), not {bad[:1] or 'none'}")
        if source.kind == "list" and not source.list:
            raise fail("kind 'list' needs 'list'")
        if source.kind != "list" and not source.paths:
            raise fail(f"kind {source.kind!r} needs 'paths'")
    for key in ("paths", "exclude"):
        try:
            re.compile(getattr(source, key))
        except re.error as error:
            raise fail(f"{key!r} is no regular expression ({error})") from None
