"""Headers that are read without tarfile say what tarfile says."""

from __future__ import annotations

import random
import tarfile

import pytest

from darnel.features.readers import tar_header


def _told(block: bytes) -> tuple[object, ...] | None:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError, OverflowError, IndexError):
        return None
    return info.name, info.type, info.size, info.linkname, info.mode


def _read(block: bytes) -> tuple[object, ...] | None:
    try:
        return tuple(tar_header.decode(block))
    except (tarfile.TarError, ValueError, OverflowError, IndexError):
        return None


def _info(name: str, **values: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in values.items():
        setattr(info, key, value)
    return info


BLOCKS = [
    _info(name, **values).tobuf(form, "utf-8", "surrogateescape")[:512]
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
    for name, values in (
        ("pkg-1.0/setup.py", {"size": 1234, "mode": 0o755, "mtime": 1_700_000_000}),
        ("pkg-1.0/sub/", {"type": tarfile.DIRTYPE, "mode": 0o755}),
        ("old/", {"type": tarfile.AREGTYPE}),
        ("link", {"type": tarfile.SYMTYPE, "linkname": "../target"}),
        ("hard", {"type": tarfile.LNKTYPE, "linkname": "pkg/a"}),
        ("pipe", {"type": tarfile.FIFOTYPE}),
        ("device", {"type": tarfile.CHRTYPE, "devmajor": 5, "devminor": 1}),
        ("n\u00e4me.py", {"size": 7}),
        (f"{'folder/' * 13}{'x' * 60}.py", {"size": 8}),
        ("owned.py", {"uid": 1000, "gid": 1000, "uname": "someone", "gname": "\u00fcsers"}),
    )
]


def _signed(block: bytes, number: bytes = b"%06o\0 ") -> bytes:
    """With the checksum that it should have."""
    total = sum(block[:148]) + sum(block[156:]) + 256
    return block[:148] + number % total + block[156:]


@pytest.mark.parametrize("block", BLOCKS)
def test_as_tarfile_says(block: bytes) -> None:
    assert _read(block) == _told(block) is not None


def test_usual_headers_do_not_need_tarfile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarfile.TarInfo, "frombuf", None)
    assert _read(BLOCKS[0]) == ("pkg-1.0/setup.py", tarfile.REGTYPE, 1234, "", 0o755)
    spaced = BLOCKS[0].replace(b"0000755\0", b"000755 \0", 1)  # as npm writes it
    assert _read(_signed(spaced)) == ("pkg-1.0/setup.py", tarfile.REGTYPE, 1234, "", 0o755)


def test_whatever_is_changed() -> None:
    draw = random.Random(0)
    read = 0
    for _ in range(6_000):
        block = bytearray(draw.choice(BLOCKS))
        for _ in range(draw.randint(1, 3)):
            at = draw.choice((draw.randrange(512), draw.randrange(100, 160), draw.randrange(320, 360)))
            block[at] = draw.choice((0, 32, 48, 55, 56, 45, 95, 128, 255, draw.randrange(256)))
        form = draw.choice((b"%06o\0 ", b"%06o \0", b"%07o\0", b"%08o"))
        for changed in (bytes(block), _signed(bytes(block), form)):
            assert _read(changed) == _told(changed)
            read += _told(changed) is not None
    assert read > 2_000  # else nothing much was compared


def test_a_wrong_checksum_is_no_header() -> None:
    assert _read(BLOCKS[0][:500] + b"\1" + BLOCKS[0][501:]) is None


@pytest.mark.parametrize("length", [0, 156, 345, 400, 511])
def test_a_short_block_is_no_header(length: int) -> None:
    full = _signed(BLOCKS[0][:400] + bytes(112))
    assert _read(full) is not None
    assert _read(full[:length]) is None
