"""From what a user names to the releases in it: folder trees, globs, manifests, standard input, URLs."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import cast

from darnel.batch import listing, manifest, remote
from darnel.batch.item import Item
from darnel.batch.storage import is_url, plain
from darnel.errors import DarnelError
from darnel.features.readers.detect import claimed

NOT_RELEASES = (".doc.zip", ".jar", ".docx", ".xlsx", ".npz", ".log.gz", ".json.gz", ".xml.gz", ".nupkg", ".vsix")
"""Archives that lie in mirrors beside the releases (devpi keeps documentation as ``.doc.zip``)."""
ACCEPTED = "give a folder that holds .whl, .tar.gz, .tgz or .zip files"
NO_ROWS = "the manifest has no row; give one for each release"
STDIN = "-"
READ = 1 << 16
"""Bytes that are read of standard input at a time."""


def is_release(name: str) -> bool:
    """Whether a file in a mirror is a release, by its name."""
    return claimed(name) is not None and not name.lower().endswith(NOT_RELEASES)


def items(words: Sequence[str], stdin: Iterable[str] | None = None, *, null: bool = False) -> Iterator[Item]:
    """Everything that ``words`` name, in their order; listed as it is asked for.

    Parameters
    ----------
    words : sequence of str
        Each a folder tree (PyPI mirrors of bandersnatch or devpi, npm mirrors of verdaccio, or plain: every archive in
        it, links not followed), a glob pattern (everything that matches: folders are releases), a manifest (``.csv`` or
        ``.parquet``), a single archive, ``-`` for paths from standard input, or a URL of one of these.
    stdin : iterable of str, optional
        Lines; default: standard input.
    null : bool
        Paths on standard input end with NUL, not with the line.

    Raises
    ------
    DarnelError
        Something named is not there or cannot be read; of what is local the first is at once.
    """
    check(words)
    return chain.from_iterable(_named(word, stdin, null) for word in words)


def check(words: Sequence[str]) -> None:
    """See that what is local is there.

    Raises
    ------
    DarnelError
        It is not.
    """
    for word in _places(words):
        if not is_url(word) and not glob.has_magic(word) and not os.path.lexists(word):
            raise DarnelError(f"{word}: no such file or folder, and no pattern; check the spelling")


def repeatable(words: Sequence[str]) -> bool:
    """Whether listing the input once more gives the same: pipes are empty then."""
    return STDIN not in words and all(
        is_url(word) or os.path.isfile(word) or os.path.isdir(word) or not os.path.lexists(word)
        for word in _places(words)
    )


def nothing_in(words: Sequence[str]) -> str:
    """Why there may be no release in an input that could be listed."""
    named = [word for word in _places(words) if word.lower().endswith(manifest.SUFFIXES)]
    if any(map(os.path.isdir, named)):
        return "a manifest is one file and no folder, and no package archive is there"
    return NO_ROWS if len(named) == len(words) else f"no package archive is there; {ACCEPTED}"


def _places(words: Sequence[str]) -> list[str]:
    """All but standard input; ``./-`` is a file of that name."""
    return [plain(word) for word in words if word != STDIN]


def _named(word: str, stdin: Iterable[str] | None, null: bool) -> Iterator[Item]:
    if word == STDIN:
        return _lines(_stdin(b"\0" if null else b"\n") if stdin is None else stdin, "\0" if null else "\r\n")
    word = plain(word)
    if os.path.isdir(word):
        return _tree(word)
    if word.lower().endswith(manifest.SUFFIXES):
        return manifest.read(word)
    if is_url(word):
        return remote.listed(word, is_release)
    if glob.has_magic(word) and not os.path.lexists(word):
        return _matching(word)
    return iter((Item(word),))


def _stdin(end: bytes) -> Iterator[str]:
    """What standard input holds up to each ``end``, as the file system spells it, whatever the locale."""
    rest = b""
    while data := cast(io.BufferedReader, sys.stdin.buffer).read1(READ):
        *whole, rest = (rest + data).split(end)
        yield from map(os.fsdecode, whole)
    yield os.fsdecode(rest)


def _lines(lines: Iterable[str], end: str) -> Iterator[Item]:
    for line in lines:
        path = plain(line.rstrip(end))
        if path:
            yield Item(path)


def _matching(pattern: str) -> Iterator[Item]:
    found = None
    for found in listing.matching(pattern):
        yield found
    if found is None:
        raise DarnelError(f"{pattern}: matches nothing; check the pattern (and quote it, so that the shell leaves it)")


def _tree(folder: str) -> Iterator[Item]:
    try:
        yield from listing.tree(folder, is_release)
    except OSError as error:
        raise DarnelError(f"{folder}: {error.strerror}; give a readable folder") from None
