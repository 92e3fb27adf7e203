"""Fixtures here are hand-written and inert: hosts under example.invalid, no working payload."""

import base64
import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darnel.features.languages import folding
from darnel.features.languages.folding import Folded

TEXT = b"import example; example.run('https://example.invalid/payload')"


def layers(value: str | bytes) -> list[tuple[str, tuple[str, ...]]]:
    return [(layer.text, layer.how) for layer in folding.suspect(Folded(value))]


def test_base64_hex_and_reversed_literals_are_decoded_on_suspicion() -> None:
    assert layers(base64.b64encode(TEXT).decode()) == [(TEXT.decode(), ("base64?",))]
    assert layers(TEXT.hex()) == [(TEXT.decode(), ("hex?",))]
    assert layers(TEXT.hex().upper())[0][0] == TEXT.decode()
    assert layers(base64.b64encode(TEXT).decode()[::-1])[0] == (TEXT.decode(), ("reverse?", "base64?"))
    assert layers(base64.urlsafe_b64encode(TEXT).decode().rstrip("="))[0][0] == TEXT.decode()


@pytest.mark.parametrize("squeeze", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_layers_of_encoding_and_compression_are_peeled(squeeze: object) -> None:
    assert callable(squeeze)
    twice = base64.b64encode(base64.b64encode(squeeze(TEXT)))
    found = layers(twice.decode())
    assert found[-1] == (TEXT.decode(), ("base64?", "base64?", "compress?"))


def test_the_number_of_layers_is_bounded() -> None:
    value = TEXT
    for _ in range(7):
        value = base64.b64encode(value)
    assert len(layers(value.decode())) == folding.MAX_DEPTH


@pytest.mark.parametrize(
    "plain",
    [
        "averyLongIdentifierInCamelCaseLikeJava",
        "The quick brown fox jumps over the lazy dog, twice a day",
        "d41d8cd98f00b204e9800998ecf8427e",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "https://example.invalid/a/b/c/d/e/f/g",
        "org/example/project/module/SomeClassName",
        "x" * 500,
    ],
)
def test_ordinary_literals_are_left_alone(plain: str) -> None:
    assert layers(plain) == []


def test_utf16_of_encoded_powershell_is_read() -> None:
    assert layers(base64.b64encode("Write-Output 'inert'".encode("utf-16-le")).decode())[0][0] == "Write-Output 'inert'"


def test_a_bomb_is_cut() -> None:
    for bomb in (zlib.compress(bytes(50_000_000)), bz2.compress(bytes(20_000_000)), lzma.compress(bytes(20_000_000))):
        assert len(folding.decompress(bomb) or b"") <= folding.MAX_BYTES
    assert folding.Folded("a").then("a" * (folding.MAX_BYTES + 1), "join") is None


def test_truncated_and_broken_input_is_no_error() -> None:
    assert folding.decompress(zlib.compress(TEXT * 50)[:-9])
    assert folding.decompress(b"x\x9cnot zlib at all") is None
    assert folding.decompress(b"anything") is None
    assert folding.decode_hex("abc") is None
    assert folding.decode_base64("ünlösbar") is None
    assert folding.decode_base("!!!", "32") is None
    assert folding.from_codes([-1]) is None
    assert folding.from_codes([1 << 40]) is None


def test_bases_and_xor_and_codes() -> None:
    assert folding.decode_base(base64.b32encode(TEXT), "32") == TEXT
    assert folding.decode_base(base64.a85encode(TEXT), "a85") == TEXT
    assert folding.decode_base(base64.b85encode(TEXT), "b85") == TEXT
    assert folding.xor(folding.xor(TEXT, b"key") or b"", b"key") == TEXT
    assert folding.xor(TEXT, b"") is None
    assert folding.from_codes([111, 115]) == "os"
    assert folding.rot13("rkrp") == "exec"


def test_code_is_told_from_prose() -> None:
    assert folding.code_like("import os\nprint(1)")
    assert folding.code_like("x=1;exec (y)")
    assert folding.code_like("\n\n \t\n  def main():")
    assert not folding.code_like("This will import your data and execute the plan.")


@pytest.mark.parametrize(
    "text",
    [
        "import a",
        "from a.b import c",
        "def f(",
        "class A",
        "exec (",
        "eval(",
        "compile(",
        "__import__(",
        "require(",
        "Function(",
        "function (",
        "os.system",
        "x => {",
    ],
)
def test_every_word_of_code_is_enough(text: str) -> None:
    assert folding.code_like(text)
    assert not folding.code_like(text[1:-1].replace("import", "").replace("=>", ""))


def test_hexadecimal_texts_are_read_with_and_without_separators() -> None:
    digits = TEXT.hex()
    for text in (digits, "0x" + digits, "\\x".join(["", *map("%02x".__mod__, TEXT)]), bytes.hex(TEXT, ":")):
        assert layers(text) == [(TEXT.decode(), ("hex?",))], text
    assert not any("hex?" in how for _, how in layers(digits[:-1]))  # half a byte is left over
    assert layers("a" * 10_240) == []


def test_control_characters_are_not_printable() -> None:
    letters = "\u00e9\u00e8\u00e0" * 10
    assert folding.printable(letters.encode())
    for control in ("\0", "\x1b", "\x1f", "\x7f"):
        assert not folding.printable((letters + control).encode())
    assert folding.printable((letters + "\t\r\n").encode())


def test_code_like_reads_blank_lines_once() -> None:
    start = process_time()
    for _ in range(10):
        assert not folding.code_like("\n" * 20_000)
    assert process_time() - start < 0.5


@pytest.mark.parametrize(
    ("magic", "counts"),
    [
        (b"\0asm\1\0\0\0", False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", False),
        (b"wOF2\0\1\0\0", False),
        (b"\0\1\0\0\0\x0b\x80", False),
        (b"MZ\x90\0\3\0\0\0", True),
        (b"\x7fELF\2\1\1\0", True),
        (b"PK\3\4\x14\0\0\0", True),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", True),
    ],
)
@pytest.mark.parametrize("squeeze", [bytes, zlib.compress])
def test_a_program_is_told_from_what_only_a_host_program_reads(
    magic: bytes, counts: bool, squeeze: Callable[[bytes], bytes]
) -> None:
    data = magic + bytes(range(128, 256)) * 2
    found = list(folding.suspect(Folded(base64.b64encode(squeeze(data)).decode())))
    assert any(isinstance(layer.value, bytes) and folding.binary(layer.value) != "" for layer in found) is counts


@given(st.text(max_size=20), st.from_regex(folding._CODE))
def test_whatever_looks_like_code_has_one_of_the_words_that_are_looked_for_first(before: str, code: str) -> None:
    assert folding.code_like(f"{before}\n{code}")
