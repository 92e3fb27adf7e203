from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from darnel.batch import manifest, storage
from darnel.batch.storage import Folder, open_stream, read_bytes
from darnel.batch.store import ParquetStore
from darnel.batch.task import BYTES, Payload, Task, payload_at, with_previous
from darnel.errors import DarnelError, InputError
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.readers.source import PathSource


class ClientError(Exception):
    """Like that of botocore: no OSError."""


class Cut(io.BytesIO):
    """A file whose server goes away."""

    def read(self, *_: Any) -> bytes:
        raise ClientError("SlowDown:\nplease reduce your request rate")


class Moody(MemoryFileSystem):  # type: ignore[misc]
    protocol = "moody"

    def _open(self, path: str, *_: Any, **__: Any) -> Any:
        if "cut" in path:
            return Cut(bytes(99))
        raise ClientError("NoSuchKey")

    def pipe_file(self, *_: Any, **__: Any) -> None:
        raise ClientError("AccessDenied")

    def find(self, *_: Any, **__: Any) -> Any:
        raise ClientError("AccessDenied")

    def exists(self, *_: Any, **__: Any) -> bool:
        return True


fsspec.register_implementation("moody", Moody, clobber=True)


def test_errors_of_any_kind_are_one_line() -> None:
    folder = Folder("moody://place")
    assert folder.get("x", 9) is None
    assert folder.get("cut", 9) is None
    with pytest.raises(DarnelError, match=re.escape("moody://place: cannot be written (ClientError: AccessDenied")):
        folder.put("a/b", b"x")
    with pytest.raises(DarnelError, match=re.escape("moody://place: cannot be listed (ClientError: AccessDenied")):
        list(folder.names(""))
    with pytest.raises(OSError, match="ClientError: NoSuchKey"):
        folder.open("x")
    with folder.open("cut") as stream, pytest.raises(OSError, match="ClientError: SlowDown"):
        stream.read(1)
    for location in ("moody://x", "moody://cut"):
        with pytest.raises(InputError, match=re.escape(f"{location}: cannot be read (ClientError")):
            read_bytes(location, 9)
    with pytest.raises(DarnelError, match=re.escape("moody://x: cannot be read (ClientError")):
        open_stream("moody://x")
    for location in ("moody://cut.csv", "moody://cut.parquet"):
        with pytest.raises(DarnelError, match=location) as caught:
            list(manifest.read(location))
        assert "SlowDown" in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(DarnelError, match="moody://out: cannot be listed"):
        ParquetStore("moody://out", "m")


def test_streams_at_urls_can_be_read_and_searched() -> None:
    fsspec.filesystem("memory").pipe_file("/streams/x", bytes(range(100)))
    with Folder("memory://streams").open("x") as stream:
        assert stream.seekable()
        assert stream.seek(-2, io.SEEK_END) == 98
        assert stream.read() == bytes((98, 99))
        assert stream.seek(50) == 50
        assert (stream.read(2), stream.tell()) == (bytes((50, 51)), 52)


def test_a_file_that_is_there_and_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(5, os.strerror(5))

    path = tmp_path / "x-1.0.whl"
    path.write_bytes(b"x")
    monkeypatch.setattr(PathSource, "open", lambda _: Broken())
    with pytest.raises(InputError, match=re.escape("x-1.0.whl: Input/output error; give a readable file")):
        payload_at(str(path), DEFAULT_LIMITS)


def test_a_previous_release_at_a_url_that_cannot_be_opened_costs_a_notice() -> None:
    task = with_previous(Task(Payload(BYTES, "x")), lambda: payload_at("nosuch://x", DEFAULT_LIMITS))
    assert "nosuch://x: cannot be opened" in task.notice


def test_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(DarnelError, match="needs fsspec"):
        storage.file_system("memory://x")


def test_a_dataset_that_cannot_be_listed_is_not_taken_for_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(str(tmp_path))
    assert list(Folder(str(tmp_path / "none")).names("")) == []
    folder.put("label=clean/part-1.parquet", b"x")
    assert list(folder.names(".parquet")) == ["label=clean/part-1.parquet"]
    real = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("label=clean"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DarnelError, match=re.escape(f"{tmp_path}: cannot be listed (Permission denied)")):
        list(folder.names(".parquet"))
