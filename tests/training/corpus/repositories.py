"""Tiny git repositories with harmless content, made by the tests that need them."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.invalid",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Builder:
    """A work tree with its repository; ``commit`` replaces files and returns the commit id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *arguments: str, date: str = "2024-03-01T12:00:00Z") -> str:
        environment = {**os.environ, **ENVIRONMENT, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=environment, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def commit(
        self,
        files: Mapping[str, bytes | None],
        links: Mapping[str, str] | None = None,
        date: str = "2024-03-01T12:00:00Z",
    ) -> str:
        for name, data in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
        for name, target in (links or {}).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x", date=date)
        return self.git("rev-parse", "HEAD")

    @property
    def git_directory(self) -> Path:
        return self.folder / ".git"

    def lose(self, oid: str) -> None:
        """Make a snapshot that lacks an object."""
        (self.git_directory / "objects" / oid[:2] / oid[2:]).unlink()


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ``.tar.gz`` without time stamps."""
    import gzip

    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)
