"""Inert fixtures: headers and filler bytes, no code."""

import random

import pytest

from darnel.features.binaries import COLUMNS, examine
from darnel.features.content import sniff

NOISE = random.Random(3).randbytes(20_000)


def elf(kind: int, body: bytes = b"") -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + kind.to_bytes(2, "little") + bytes(200) + body


def test_library_and_program() -> None:
    library = examine(elf(3, b"PyInit_fast\0"), sniff("a.so", elf(3))).values
    assert (library["bin.elf"], library["bin.extension_module"], library["bin.program"]) == (1.0, 1.0, 0.0)
    program = examine(elf(2), sniff("a", elf(2))).values
    assert (program["bin.extension_module"], program["bin.program"]) == (0.0, 1.0)
    assert set(library) <= {column.name for column in COLUMNS}


def test_strings_reach_the_indicators() -> None:
    data = elf(2, b"\0~/.ssh/id_rsa\0https://webhook.site/x\0" + b"CreateRemoteThread" + b"\0UPX!\0")
    found = examine(data, sniff("a", data))
    assert {o.behaviour for o in found.observations} >= {"cred.ssh", "host.outofband"}
    assert not any(o.top for o in found.observations)
    assert found.values["bin.cred_families"] == 1
    assert found.values["bin.inject"] == 1
    assert found.values["bin.packed"] == 1


def test_packed_data_is_dense() -> None:
    dense = examine(elf(2, NOISE), sniff("a", elf(2))).values
    plain = examine(elf(2, bytes(20_000)), sniff("a", elf(2))).values
    assert dense["bin.dense_share"] > 0.7 > 0.1 > plain["bin.dense_share"]
    assert dense["bin.entropy"] > 7 > 1 > plain["bin.entropy"]


def test_wide_strings_of_windows_programs() -> None:
    head = bytearray(512)
    head[:2], head[60:64], head[128:132] = b"MZ", (128).to_bytes(4, "little"), b"PE\0\0"
    data = bytes(head) + "https://x.beeceptor.com/x".encode("utf-16-le")
    assert {o.behaviour for o in examine(data, sniff("a.dll", data)).observations} == {"host.outofband"}


def test_text_is_no_binary() -> None:
    assert examine(b"x = 1\n", sniff("a.py", b"x = 1\n")) == ({}, [])


@pytest.mark.parametrize("size", [1, 8, 17, 19, 64, 65, 4095, 4096, 4097])
@pytest.mark.parametrize("head", [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\0asm", b"\xff\x00\x01"])
def test_never_raises(head: bytes, size: int) -> None:
    data = (head + NOISE)[:size]
    examine(data, sniff("a.bin", data))
