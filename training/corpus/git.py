"""Reading bare git repositories in memory: listings, history and blobs, without checking anything out.

Only plumbing that never writes and never runs hooks is called, and never the network: an object that a partial
snapshot lacks is reported as missing.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from darnel.errors import CorpusError

FILE_MODES = ("100644", "100755", "100664")
LINK_MODE = "120000"
_ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


class Entry(NamedTuple):
    """One line of ``git ls-tree -r``."""

    mode: str
    oid: str
    path: str


class Addition(NamedTuple):
    """A path that a commit added."""

    path: str
    commit: str
    date: str
    """Committer date, UTC, ``YYYY-MM-DD``."""


def layouts(root: Path, repository: str) -> tuple[Path, ...]:
    """Where ``owner/name`` may lie below ``root``, in the order in which they are tried."""
    owner, _, name = repository.partition("/")
    folders = (
        root / owner / f"{name}.git",
        root / owner / name,
        root / f"{owner}+{name}" / "repo",
        root / f"{owner}+{name}.git",
        root / f"{owner}+{name}",
        root / f"{name}.git",
        root / name,
    )
    return tuple(path for folder in folders for path in (folder / ".git", folder))


def find_repository(roots: Sequence[Path], repository: str) -> Path | None:
    """The git directory of ``owner/name`` below the first of ``roots`` that holds it (see :func:`layouts`)."""
    for root in roots:
        for path in layouts(root, repository):
            if (path / "HEAD").is_file() and (path / "objects").is_dir():
                return path
    return None


class GitRepository:
    """A git directory, read through one long-lived ``git cat-file --batch``.

    Parameters
    ----------
    path : Path
        Bare repository, or the ``.git`` folder of a clone. Objects may be absent (partial snapshots).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> GitRepository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reading process."""
        if self._reader is not None:
            assert self._reader.stdin is not None
            assert self._reader.stdout is not None
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait()
            self._reader = None

    def _command(self, *arguments: str) -> list[str]:
        return ["git", f"--git-dir={self.path}", "-c", "core.quotePath=false", *arguments]

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Standard output of one git command.

        Raises
        ------
        CorpusError
            git failed; the first line it said is in the message.
        """
        done = subprocess.run(
            self._command(*arguments), input=stdin, capture_output=True, env={**os.environ, **_ENVIRONMENT}, check=False
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
            raise CorpusError(f"{self.path}: git {arguments[0]} failed: {said[0]}; fetch the repository again")
        return done.stdout

    def resolve(self, revision: str) -> str:
        """Full id of a revision (``abc:folder`` gives the tree)."""
        return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision).decode().strip()

    def has(self, revision: str) -> bool:
        """Whether a commit is there."""
        answer = self.run("cat-file", "--batch-check", stdin=f"{revision}\n".encode())
        return b" commit " in answer

    def tree(self, revision: str, prefix: str = "") -> list[Entry]:
        """Files and links below ``prefix`` (paths stay relative to the root), in git's order."""
        listing = self.run("ls-tree", "-r", "-z", "--full-tree", revision, "--", *([prefix] if prefix else []))
        entries = []
        for line in listing.split(b"\0"):
            if not line:
                continue
            about, _, path = line.partition(b"\t")
            mode, _, oid = about.decode().split(" ")
            entries.append(Entry(mode, oid, path.decode("utf-8", "surrogateescape")))
        return entries

    def blobs_in_history(self, revisions: Sequence[str]) -> list[Entry]:
        """Every (object, one of its paths) reachable from ``revisions``; the mode is not known and empty."""
        listing = self.run("rev-list", "--objects", "--missing=allow-any", *revisions, "--")
        entries = []
        for line in listing.split(b"\n"):
            oid, _, path = line.partition(b" ")
            if path:
                entries.append(Entry("", oid.decode(), path.decode("utf-8", "surrogateescape")))
        return entries

    def additions(
        self, revisions: Sequence[str], pathspecs: Sequence[str] = (), *, changes: bool = False
    ) -> list[Addition]:
        """Every path that a commit reachable from ``revisions`` added, newest first; renames count as additions.

        With ``changes`` also the commits that changed a path.
        """
        listing = self.run(
            "log",
            "--no-renames",
            f"--diff-filter={'AM' if changes else 'A'}",
            "--format=%x01%H %cd",
            "--date=format-local:%Y-%m-%d",
            "--name-only",
            "-z",
            *revisions,
            "--",
            *pathspecs,
        )
        found = []
        commit = date = ""
        for part in listing.replace(b"\x01", b"\0\x01").split(b"\0"):
            text = part.decode("utf-8", "surrogateescape").removeprefix("\n")
            if text.startswith("\x01"):
                commit, _, date = text[1:].strip().partition(" ")
            elif text:
                found.append(Addition(text, commit, date))
        return found

    def sizes(self, names: Iterable[str]) -> list[tuple[str, int] | None]:
        """Object id and size in bytes for every name (an id or ``commit:path``), None where it is absent.

        Names with a line feed cannot be asked for and count as absent.
        """
        asked = [name if "\n" not in name else "0" * 40 for name in names]
        answer = self.run(
            "cat-file", "--batch-check", stdin=b"".join(n.encode("utf-8", "surrogateescape") + b"\n" for n in asked)
        )
        found: list[tuple[str, int] | None] = []
        for line in answer.decode("utf-8", "surrogateescape").splitlines():
            parts = line.rsplit(" ", 2)
            found.append((parts[0], int(parts[2])) if len(parts) == 3 and parts[2].isdigit() else None)
        if len(found) != len(asked):
            raise CorpusError(f"{self.path}: git cat-file answered {len(found)} of {len(asked)} names; fetch it again")
        return found

    def read(self, oid: str) -> bytes | None:
        """Content of a blob, None if the snapshot lacks it."""
        if self._reader is None or self._reader.poll() is not None:
            self._reader = subprocess.Popen(
                self._command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT},
            )
        assert self._reader.stdin is not None
        assert self._reader.stdout is not None
        self._reader.stdin.write(oid.encode() + b"\n")
        self._reader.stdin.flush()
        header = self._reader.stdout.readline().split()
        if len(header) != 3:
            if not header:
                self.close()
                raise CorpusError(f"{self.path}: git cat-file stopped at {oid}; fetch the repository again")
            return None
        data = self._reader.stdout.read(int(header[2]) + 1)
        return data[:-1]


@lru_cache(maxsize=16)
def open_repository(path: str) -> GitRepository:
    """One :class:`GitRepository` a path and process; the least used are closed with the process."""
    return GitRepository(Path(path))
