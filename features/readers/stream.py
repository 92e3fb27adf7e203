"""A forward-only decompressing stream that spends a budget and reports damage instead of raising."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO

from darnel.features.readers.budget import Budget
from darnel.features.readers.codecs import CodecError, Decompressor, Deflate, bzip2, xz
from darnel.features.readers.detect import Container

CHUNK = 1 << 16
GZIP_HEADER = 1 << 17
"""Longest gzip header (file name, comment, extra field) that is accepted, bytes."""

_NEXT: dict[Container, tuple[bytes, Callable[[], Decompressor]]] = {
    Container.GZIP: (b"\x1f\x8b", Deflate),
    Container.BZIP2: (b"BZh", bzip2),
    Container.XZ: (b"\xfd7zXZ\0", xz),
}


class Stream:
    """Bytes of a compressed (or plain) file, in order.

    Everything that comes out is taken from ``budget``. ``fault`` says why the stream ended early, as an anomaly
    kind (``truncated``, ``corrupt``, ``bad-crc``, ``expansion-limit``) or ``""``; ``trailing`` that foreign bytes
    follow the compressed data; ``framed`` that the container marks its own end. What was readable before a fault is
    handed out first.

    Parameters
    ----------
    raw : binary file
        Read from its current position.
    container : Container or None
        ``GZIP``, ``BZIP2``, ``XZ``; None for plain bytes. With ``decompressor``, ignored.
    budget : Budget
        Shared; ``remaining`` sinks by every byte that is produced.
    length : int
        Compressed bytes that belong to the stream; -1 for all.
    decompressor : Decompressor, optional
        A bare codec (a zip member's), without a container's framing.
    keep : bool
        Hold everything that is produced, for :meth:`again`.
    """

    def __init__(
        self,
        raw: BinaryIO,
        container: Container | None,
        budget: Budget,
        length: int = -1,
        decompressor: Decompressor | None = None,
        *,
        keep: bool = False,
    ) -> None:
        self.fault = ""
        self.trailing = False
        self.position = 0
        self._raw = raw
        self._left = length
        self._container = container if container in _NEXT else None
        self._codec = decompressor
        self.framed = self._container is not None
        self._started = False
        self._input = b""
        self._budget = budget
        self._buffer = b""
        self._offset = 0
        self._ended = False
        self._crc = 0
        self._produced = 0
        self._kept: list[bytes] | None = [] if keep else None
        self._head = memoryview(b"")
        """What was kept and is not yet handed out again."""
        self._after_head = False, False
        """``trailing`` and whether the stream ended, once that is handed out."""

    def again(self, raw: BinaryIO, at: int, budget: Budget) -> Stream | None:
        """Start again, on another reader of the same bytes; None if that takes a new stream, as something was wrong.

        What was kept is not decompressed again, but taken from ``budget`` all the same.

        Parameters
        ----------
        raw : binary file
        at : int
            Where the reader of this stream stood in the end.
        budget : Budget
            Instead of that of this stream, which may have run out.
        """
        over = self.fault == "expansion-limit" and self._codec is not None
        if not self._kept or (self.fault and not over):
            return None
        self._head, self._kept = memoryview(b"".join(self._kept)), None
        self._after_head = self.trailing, self._ended and not over
        self.fault, self.trailing, self._ended = "", False, False
        self._buffer, self._offset, self.position = b"", 0, 0
        self._raw, self._budget = raw, budget
        raw.seek(at)
        return self

    def take(self, count: int) -> bytes:
        """Next ``count`` bytes, fewer at the end."""
        end = self._offset + count
        if end <= len(self._buffer):
            out = self._buffer[self._offset : end]
            self._offset = end
        else:
            pieces = [self._buffer[self._offset :]]
            missing = end - len(self._buffer)
            self._buffer, self._offset = b"", 0
            while missing > 0 and (piece := self._produce(missing)):
                if len(piece) > missing:
                    self._buffer, self._offset = piece, missing
                    piece = piece[:missing]
                pieces.append(piece)
                missing -= len(piece)
            out = b"".join(pieces)
        self.position += len(out)
        return out

    def skip(self, count: int) -> int:
        """Pass over ``count`` bytes; how many there were."""
        done = 0
        while done < count:
            piece = self.take(min(CHUNK, count - done))
            if not piece:
                break
            done += len(piece)
        return done

    def unread(self, data: bytes) -> None:
        """Put ``data``, just taken, back."""
        self._buffer = data + self._buffer[self._offset :]
        self._offset = 0
        self.position -= len(data)

    def _read_raw(self, count: int) -> bytes:
        if self._left >= 0:
            count = min(count, self._left)
        data = self._raw.read(count) if count else b""
        if self._left >= 0:
            self._left -= len(data)
        return data

    def _produce(self, wanted: int) -> bytes:
        """At least one byte more, or ``b""`` at the end."""
        while not self._ended:
            allowed = min(max(wanted, CHUNK), self._budget.remaining)
            if allowed <= 0:
                # The budget may run out exactly at the end, which is no fault.
                more = self._head or self._codec or self._input or self._read_raw(1)
                self._stop("expansion-limit" if more else "")
                break
            out = self._step_again(allowed) if self._head else self._step(allowed)
            if out:
                self._budget.remaining -= len(out)
                if self._kept is not None:
                    self._kept.append(out)
                return out
        return b""

    def _step_again(self, allowed: int) -> bytes:
        out = bytes(self._head[:allowed])
        self._head = self._head[allowed:]
        if not self._head:
            self.trailing, self._ended = self._after_head
        return out

    def _step(self, allowed: int) -> bytes:
        if self._codec is None:
            if self.framed:
                self._next_frame()
                return b""
            data = self._read_raw(min(allowed, 1 << 20))
            if not data:
                self._stop("truncated" if self._left > 0 else "")
            return data
        data = b""
        if self._codec.needs_input:
            data, self._input = self._input or self._read_raw(CHUNK), b""
            if not data:
                self._stop("truncated")
                return b""
        try:
            out = self._codec.decompress(data, allowed)
        except CodecError as error:
            self._stop("corrupt")
            return error.salvaged
        if self._container is Container.GZIP:
            self._crc = zlib.crc32(out, self._crc)
            self._produced += len(out)
        if self._codec.eof:
            self._input = self._codec.unused_data
            self._codec = None
            if self.framed:
                self._check_trailer()
            else:
                self._stop("")
        return out

    def _next_frame(self) -> None:
        assert self._container is not None
        magic, codec = _NEXT[self._container]
        self._need(len(magic))
        if self._started:
            # Zero padding after the last frame is allowed.
            while self._input and not self._input.strip(b"\0"):
                self._input = self._read_raw(CHUNK)
            if not self._input:
                self._stop("")
                return
            self._input = self._input.lstrip(b"\0")
            self._need(len(magic))
        if not self._input.startswith(magic):
            self.trailing = self._started
            self._stop("" if self._started else "corrupt")
            return
        if self._container is Container.GZIP and not self._pass_gzip_header():
            self.trailing = self._started
            self._stop("" if self._started else "truncated")
            return
        self._started = True
        self._crc = self._produced = 0
        self._codec = codec()

    def _pass_gzip_header(self) -> bool:
        self._need(GZIP_HEADER)
        data = self._input
        if len(data) < 10 or data[2] != 8:
            return False
        flags, at = data[3], 10
        if flags & 4:
            at += 2 + int.from_bytes(data[10:12], "little")
        for flag in (8, 16):
            if flags & flag:
                at = data.find(b"\0", at) + 1
                if at <= 0:
                    return False
        if flags & 2:
            at += 2
        self._input = data[at:]
        return at <= len(data)

    def _check_trailer(self) -> None:
        if self._container is not Container.GZIP:
            return
        self._need(8)
        trailer, self._input = self._input[:8], self._input[8:]
        if len(trailer) < 8:
            self._stop("truncated")
        elif trailer != self._crc.to_bytes(4, "little") + (self._produced & 0xFFFFFFFF).to_bytes(4, "little"):
            self._stop("bad-crc")

    def _need(self, count: int) -> None:
        while len(self._input) < count and (data := self._read_raw(CHUNK)):
            self._input += data

    def _stop(self, fault: str) -> None:
        self._ended = True
        self.fault = self.fault or fault
