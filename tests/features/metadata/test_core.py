"""Headers are read as Python's mail parser reads them."""

from __future__ import annotations

import random
from email.parser import BytesHeaderParser

import pytest

from darnel.features.metadata import core

USUAL = b"""Metadata-Version: 2.1
Name: pkg
Version: 1.0
Summary:  Two spaces, and one behind\x20
Author: J\xc3\xb6rg
Classifier: One
classifier: Two
Empty:
Keywords: a,b
\tc
        d
Description-Content-Type: text/markdown

# Title

Text: not a header \xf0\x9f\x98\x80
"""
WINDOWS = USUAL.replace(b"\n", b"\r\n")
ODD = [
    b"",
    b"\n",
    b"\n\nName: late\n",
    b"Name: pkg",
    b"Name: pkg\n\n",
    b"Name: pkg\nno header\nVersion: 1\n\nbody\n",
    b"Name: pkg\n : nameless\n",
    b": nameless\nName: pkg\n",
    b" continued\nName: pkg\n",
    b"From somebody: once\nName: pkg\n\nbody",
    b"Name: pkg\nFrom somebody: once\nVersion: 1\n\nbody",
    b"Name: pkg\nFrom somebody",
    b"Name: pkg\r\nVersion: 1\r\n\r\nbody\r\n",
    b"Name: pkg\rVersion: 1\n\nbody",
    b"\xef\xbb\xbfName: pkg\n\nbody",
    b"N\xc3\xa4me: pkg\nVersion: 1\n\nbody",
    b"Na me: pkg\n\nbody",
    b"Name: pkg\n \n\t\n\nbody",
    b"Name: pkg\x0cmore\x0b\x1c\nVersion: 1\x85\n\n",
    b"Content-Type: text/plain; charset=utf-8\nName: p\xc3\xa4\n\nb\xc3\xb6dy",
    b"Content-Type: text/plain; charset=nonsense\n\nb\xc3\xb6dy",
    b"Content-Transfer-Encoding: base64\n\nYWJj",
    b"Description: old\n        style \xe2\x82\xac\n        \n        end\nName: pkg\n",
]


def _told(data: bytes) -> tuple[dict[str, list[str]], object]:
    message = BytesHeaderParser().parsebytes(data)
    fields: dict[str, list[str]] = {}
    for name, value in message.items():
        fields.setdefault(name.lower(), []).append(str(value))
    return fields, message.get_payload()


@pytest.mark.parametrize("data", [USUAL, WINDOWS, USUAL.partition(b"\n\n")[0], *ODD])
def test_as_email_says(data: bytes) -> None:
    read = core.read_core(data)
    assert (read.fields, read.body) == _told(data)


@pytest.mark.parametrize("data", [USUAL, WINDOWS])
def test_usual_headers_do_not_need_email(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    told = _told(data)
    monkeypatch.setattr(core, "BytesHeaderParser", None)
    read = core.read_core(data)
    assert (read.fields, read.body) == told
    assert read.all("CLASSIFIER") == ["One", "Two"]
    assert (read.first("Name"), read.first("License")) == ("pkg", "")


def test_value_in_its_second_line() -> None:
    read = core.read_core(b"Name: pkg\nSummary:\n  below\n\nbody")
    assert (read.first("Summary").strip(), read.body) == ("below", "body")


def test_charset_that_is_no_name() -> None:
    assert core.read_core(b"Name: pkg\nContent-Type: text/plain; charset=\0\n\n\xff").first("Name") == "pkg"


def test_whatever_is_changed() -> None:
    draw = random.Random(0)
    for _ in range(3_000):
        data = bytearray(draw.choice((USUAL, WINDOWS, *ODD)))
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(data) + 1)
            data[at : at + draw.randint(0, 3)] = draw.choice(
                (b"", b"\n", b"\r", b"\r\n", b":", b" ", b"\t", b"From ", b"\xff", b"\0")
            )
        read = core.read_core(bytes(data))
        try:
            told = _told(bytes(data))
        except ValueError:  # which must not get out of here
            continue
        assert (read.fields, read.body) == told, bytes(data)
