"""Local paths and URLs (``s3://``, ``gs://``, ``memory://``, …) behind the few operations that a batch needs."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, BinaryIO, cast
from uuid import uuid4

from darnel.errors import DarnelError, InputError

MISSING = "needs fsspec, which is not installed: pip install 'darnel[batch]'"
LOCAL_SCHEMES = ("file://", "local://")


def is_url(location: str) -> bool:
    """Whether a location is a URL for fsspec rather than a path."""
    scheme, found, _ = location.partition("://")
    return bool(found) and scheme.isidentifier()


def plain(location: str) -> str:
    """A location as it is called from here on: what is local as a path, so that it has locks, links and folders.

    Blanks, ``..`` and links stay as they are: only ``./`` and doubled slashes of a path lead nowhere for certain.
    """
    scheme = next((scheme for scheme in LOCAL_SCHEMES if location.startswith(scheme)), "")
    location = location[len(scheme) :]
    if not location or os.sep != "/" or (not scheme and is_url(location)):
        return location
    start = "/" if location.startswith("/") else ""
    return start + "/".join(part for part in location.split("/") if part not in ("", ".")) or "."


def file_system(url: str) -> tuple[Any, str]:
    """File system of a URL, and the URL's path in it.

    ``::`` is part of a name: what fsspec would make of it, a chain of file systems, leads from the name of one release
    to the bytes of another.

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
        scheme = url.partition("://")[0]
        kind = fsspec.get_filesystem_class(scheme)
        return fsspec.filesystem(scheme, **kind._get_kwargs_from_urls(url)), str(kind._strip_protocol(url))
    except Exception as error:  # no such scheme, a package is missing, or the file system has an error of its own
        raise DarnelError(f"{url}: cannot be opened ({' '.join(str(error).split())[:200]})") from None


def url_of(fs: Any, name: str, url: str, path: str) -> str:
    """URL of a file that a file system has listed.

    Parameters
    ----------
    fs : file system
        That of ``url``.
    name : str
        As it is called in the listing, which may leave out the host or account.
    url, path : str
        What was listed, and its path in the file system.
    """
    plain_url = str(fs.unstrip_protocol(name))
    url, path = url.rstrip("/"), path.rstrip("/")
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(reversed(url), reversed(path), strict=False))
    )
    with_host = url[: len(url) - shared] + name.removeprefix(path[: len(path) - shared])
    options = fs._get_kwargs_from_urls(url)
    for found in (plain_url, with_host):  # the first that leads back
        if fs._get_kwargs_from_urls(found) == options and str(fs._strip_protocol(found)) == name:
            return found
    return plain_url


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
    except DarnelError as error:
        raise InputError(str(error)) from None
    except Exception as error:  # each file system behind fsspec has errors of its own
        raise InputError(f"{location}: cannot be read ({reason_of(error)}); check that it is there") from None


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
        return _buffered(fs.open(path, "rb"))
    except DarnelError:
        raise
    except Exception as error:  # as above
        raise DarnelError(f"{location}: cannot be read ({reason_of(error)}); check that it is there") from None


class Folder:
    """A folder that files are put into as a whole or not at all; made when the first one comes.

    On a local disk a file is written beside its place, hidden from readers of datasets by a dot, and renamed; object
    stores show an object when it is complete.
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
        except Exception as error:  # as above
            raise DarnelError(
                f"{self.location}: cannot be written ({reason_of(error)}); make room there and start again"
            ) from None

    def _put(self, path: str, data: bytes) -> None:
        if self._fs is not None:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(path, data)
            return
        folder, name = os.path.split(path)
        beside = os.path.join(folder, f".{name}.{uuid4().hex}.tmp")
        os.makedirs(folder, exist_ok=True)
        try:
            with open(beside, "wb") as stream:
                stream.write(data)
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(beside)
            raise

    def remove(self, name: str) -> None:
        """Remove a file.

        Raises
        ------
        DarnelError
            It cannot be removed.
        """
        path = f"{self._root}/{name}"
        try:
            os.remove(path) if self._fs is None else self._fs.rm_file(path)
        except Exception as error:  # as above
            raise DarnelError(f"{self.location}/{name}: cannot be removed ({reason_of(error)})") from None

    def get(self, name: str, cap: int) -> bytes | None:
        """Content of a file if it is there and has at most ``cap`` bytes."""
        path = f"{self._root}/{name}"
        try:
            with open(path, "rb") if self._fs is None else self._fs.open(path, "rb") as stream:
                data = bytes(stream.read(cap + 1))
        except Exception:  # as above
            return None
        return data if len(data) <= cap else None

    def open(self, name: str) -> BinaryIO:
        """A seekable binary stream on a file.

        Raises
        ------
        OSError
            It cannot be opened; reading from it raises the same.
        """
        path = f"{self._root}/{name}"
        if self._fs is None:
            return open(path, "rb")
        try:
            return _buffered(self._fs.open(path, "rb"))
        except Exception as error:  # as above
            raise _plain_error(error) from error

    def names(self, suffix: str) -> Iterator[str]:
        """Names of all files with a suffix, in this folder and in those below, sorted.

        Raises
        ------
        DarnelError
            One of them cannot be listed.
        """
        try:
            if self._fs is None:
                walked = os.walk(self._root, onerror=_fail)
                found = [f"{folder}/{name}".replace(os.sep, "/") for folder, _, files in walked for name in files]
            else:
                found = self._fs.find(self._root) if self._fs.exists(self._root) else []
        except Exception as error:  # as above
            raise DarnelError(f"{self.location}: cannot be listed ({reason_of(error)})") from None
        start = len(self._root.rstrip("/")) + 1
        yield from (path[start:] for path in sorted(found) if path.endswith(suffix))


def _fail(error: OSError) -> None:
    """What :func:`os.walk` passes over is an error: rows that are not seen are written again."""
    if not isinstance(error, FileNotFoundError):
        raise error


class _Remote(io.RawIOBase):
    """A file of a file system behind fsspec whose errors, whatever they are, are ``OSError``."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._file.read(len(buffer))
        except Exception as error:
            raise _plain_error(error) from error
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return int(self._file.seek(offset, whence))
        except Exception as error:
            raise _plain_error(error) from error

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._file.close()
        super().close()


def _buffered(file: Any) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Remote(file)))


def _plain_error(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(reason_of(error))


def reason_of(error: Exception) -> str:
    """What went wrong, in a few words on one line."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    text = error.strerror if isinstance(error, OSError) else ""
    return " ".join((text or f"{type(error).__name__}: {error}").split())[:200]
