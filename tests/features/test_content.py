"""Inert fixtures: headers and filler only, nothing here runs."""

import struct
import zlib

import pytest

from darnel.features import content
from darnel.features.content import COLUMNS, Kind, sniff, to_utf8, values

SOURCE = b"import os\nprint(os.name)\n" * 20


def png(tail: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", bytes(40)) + chunk(b"IEND", b"") + tail


def wav(samples: bytes, tail: bytes = b"") -> bytes:
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples + tail


def pe() -> bytes:
    head = bytearray(1024)
    head[:2] = b"MZ"
    head[60:64] = struct.pack("<I", 128)
    head[128:132] = b"PE\0\0"
    return bytes(head)


ELF = b"\x7fELF\x02\x01\x01" + bytes(200)
ZIP = b"PK\x03\x04" + bytes(100)


@pytest.mark.parametrize(
    ("path", "data", "kind", "name"),
    [
        ("a.so", ELF, Kind.NATIVE, "elf"),
        ("a.exe", pe(), Kind.NATIVE, "pe"),
        ("a.wasm", b"\0asm\1\0\0\0", Kind.NATIVE, "wasm"),
        ("a.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(50), Kind.BYTECODE, "class"),
        ("a.dylib", b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(50), Kind.NATIVE, "macho"),
        ("a.pyc", b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(60), Kind.BYTECODE, "pyc"),
        ("a.whl", ZIP, Kind.ARCHIVE, "zip"),
        ("a.tar", b"a.txt" + bytes(252) + b"ustar\x0000" + bytes(248), Kind.ARCHIVE, "tar"),
        ("a.png", png(), Kind.IMAGE, "png"),
        ("a.wav", wav(bytes(range(256)) * 4), Kind.MEDIA, "wav"),
        ("a.pkl", b"\x80\x04\x95" + bytes(9) + b"\xff.", Kind.MODEL, "pickle"),
        ("a.safetensors", struct.pack("<Q", 20) + b'{"a":{"dtype":"F32"}', Kind.MODEL, "safetensors"),
        ("a.db", b"SQLite format 3\0" + bytes(80), Kind.DATABASE, "sqlite"),
        ("big.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", Kind.LFS, ""),
        ("__init__.py", b"\n \n", Kind.EMPTY, ""),
        ("a.dat", bytes(range(256)) * 10, Kind.BINARY, ""),
        ("a.py", SOURCE, Kind.SOURCE, "py"),
        ("tool", b"#!/bin/sh\ntrue\n", Kind.SOURCE, ""),
        ("a.toml", b"[a]\nb = 1\n", Kind.CONFIG, "toml"),
        ("LICENSE", b"Do what you like.\n", Kind.TEXT, ""),
        ("BM.txt", b"BM is the name of a museum in London, and MZ of a border.\n" * 3, Kind.TEXT, "txt"),
    ],
)
def test_kinds(path: str, data: bytes, kind: Kind, name: str) -> None:
    found = sniff(path, data)
    assert (found.kind, found.format, found.mismatch) == (kind, name, "")


@pytest.mark.parametrize(
    ("path", "data", "lie"),
    [
        ("notes.txt", ELF, "executable"),
        ("logo.png", pe(), "executable"),
        ("invoice.pdf.exe", pe(), "double-extension"),
        ("invoice.pdf          .exe", pe(), "double-extension"),
        ("helper.py", ZIP, "archive"),
        ("logo.png", SOURCE, "script"),
        ("sound.wav", SOURCE, "script"),
        ("module.py", png(), "type"),
        ("module.js", bytes(range(256)) * 10, "type"),
        ("logo.png", png(b"A" * 500), "appended"),
        ("ring.wav", wav(bytes(range(256)) * 4, tail=b"hidden " * 60), "appended"),
        ("ring.wav", wav(b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo5" * 40), "payload"),
    ],
)
def test_lies(path: str, data: bytes, lie: str) -> None:
    found = sniff(path, data)
    assert found.mismatch == lie
    assert values(found)[f"content.lies.{lie}"] == 1.0


def test_padding_after_an_image_is_no_lie() -> None:
    assert sniff("logo.png", png(bytes(500))).mismatch == ""


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("naïve = 1\n".encode(), "utf-8", "naïve = 1\n"),
        (b"\xef\xbb\xbfx = 1\n", "utf-8-sig", "x = 1\n"),
        ("x = 'é'\n".encode("utf-16"), "utf-16", "x = 'é'\n"),
        ("x = 'a'\n".encode("utf-16-le"), "utf-16-le", "x = 'a'\n"),
        ("x = 'a'\n".encode("utf-16-be"), "utf-16-be", "x = 'a'\n"),
        ("name = 'Müller, Zürich'\n".encode("latin-1"), "latin-1", "name = 'Müller, Zürich'\n"),
        ("# coding: koi8-r\nx = 'привет, мир'\n".encode("koi8-r"), "koi8-r", "# coding: koi8-r\nx = 'привет, мир'\n"),
    ],
)
def test_encodings(data: bytes, encoding: str, text: str) -> None:
    found = sniff("a.py", data)
    assert found.encoding == encoding
    assert found.is_text
    assert to_utf8(data, found.encoding).decode() == text


def test_encoding_that_hides_code() -> None:
    data = b"# -*- coding: utf-7 -*-\n+AGUAeABlAGM-('1')\n"
    found = sniff("a.py", data)
    assert found.mismatch == "encoding"
    assert b"exec('1')" in to_utf8(data, found.encoding)


def test_a_character_cut_at_the_end_is_still_utf8() -> None:
    assert sniff("a.py", "x = 'é".encode()[:-1]).encoding == "utf-8"


def test_never_raises() -> None:
    seeds = [png(), wav(bytes(300)), pe(), ELF, ZIP, b"GIF89a" + bytes(20), b"BM" + bytes(60), b"\xca\xfe\xba\xbe"]
    for seed in seeds:
        for cut in range(1, len(seed), max(1, len(seed) // 40)):
            found = sniff("a.png", seed[:cut] + b"\xff\x80" * 3)
            assert found.kind in Kind
            to_utf8(seed[:cut], "no-such-codec")


def test_columns_match_values() -> None:
    names = {column.name for column in COLUMNS}
    for path, data in (("a.png", png(b"A" * 500)), ("a.txt", "é".encode("utf-16")), ("a.py", SOURCE)):
        assert set(values(content.sniff(path, data))) <= names
