from __future__ import annotations

import io
import struct

import pytest

from darnel.batch import wire


def test_a_frame_comes_back() -> None:
    stream = io.BytesIO()
    wire.send(stream, {"op": "x", "text": "ä"}, [b"", b"abc"])
    wire.send(stream, {"op": "y"})
    stream.seek(0)
    header, blobs = wire.receive(stream)
    assert (header["op"], header["text"], blobs) == ("x", "ä", [b"", b"abc"])
    assert wire.receive(stream)[0]["op"] == "y"
    with pytest.raises(EOFError):
        wire.receive(stream)


def frame(text: bytes) -> io.BytesIO:
    return io.BytesIO(struct.pack(">I", len(text)) + text)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b'{"sizes": 1}', b'{"sizes": [-1]}', b'{"sizes": [1.5]}', b"[" * 100_000, b"\xff"],
)
def test_what_is_no_frame_is_refused(text: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.receive(frame(text))


def test_a_large_frame_is_refused_before_it_is_read() -> None:
    with pytest.raises(wire.WireError):
        wire.receive(io.BytesIO(struct.pack(">I", wire.MAX_REPLY + 1)))
    with pytest.raises(wire.WireError):
        wire.receive(frame(b'{"sizes": [99999999999]}'))


def test_half_a_frame_is_an_end() -> None:
    with pytest.raises(EOFError):
        wire.receive(io.BytesIO(struct.pack(">I", 100) + b"{"))
    with pytest.raises(EOFError):
        wire.receive(frame(b'{"sizes": [5]}'))
