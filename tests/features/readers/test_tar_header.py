import random
import tarfile

import pytest

from darnel.features.readers.tar_header import _any, _plain, header


def block(**fields: object) -> bytes:
    info = tarfile.TarInfo(str(fields.pop("name", "pkg-1.0/setup.py")))
    for key, value in fields.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.USTAR_FORMAT)[:512]


def summed(head: bytes) -> bytes:
    total = sum(head[:148]) + 256 + sum(head[156:])
    return head[:148] + f"{total:06o}\0 ".encode() + head[156:]


@pytest.mark.parametrize(
    "fields",
    [
        {"size": 1234, "mode": 0o755},
        {"name": "a/" * 70 + "long.py", "size": 1},
        {"name": "pkg/", "type": tarfile.DIRTYPE},
        {"name": "é.py", "uname": "root", "gname": "root"},
        {"name": "pax", "type": tarfile.XHDTYPE, "size": 52},
    ],
)
def test_common_headers_are_read_like_tarfile_does(fields: dict[str, object]) -> None:
    head = block(**fields)
    assert _plain(head) is not None
    assert _plain(head) == _any(head)


def test_a_link_and_an_old_folder_take_the_long_way() -> None:
    for fields in ({"type": tarfile.SYMTYPE, "linkname": "x"}, {"name": "old/", "type": tarfile.AREGTYPE}):
        assert _plain(block(**fields)) is None
        assert header(block(**fields)) is not None


@pytest.mark.parametrize("field", [b"  0000644", b"0_644\0\0\0", b"-000644\0", b"000644\x00x", b"0000689\0", b"\0" * 8])
def test_odd_numbers_mean_what_they_mean_to_tarfile(field: bytes) -> None:
    head = block(size=5)
    head = summed(head[:100] + field[:8] + head[108:])
    assert header(head) == _any(head)


def test_damaged_headers_mean_what_they_mean_to_tarfile() -> None:
    rng = random.Random(0)
    for _ in range(2_000):
        head = bytearray(block(size=rng.randrange(1 << 20), name="pkg/é" * rng.randrange(1, 30)))
        for _ in range(rng.randrange(1, 4)):
            head[rng.randrange(512)] = rng.randrange(256)
        for changed in (bytes(head), summed(bytes(head))):
            assert header(changed) == _any(changed)


def test_what_has_another_length_is_none() -> None:
    assert header(b"") is None
    assert header(block()[:-1]) is None
    assert header(bytes(512)) is None
