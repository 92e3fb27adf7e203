"""Inert fixtures: heads of executables without any code behind them."""

from base64 import b64encode

from darnel.features.content import sniff
from darnel.features.embedded_programs import find
from darnel.features.extract import extract
from darnel.features.package import MemoryPackage

HEAD = (
    b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"
    + bytes(44)
    + (128).to_bytes(4, "little")
    + b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd!\xb8\x01L\xcd!This program cannot be run in DOS mode.\r\r\n$".ljust(64, b"\0")
    + b"PE\0\0"
    + bytes(64)
)
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\x3e\0\x01\0\0\0" + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IEND\xaeB`\x82"


def seen(name: str, data: bytes) -> list[tuple[str, str]]:
    raw = extract(MemoryPackage({name: data}))
    return [(o.behaviour, o.api) for file in raw["files"] for o in file["observations"]]


def test_behind_a_picture() -> None:
    assert ("hide.encoded", "program-inside") in seen("a.png", PNG + HEAD)
    assert ("hide.encoded", "program-inside") in seen("a.png", PNG + ELF)
    assert seen("a.png", PNG) == []


def test_in_a_blob() -> None:
    blob = bytes(range(128, 256)) * 40
    assert ("hide.encoded", "program-inside") in seen("a.dat", blob + HEAD)
    assert seen("a.dat", blob) == []


def test_as_text() -> None:
    assert find(b"data = '" + b64encode(HEAD) + b"'", True)[0].line == 1
    assert find(b"\n\n" + HEAD.hex().encode(), True)[0].line == 3
    assert find(b64encode(ELF), True)
    assert not find(b"TVqQ is how such text starts; 4d5a9000 too", True)


def test_a_program_is_not_hidden_in_itself() -> None:
    assert sniff("a.exe", HEAD).format == "pe"
    assert find(HEAD, False) == []


def test_many_stubs_cost_little() -> None:
    assert find(b"This program cannot be run in DOS mode" * 20_000, False) == []
    assert find(b"x" + b"\x7fELF" * 100_000, False) == []
