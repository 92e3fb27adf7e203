"""From what a user names to the releases in it: folder trees, globs, manifests, standard input, URLs."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from darnel.batch import manifest
from darnel.batch.item import Item
from darnel.batch.storage import file_system, is_url
from darnel.errors import DarnelError
from darnel.features.readers.detect import claimed

NOT_RELEASES = (".doc.zip", ".jar", ".docx", ".xlsx", ".npz", ".log.gz", ".json.gz", ".xml.gz", ".nupkg", ".vsix")
"""Archives that lie in mirrors beside the releases (devpi keeps documentation as ``.doc.zip``)."""
ACCEPTED = "give a folder that holds .whl, .tar.gz, .tgz or .zip files"
STDIN = "-"


def is_release(name: str) -> bool:
    """Whether a file in a mirror is a release, by its name."""
    return claimed(name) is not None and not name.lower().endswith(NOT_RELEASES)


def items(words: Sequence[str], stdin: Iterable[str] | None = None) -> Iterator[Item]:
    """Everything that ``words`` name, in their order and sorted within; listed as it is asked for.

    Parameters
    ----------
    words : sequence of str
        Each a folder tree (PyPI mirrors of bandersnatch or devpi, npm mirrors of verdaccio, or plain: every archive in
        it, links not followed), a glob pattern (everything that matches: folders are releases), a manifest (``.csv`` or
        ``.parquet``), a single archive, ``-`` for paths from standard input, or a URL of one of these.
    stdin : iterable of str, optional
        Lines; default: ``sys.stdin``.

    Raises
    ------
    DarnelError
        Something named is not there or cannot be read.
    """
    for word in words:
        if word == STDIN:
            yield from _lines(sys.stdin if stdin is None else stdin)
        elif word.lower().endswith(manifest.SUFFIXES):
            yield from manifest.read(word)
        elif is_url(word):
            yield from _remote(word)
        elif glob.has_magic(word) and not os.path.lexists(word):
            yield from map(Item, _matching(word))
        elif os.path.isdir(word):
            yield from map(Item, _tree(word))
        elif os.path.lexists(word):
            yield Item(word)
        else:
            raise DarnelError(f"{word}: no such file or folder, and no pattern; check the spelling")


def roots(words: Sequence[str]) -> frozenset[str]:
    """Local folders that the releases lie in, as far as that is known beforehand."""
    found = set()
    for word in words:
        if word == STDIN or is_url(word):
            continue
        if word.lower().endswith(manifest.SUFFIXES):
            word = os.path.dirname(word) or "."
        elif glob.has_magic(word) and not os.path.lexists(word):
            fixed = word[: min(word.index(c) for c in "*?[" if c in word)]
            word = os.path.dirname(fixed) or ("/" if fixed.startswith("/") else ".")
        if os.path.isdir(word):
            found.add(os.path.realpath(word))
    return frozenset(found)


def _lines(lines: Iterable[str]) -> Iterator[Item]:
    for line in lines:
        path = line.rstrip("\r\n")
        if path:
            yield Item(path)


def _matching(pattern: str) -> Iterator[str]:
    found = sorted(glob.iglob(pattern, recursive=True, include_hidden=True))
    if not found:
        raise DarnelError(f"{pattern}: matches nothing; check the pattern (and quote it, so that the shell leaves it)")
    yield from found


def _tree(folder: str) -> Iterator[str]:
    """Archives below a folder; a stack, so that depth costs nothing, and no links, so that it ends."""
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            if current == folder:
                raise DarnelError(f"{folder}: {error.strerror}; give a readable folder") from None
            print(f"darnel: {current}: {error.strerror}; skipped", file=sys.stderr)
            continue
        folders = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif is_release(entry.name) and entry.is_file(follow_symlinks=False):
                yield entry.path
        pending.extend(reversed(folders))


def _remote(url: str) -> Iterator[Item]:
    fs, path = file_system(url)
    try:
        if glob.has_magic(path):
            found = fs.glob(path, detail=True)
        elif fs.isdir(path):
            found = {name: info for name, info in fs.find(path, detail=True).items() if is_release(name)}
        elif fs.exists(path):
            found = {path: {}}
        else:
            found = {}
    except Exception as error:  # each file system behind fsspec has errors of its own
        detail = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise DarnelError(f"{url}: cannot be listed ({detail})") from None
    if not found:
        raise DarnelError(f"{url}: nothing there; check the address")
    for name in sorted(found):
        size = found[name].get("size")
        yield Item(str(fs.unstrip_protocol(name)), size=size if isinstance(size, int) else 0)
