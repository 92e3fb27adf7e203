"""Where the bytes of an artefact come from: something that can be opened again and again."""

from __future__ import annotations

import io
import os
import stat
from hashlib import sha256
from typing import BinaryIO, Protocol, cast

from darnel.errors import InputError, LimitError
from darnel.features.limits import Limits


class Source(Protocol):
    """Reopenable bytes."""

    label: str
    """For people."""
    file_name: str
    """Last part of the path, ``""`` if unknown."""
    size: int

    def open(self) -> BinaryIO:
        """A seekable reader at the start; the caller closes it."""
        ...


class PathSource:
    """A regular file."""

    def __init__(self, path: str) -> None:
        self.label = path
        self.file_name = os.path.basename(path)
        self._path = path
        try:
            found = os.stat(path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {_reason(error)}; give a readable file or folder") from error
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path}: neither a regular file nor a folder; give a package archive or a folder")
        self.size = found.st_size

    def open(self) -> BinaryIO:
        """Open the file."""
        try:
            return open(self._path, "rb")
        except OSError as error:
            raise InputError(f"{self._path}: {_reason(error)}; give a readable file or folder") from error


class BytesSource:
    """Bytes in memory."""

    def __init__(self, data: bytes, label: str = "<bytes>", file_name: str = "") -> None:
        self.label = label
        self.file_name = file_name
        self.size = len(data)
        self._data = data

    def open(self) -> BinaryIO:
        """A reader on the bytes."""
        return io.BytesIO(self._data)


class FileSource:
    """A seekable binary file object of the caller's, from its position on; never closed here."""

    def __init__(self, file: BinaryIO, label: str, file_name: str) -> None:
        self.label = label
        self.file_name = file_name
        self._file = file
        self._start = file.tell()
        self.size = max(0, file.seek(0, io.SEEK_END) - self._start)
        file.seek(self._start)

    def open(self) -> BinaryIO:
        """A view with its own position, so that two passes do not disturb each other."""
        return io.BufferedReader(_View(self._file, self._start, self.size))


class _View(io.RawIOBase):
    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("negative seek")
        self._at = base + offset
        return self._at


def from_file_object(file: BinaryIO, limits: Limits) -> Source:
    """A source on a binary file object; one that cannot be seeked is read into memory, within the limits."""
    name = getattr(file, "name", "")
    name = name if isinstance(name, str) else ""
    label, file_name = name or "<file object>", os.path.basename(name)
    try:
        if not isinstance(cast(object, file.read(0)), bytes):
            raise InputError(f'{label}: not a binary file object; open it with mode "rb"')
        if isinstance(file, io.BytesIO) and type(file).read is io.BytesIO.read:
            return BytesSource(file.getvalue()[file.tell() :], label, file_name)
        if file.seekable():
            return FileSource(file, label, file_name)
        data = file.read(limits.compressed_bytes + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{label}: {_reason(error)}; give an open, readable binary file") from error
    return BytesSource(data, label, file_name)


def check_size(source: Source, limits: Limits) -> None:
    """Refuse what is empty or too large."""
    if source.size == 0:
        raise InputError(f"{source.label}: empty; download the package again")
    if source.size > limits.compressed_bytes:
        raise LimitError(
            f"{source.label}: {source.size} bytes are more than the limit of {limits.compressed_bytes}; "
            "raise Limits.compressed_bytes to judge it"
        )


def digest(source: Source) -> str:
    """sha256 (hex) of all bytes."""
    total = sha256()
    with source.open() as raw:
        while chunk := raw.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
