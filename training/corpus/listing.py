"""From a source of the manifest to its samples: one function for every kind in git, same order on every machine."""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha1

from darnel.errors import CorpusError
from darnel.features.package import Ecosystem
from darnel.training.corpus import local_listing
from darnel.training.corpus.git import GitRepository, find_repository
from darnel.training.corpus.gittree import LFS_POINTER
from darnel.training.corpus.manifest import Manifest, Source
from darnel.training.corpus.places import Listing, Roots, make_sample
from darnel.training.corpus.samples import ARCHIVE_SUFFIXES, Sample


def list_source(source: Source, manifest: Manifest, roots: Roots) -> Listing:
    """All samples of one source.

    Raises
    ------
    CorpusError
        The repository, a revision or the folder is not there.
    """
    listing = Listing(source.id)
    for sample in _KINDS[source.kind](source, manifest, roots, listing):
        listing.samples.append(sample)
    listing.samples.sort(key=lambda sample: (sample.path, sample.revision, sample.content))
    return listing


def _repository(source: Source, roots: Roots) -> GitRepository:
    git = GitRepository(roots.repository(source.repository))
    absent = [revision for revision in source.revisions if not git.has(revision)]
    if absent:
        raise CorpusError(f"{source.id}: {git.path} lacks revision {absent[0]}; " + " && ".join(source.commands))
    return git


def _matching(source: Source, paths: Iterable[str]) -> Iterator[tuple[int, str, re.Match[str]]]:
    wanted, unwanted = re.compile(source.paths), re.compile(source.exclude) if source.exclude else None
    for number, path in enumerate(paths):
        match = wanted.fullmatch(path)
        if match and not (unwanted and unwanted.search(path)):
            yield number, path, match


def _usable(git: GitRepository, items: Sequence[tuple[str, str]], listing: Listing) -> Iterator[int]:
    """Numbers of the (path, blob id) that can be read and hold something; the others are counted."""
    for number, found in enumerate(git.sizes(oid for _, oid in items)):
        if found is None:
            listing.drop("absent")
        elif found[1] == 0:
            listing.drop("empty")
        elif found[1] < 1024 and (git.read(items[number][1]) or b"").startswith(LFS_POINTER):
            listing.drop("lfs")
        else:
            yield number


def _archives(source: Source, manifest: Manifest, roots: Roots, listing: Listing) -> Iterator[Sample]:
    with _repository(source, roots) as git:
        revision = source.revisions[0]
        entries = git.blobs_in_history(source.revisions) if source.history else git.tree(revision)
        found = [(entries[i], match) for i, _, match in _matching(source, (entry.path for entry in entries))]
        dates = {a.path: a.date for a in git.additions(source.revisions)} if source.date == "added" else {}
        for i in _usable(git, [(entry.path, entry.oid) for entry, _ in found], listing):
            entry, match = found[i]
            yield make_sample(
                source,
                manifest,
                path=entry.path,
                content=entry.oid,
                kind="file" if source.kind == "files" else "blob",
                location=str(git.path),
                revision=revision,
                date=dates.get(entry.path, ""),
                match=match,
            )


def _places(source: Source, git: GitRepository) -> list[tuple[str, str, str]]:
    """(path, commit, date) of every file that marks a package."""
    if source.history:
        pathspecs = (source.pathspec,) if source.pathspec else ()
        changes = source.kind == "trees" and source.ecosystem is Ecosystem.NPM
        return [(a.path, a.commit, a.date) for a in git.additions(source.revisions, pathspecs, changes=changes)]
    return [(entry.path, revision, "") for revision in source.revisions for entry in git.tree(revision)]


def _trees(source: Source, manifest: Manifest, roots: Roots, listing: Listing) -> Iterator[Sample]:
    with _repository(source, roots) as git:
        places = _places(source, git)
        found = [(places[i], match) for i, _, match in _matching(source, (path for path, _, _ in places))]
        record = source.kind == "installed"
        names = [f"{commit}:{path if record else posixpath.dirname(path)}" for (path, commit, _), _ in found]
        seen: set[str] = set()
        for ((path, commit, date), match), there in zip(found, git.sizes(names), strict=True):
            if there is None:
                listing.drop("absent")
            elif there[0] in seen:
                listing.drop("same-content")
            else:
                seen.add(there[0])
                folder = posixpath.dirname(path)
                # What links lead to is not part of the folder's own id.
                content = sha1(f"{there[0]} {commit}".encode(), usedforsecurity=False).hexdigest()
                yield make_sample(
                    source,
                    manifest,
                    path=path if record else folder,
                    content=content if source.follow_links else there[0],
                    kind="record" if record else "linked-tree" if source.follow_links else "tree",
                    location=str(git.path),
                    revision=commit,
                    date=date if source.date == "added" else "",
                    match=match,
                    named_by=folder.removesuffix(".dist-info") if record else folder,
                )


def _list(source: Source, manifest: Manifest, roots: Roots, listing: Listing) -> Iterator[Sample]:
    with _repository(source, roots) as git:
        revision = source.revisions[0]
        entries = git.tree(revision)
        files = {entry.path: entry.oid for entry in entries}
        folders = {posixpath.dirname(entry.path) for entry in entries}
        for row in rows_of(manifest, source.list):
            if row["repository"] != source.repository or row["label"] != source.label:
                continue
            path = _resolve(row["path"].rstrip("/"), files, folders)
            found = git.sizes([files.get(path, f"{revision}:{path}")])[0] if path else None
            if path is None or found is None:
                listing.drop("absent")
                continue
            cluster = row.get("template_cluster", "")
            yield make_sample(
                source,
                manifest,
                path=path,
                content=found[0],
                kind="blob" if path in files else "tree",
                location=str(git.path),
                revision=revision,
                ping=row.get("ping_or_research") == "1",
                cluster="" if cluster in ("", "-1") else cluster,
            )


def _resolve(pattern: str, files: dict[str, str], folders: set[str]) -> str | None:
    if "*" not in pattern:
        return pattern if pattern in files or pattern in folders else None
    shape = re.compile(re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*"))
    return next((path for path in sorted({*files, *folders}) if shape.fullmatch(path)), None)


def _repositories(source: Source, manifest: Manifest, roots: Roots, listing: Listing) -> Iterator[Sample]:
    for row in rows_of(manifest, source.list):
        if row["ecosystem"] != source.ecosystem:
            continue
        found = find_repository(roots.repositories, row["repository"])
        if found is None:
            listing.drop("no-repository")
            continue
        with GitRepository(found) as git:
            there = git.sizes([f"{row['revision']}:{row['folder']}"])[0] if git.has(row["revision"]) else None
            if there is None:
                listing.drop("absent")
                continue
            released = row["folder"].endswith(ARCHIVE_SUFFIXES)
            yield make_sample(
                source,
                manifest,
                path=row["repository"] + (f"//{row['folder']}" if row["folder"] else ""),
                content=there[0],
                kind="blob" if released else "project",
                location=str(found),
                revision=row["revision"],
                name=row["name"] or ("" if released else row["repository"].partition("/")[2]),
                version=row.get("version", ""),
            )


def rows_of(manifest: Manifest, name: str) -> Iterator[dict[str, str]]:
    """Rows of a list beside the manifest."""
    with (manifest.folder / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


_KINDS: dict[str, Callable[[Source, Manifest, Roots, Listing], Iterator[Sample]]] = {
    "archives": _archives,
    "files": _archives,
    "trees": _trees,
    "installed": _trees,
    "list": _list,
    "repositories": _repositories,
    "folder": local_listing.archives,
    "npm-cache": local_listing.npm_cache,
}
