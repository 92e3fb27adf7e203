"""Decompressors with one interface, that of :class:`bz2.BZ2Decompressor`."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Protocol

XZ_MEMORY = 96 << 20
"""Dictionary memory (bytes) an xz stream may ask for; ``xz -9`` needs 65 MiB."""


class CodecError(Exception):
    """The compressed data is damaged; ``salvaged`` is what came out before the damage."""

    def __init__(self, reason: str, salvaged: bytes = b"") -> None:
        super().__init__(reason)
        self.salvaged = salvaged


class Decompressor(Protocol):
    """One compressed stream."""

    @property
    def eof(self) -> bool:
        """The end marker was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """More input is needed before more output can be had."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the end marker."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Feed ``data``, return at most ``max_length`` bytes."""
        ...


class Deflate:
    """Raw deflate, or zlib with a header (``wbits`` as in :mod:`zlib`)."""

    def __init__(self, wbits: int = -15) -> None:
        self._wbits = wbits
        self._inflate = zlib.decompressobj(wbits)
        self._tail = b""
        self._fresh = True
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """The end marker was reached."""
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        """What followed the end marker."""
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Feed ``data``, return at most ``max_length`` bytes; :class:`CodecError` with what could be salvaged."""
        data = self._tail + data if self._tail else data
        before = zlib.decompressobj(self._wbits) if self._fresh else self._inflate.copy()
        self._fresh = False
        try:
            out = self._inflate.decompress(data, max_length)
        except zlib.error as error:
            raise CodecError("damaged deflate data", _salvage(before, data, max_length)) from error
        self._tail = self._inflate.unconsumed_tail
        self.needs_input = len(out) < max_length and not self._tail
        return out


def _salvage(inflate: zlib._Decompress, data: bytes, max_length: int) -> bytes:
    # zlib throws away the output of the call that fails: feed it again in single bytes, up to the damage.
    out = bytearray()
    try:
        for i in range(len(data)):
            out += inflate.decompress(data[i : i + 1])
            if len(out) >= max_length:
                break
    except zlib.error:
        pass
    return bytes(out[:max_length])


class Checked:
    """bz2 or xz: their errors become :class:`CodecError`."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        """The end marker was reached."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """More input is needed before more output can be had."""
        return self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        """What followed the end marker."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Feed ``data``, return at most ``max_length`` bytes."""
        try:
            return self._inner.decompress(data, max_length)
        except (OSError, ValueError, EOFError, lzma.LZMAError) as error:
            raise CodecError("damaged compressed data") from error


def bzip2() -> Decompressor:
    """One bzip2 stream."""
    return Checked(bz2.BZ2Decompressor())


def xz() -> Decompressor:
    """One xz stream, within :data:`XZ_MEMORY`."""
    return Checked(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY))


def zip_lzma(properties: bytes) -> Decompressor:
    """Raw LZMA as in a zip member; ``properties`` are the 5 bytes of its header.

    Raises
    ------
    CodecError
        Impossible properties, or a dictionary beyond :data:`XZ_MEMORY`.
    """
    packed, dictionary = properties[0], int.from_bytes(properties[1:5], "little")
    if dictionary > XZ_MEMORY or packed >= 9 * 5 * 5:
        raise CodecError("impossible LZMA properties")
    chain = {
        "id": lzma.FILTER_LZMA1,
        "lc": packed % 9,
        "lp": packed // 9 % 5,
        "pb": packed // 45,
        "dict_size": max(dictionary, 4096),
    }
    try:
        return Checked(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]))
    except (lzma.LZMAError, ValueError) as error:
        raise CodecError("impossible LZMA properties") from error
