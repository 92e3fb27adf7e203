"""Frames between the process that supervises and the one that analyses, over two pipes.

A frame is a length, a JSON header and raw blobs. What comes back from a worker, which has parsed hostile bytes in C, is
never unpickled: it is JSON of bounded length, from which :mod:`darnel.batch.codec` builds typed values.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

MAX_REPLY = 4 << 20
"""Bytes of the largest frame that is taken from a worker."""
MAX_REQUEST = 1 << 32
_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """The other side sent something that is not a frame."""


def send(stream: BinaryIO, header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one frame.

    Raises
    ------
    OSError
        The other side is gone.
    """
    text = json.dumps({**header, "sizes": [len(blob) for blob in blobs]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for blob in blobs:
        stream.write(blob)
    stream.flush()


def receive(stream: BinaryIO, limit: int = MAX_REPLY) -> tuple[dict[str, Any], list[bytes]]:
    """Read one frame of at most ``limit`` bytes.

    Raises
    ------
    EOFError
        The other side is gone.
    WireError
        This is no frame, or a larger one.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > limit:
        raise WireError(f"a header of {length} bytes")
    try:
        header = json.loads(_exactly(stream, length))
    except (ValueError, RecursionError):
        raise WireError("a header that is no JSON") from None
    sizes = header.get("sizes") if isinstance(header, dict) else None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise WireError("a header without sizes")
    if length + sum(sizes) > limit:
        raise WireError(f"a frame of {length + sum(sizes)} bytes")
    return header, [_exactly(stream, size) for size in sizes]


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
