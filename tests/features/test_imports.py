"""Inert fixtures: headers and tables without any code."""

import random
from struct import pack

import pytest

from darnel.features.binaries import examine
from darnel.features.content import sniff
from darnel.features.imports import imported

BASE = 0x1000


def pe(names: list[str], wide: bool = True, body: bytes = b"") -> bytes:
    """A PE file with one section that holds an import table."""
    size = 8 if wide else 4
    table = 20 * 2
    thunks = table + 16
    at = thunks + size * (len(names) + 1)
    strings, entries = b"", []
    for name in names:
        entries.append(BASE + at + len(strings))
        strings += b"\0\0" + name.encode() + b"\0"
    row = pack("<IIIII", BASE + thunks, 0, 0, BASE + table, BASE + thunks)
    lookup = b"".join(entry.to_bytes(size, "little") for entry in [*entries, 0])
    section = row + bytes(20) + b"some.dll".ljust(16, b"\0") + lookup + strings
    optional = bytearray(240 if wide else 224)
    optional[0:2] = (0x20B if wide else 0x10B).to_bytes(2, "little")
    directory = (112 if wide else 96) + 8
    optional[directory : directory + 8] = pack("<II", BASE, table)
    head = bytearray(b"MZ" + bytes(58) + pack("<I", 128) + bytes(64))
    head += b"PE\0\0" + pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x2000) + optional
    head += b".idata\0\0" + pack("<IIII", len(section), BASE, len(section), 1024) + bytes(16)
    return bytes(head).ljust(1024, b"\0") + section + body


def elf(undefined: list[str], defined: list[str], wide: bool = True, big: bool = False) -> bytes:
    """An ELF file with a dynamic symbol table and its strings."""
    order = ">" if big else "<"
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in [*undefined, *defined])
    at, symbols = 1, []
    for name, section in [*((name, 0) for name in undefined), *((name, 1) for name in defined)]:
        form = (f"{order}IBBHQQ", (at, 0, 0, section, 0, 0)) if wide else (f"{order}IIIBBH", (at, 0, 0, 0, 0, section))
        symbols.append(pack(form[0], *form[1]))
        at += len(name) + 1
    table = bytes(24 if wide else 16) + b"".join(symbols)
    start, header = 64, f"{order}IIQQQQIIQQ" if wide else f"{order}IIIIIIIIII"
    rows = [
        pack(header, *[0] * 10),
        pack(header, 0, 11, 0, 0, start, len(table), 2, 0, 0, 0),
        pack(header, 0, 3, 0, 0, start + len(table), len(strings), 0, 0, 0, 0),
    ]
    where = start + len(table) + len(strings)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
    if wide:
        rest = pack(f"{order}HHIQQQIHHHHHH", 3, 62, 1, 0, 0, where, 0, 64, 0, 0, len(rows[0]), 3, 0)
    else:
        rest = pack(f"{order}HHIIIIIHHHHHH", 3, 3, 1, 0, 0, where, 0, 52, 0, 0, len(rows[0]), 3, 0)
    return (ident + rest).ljust(start, b"\0") + table + strings + b"".join(rows)


@pytest.mark.parametrize("wide", [True, False])
def test_pe_imports(wide: bool) -> None:
    assert imported(pe(["CreateFileW", "WinExec"], wide), "pe") == frozenset({"CreateFileW", "WinExec"})


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("big", [True, False])
def test_elf_imports_are_the_undefined_symbols(wide: bool, big: bool) -> None:
    assert imported(elf(["connect", "ptrace"], ["PyInit_fast"], wide, big), "elf") == frozenset({"connect", "ptrace"})


def test_imports_become_behaviours() -> None:
    data = pe(["CreateProcessA", "CryptUnprotectData", "URLDownloadToFileW", "HeapAlloc"], body=bytes(4_000))
    found = examine(data, sniff("a.dll", data))
    assert {(o.behaviour, o.api) for o in found.observations} >= {
        ("spawn.process", "CreateProcess"),
        ("cred.browser", "CryptUnprotectData"),
        ("net.fetch", "URLDownloadToFile"),
    }
    assert found.values["bin.import_kinds"] == 3
    assert found.values["bin.imports_none"] == 0
    assert not any(o.top for o in found.observations)


def test_names_in_the_data_are_no_imports() -> None:
    data = pe(["HeapAlloc"], body=b"CreateRemoteThread\0" + bytes(4_000))
    found = examine(data, sniff("a.dll", data))
    assert found.values["bin.import_kinds"] == 0
    assert "CreateRemoteThread" not in {o.api for o in found.observations}


def test_unreadable_tables_are_told() -> None:
    data = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + b"\xff" * 8_000
    assert imported(data, "elf") is None
    assert examine(data, sniff("a.so", data)).values["bin.imports_none"] == 1
    assert imported(data, "macho") is None


@pytest.mark.parametrize("seed", range(8))
def test_never_raises_and_stays_within_its_bounds(seed: int) -> None:
    noise = random.Random(seed)
    for good, kind in ((pe(["WinExec"] * 4), "pe"), (elf(["connect"], ["x"]), "elf")):
        for _ in range(150):
            data = bytearray(good)
            for _ in range(noise.randint(1, 12)):
                data[noise.randrange(4, len(data))] = noise.randrange(256)
            imported(bytes(data[: noise.randrange(1, len(data) + 1)]), kind)
