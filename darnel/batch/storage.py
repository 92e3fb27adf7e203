"""Local paths and URLs (``s3://``, ``gs://``, ``memory://``, …) behind the few operations that a batch needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO, cast
from uuid import uuid4

from darnel.errors import DarnelError, InputError

MISSING = "needs fsspec, which is not installed: pip install 'darnel[batch]'"


def is_url(location: str) -> bool:
    """Whether a location is a URL for fsspec rather than a path."""
    scheme, found, _ = location.partition("://")
    return bool(found) and scheme.isidentifier()


def file_system(url: str) -> tuple[Any, str]:
    """File system of a URL, and the URL's path in it.

    Raises
    ------
    DarnelError
        fsspec, or what it needs for this scheme, is not installed, or it does not know the scheme.
    """
    try:
        import fsspec
    except ImportError:
        raise DarnelError(f"{url}: {MISSING}") from None
    try:
        fs, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise DarnelError(f"{url}: cannot be opened ({' '.join(str(error).split())[:200]})") from None
    return fs, str(path)


def read_bytes(location: str, cap: int) -> bytes:
    """At most ``cap`` bytes of a file.

    Raises
    ------
    InputError
        It is not there or cannot be read.
    """
    try:
        if not is_url(location):
            with open(location, "rb") as stream:
                return stream.read(cap)
        fs, path = file_system(location)
        with fs.open(path, "rb") as remote:
            return bytes(remote.read(cap))
    except DarnelError:
        raise
    except Exception as error:  # each file system behind fsspec has errors of its own
        raise InputError(f"{location}: cannot be read ({_reason(error)}); check that it is there") from None


def open_stream(location: str) -> BinaryIO:
    """A binary stream, to be closed by the caller.

    Raises
    ------
    DarnelError
        It is not there or cannot be read.
    """
    try:
        if not is_url(location):
            return open(location, "rb")
        fs, path = file_system(location)
        return cast(BinaryIO, fs.open(path, "rb"))
    except DarnelError:
        raise
    except Exception as error:  # as above
        raise DarnelError(f"{location}: cannot be read ({_reason(error)}); check that it is there") from None


class Folder:
    """A folder that files are put into as a whole or not at all; made when the first one comes.

    On a local disk a file is written beside its place and renamed; object stores show an object when it is complete.
    """

    def __init__(self, location: str) -> None:
        self.location = location.rstrip("/") or "/"
        self.local = not is_url(location)
        self._fs: Any = None
        self._root = self.location
        if not self.local:
            self._fs, self._root = file_system(self.location)

    def put(self, name: str, data: bytes) -> None:
        """Write a file, ``name`` relative with ``/``.

        Raises
        ------
        DarnelError
            It cannot be written.
        """
        path = f"{self._root}/{name}"
        try:
            self._put(path, data)
        except OSError as error:
            raise DarnelError(
                f"{self.location}: cannot be written ({_reason(error)}); make room there and start again"
            ) from None

    def _put(self, path: str, data: bytes) -> None:
        if self._fs is not None:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(path, data)
            return
        beside = f"{path}.{uuid4().hex}.tmp"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(beside, "wb") as stream:
            stream.write(data)
        os.replace(beside, path)

    def get(self, name: str, cap: int) -> bytes | None:
        """Content of a file if it is there and has at most ``cap`` bytes."""
        path = f"{self._root}/{name}"
        try:
            with open(path, "rb") if self._fs is None else self._fs.open(path, "rb") as stream:
                data = bytes(stream.read(cap + 1))
        except OSError:
            return None
        return data if len(data) <= cap else None

    def open(self, name: str) -> Any:
        """A seekable binary stream on a file."""
        path = f"{self._root}/{name}"
        return open(path, "rb") if self._fs is None else self._fs.open(path, "rb")

    def names(self, suffix: str) -> Iterator[str]:
        """Names of all files with a suffix, in this folder and in those below, sorted."""
        if self._fs is None:
            for folder, folders, files in os.walk(self._root):
                folders.sort()
                inside = os.path.relpath(folder, self._root)
                prefix = "" if inside == "." else f"{inside}/".replace(os.sep, "/")
                yield from (prefix + name for name in sorted(files) if name.endswith(suffix))
        elif self._fs.exists(self._root):
            start = len(self._root.rstrip("/")) + 1
            yield from (path[start:] for path in sorted(self._fs.find(self._root)) if path.endswith(suffix))


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    text = error.strerror if isinstance(error, OSError) else ""
    return " ".join((text or f"{type(error).__name__}: {error}").split())[:200]
