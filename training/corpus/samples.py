"""One sample of a corpus: what is known of it before it is read, and how it is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from darnel.errors import CorpusError
from darnel.features.package import Ecosystem, Form, MemoryPackage, Package
from darnel.training.corpus.git import open_repository
from darnel.training.corpus.gittree import (
    GitTreePackage,
    as_released,
    files_below,
    files_following_links,
    files_of_record,
)

ARCHIVE_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".whl", ".zip", ".egg", ".tar")

_WHEEL = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-[^-]+){3,4}")
_YARN = re.compile(
    r"(?P<name>@?.+)-npm-(?P<version>\d[^-]*(?:-(?!virtual)[A-Za-z0-9.]+)*?)-[0-9a-f]{10}-[0-9a-f]{8,10}"
)
_SPLIT = re.compile(r"(?P<name>.+?)[-_](?P<version>v?\d[\w.+!-]*)")


@dataclass(frozen=True, slots=True)
class Sample:
    """One release of a corpus.

    Parameters
    ----------
    id : str
        Unique: ``source:path#content`` (12 digits of ``content``).
    ecosystem : Ecosystem
    label : int
        1 malicious, 0 benign.
    name, version : str
        From the path; the package's own metadata may say otherwise. Normalised like
        :attr:`darnel.features.package.Package.name`.
    source, path, revision : str
        Source of the manifest, path inside of it, commit.
    date : str
        ``YYYY-MM-DD`` on which the path was added, ``""`` unknown.
    family : str
        Group of related benign projects (npm scope, generator, monorepo).
    ping : bool
        Malicious, but only calls home.
    cluster : str
        Template cluster that the source declares, ``""`` none.
    content : str
        Hex id of the content: git's blob or tree id (of RECORD for installed distributions), so that the same
        archive in two sources has the same id.
    kind : str
        ``blob``, ``tree``, ``linked-tree``, ``project`` (a repository or, after ``//``, a folder of it), ``record``,
        ``file`` (single source file) or ``local``.
    location : str
        Git directory, or the local file.
    form : Form or None
        Form to report for trees.
    """

    id: str
    ecosystem: Ecosystem
    label: int
    name: str
    version: str
    source: str
    path: str
    revision: str
    date: str
    family: str
    ping: bool
    cluster: str
    content: str
    kind: str
    location: str
    form: Form | None = None

    def open(self) -> Package:
        """The package, read in memory; nothing is written to disk.

        Raises
        ------
        CorpusError
            The snapshot lacks the content.
        InputError
            The content is no package.
        """
        if self.kind == "local":
            data = Path(self.location).read_bytes()
            return _from_archive(data, self)
        git = open_repository(self.location)
        if self.kind in ("blob", "file"):
            found = git.read(self.content)
            if found is None:
                raise CorpusError(f"{self.id}: the blob is absent from {self.location}; fetch the repository in full")
            return _from_archive(found, self) if self.kind == "blob" else _from_file(found, self)
        prefix = self.path.partition("//")[2] if self.kind == "project" else self.path
        entries = git.tree(self.revision, prefix if self.kind in ("tree", "project") else "")
        if self.kind == "tree":
            files = files_below(entries, prefix)
        elif self.kind == "project":
            files = as_released(files_below(entries, prefix))
        elif self.kind == "linked-tree":
            files = files_following_links(entries, prefix, self.location)
        else:
            files = files_of_record(entries, self.path, self.location)
        if not files:
            raise CorpusError(f"{self.id}: no files at {self.revision[:12]}; fetch the repository in full")
        return GitTreePackage(
            repository=self.location,
            files=files,
            ecosystem=self.ecosystem,
            form=self.form or (Form.INSTALLED if self.kind == "record" else Form.TREE),
            name=self.name,
            version=self.version,
            source=self.id,
        )


def _from_archive(data: bytes, sample: Sample) -> Package:
    from darnel.features.readers import open_package

    # As bytes, without the file name: collections store wheels as .tar.gz, which says nothing about the release.
    package = open_package(data, ecosystem=sample.ecosystem)
    package.name = package.name or sample.name
    package.version = package.version or sample.version
    package.source = sample.id
    return package


def _from_file(data: bytes, sample: Sample) -> Package:
    inside = PurePosixPath(sample.path).name
    return MemoryPackage(
        {inside: data}, ecosystem=sample.ecosystem, form=Form.TREE, name=sample.name, version="", source=sample.id
    )


def renamed(sample: Sample, name: str, version: str) -> Sample:
    """The sample under the name and version that its own metadata give; a scope found there becomes its family."""
    name = normalise(name, sample.ecosystem)
    family = sample.family
    if family == sample.name or (name.startswith("@") and not family.startswith("@")):
        family = family_of(name, sample.ecosystem, ())
    return replace(sample, name=name, version=version or sample.version, family=family)


def normalise(name: str, ecosystem: Ecosystem) -> str:
    """PEP 503 for PyPI, lower case otherwise."""
    name = name.strip().lower()
    return re.sub(r"[-_.]+", "-", name) if ecosystem is Ecosystem.PYPI else name


def name_and_version(path: str, ecosystem: Ecosystem) -> tuple[str, str]:
    """Guess name and version from an archive's or folder's path; scopes of npm are seen in folder names.

    Examples
    --------
    >>> name_and_version("a/requests-2.31.0-py3-none-any.whl", Ecosystem.PYPI)
    ('requests', '2.31.0')
    >>> name_and_version("storage/@babel/code-frame/code-frame-7.0.0.tgz", Ecosystem.NPM)
    ('@babel/code-frame', '7.0.0')
    """
    parts = PurePosixPath(path).parts
    stem = parts[-1] if parts else ""
    suffix = next((end for end in ARCHIVE_SUFFIXES if stem.lower().endswith(end)), "")
    stem = stem[: len(stem) - len(suffix)] if suffix else stem
    match = None
    if suffix == ".whl":
        match = _WHEEL.fullmatch(stem)
    if suffix == ".zip" and ecosystem is Ecosystem.NPM:
        match = _YARN.fullmatch(stem)
    match = match or _SPLIT.fullmatch(stem)
    name, version = (match["name"], match["version"]) if match else (stem, "")
    if name.startswith("@") and "/" not in name:
        name = name.replace("-", "/", 1)
    scope = next((part for part in parts[:-1] if part.startswith("@")), "")
    if ecosystem is Ecosystem.NPM and scope and not name.startswith("@"):
        name = f"{scope.partition('/')[0]}/{name}"
    return normalise(name, ecosystem), version


def family_of(name: str, ecosystem: Ecosystem, prefixes: tuple[str, ...]) -> str:
    """Family of a benign project: its npm scope, a prefix that the manifest lists, or its own name."""
    if ecosystem is Ecosystem.NPM and name.startswith("@"):
        return name.partition("/")[0]
    return next((prefix.rstrip("-._") for prefix in prefixes if name.startswith(prefix)), name)
