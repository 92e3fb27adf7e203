from math import log1p

import pytest

from darnel.features.facts import Literal
from darnel.features.strings import COLUMNS, values


def literal(value: str, how: str = "") -> Literal:
    return Literal(value, 1, 0, 0, -1, True, how)


def columns(*texts: str) -> dict[str, float]:
    return values([literal(text) for text in texts], 1000)


def test_none() -> None:
    assert values([], 100) == {}


def test_lengths_and_share() -> None:
    out = columns("a" * 200, "b" * 50, "c")
    assert set(out) <= {column.name for column in COLUMNS}
    assert out["str.literals"] == pytest.approx(log1p(3))
    assert out["str.length_max"] == pytest.approx(log1p(200))
    assert out["str.share"] == pytest.approx(0.251)
    assert out["str.short_share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("aW1wb3J0IG9zO3ByaW50KCdpbmVydCcp", "base64"),
        ("aW1wb3J0IG9zO3ByaW50KCdpbmVydCcp\naW1wb3J0IG9zO3ByaW50KCdpbmVydCcp\n", "base64"),
        ("696d706f7274206f73", "hex"),
        ("https://host.example.invalid/x", "urls"),
        ("~/.config/app.toml", "paths"),
        ("C:\\Users\\me\\a.txt", "paths"),
        ("\x00\x01binary\x02", "binary"),
        ("import os\nprint(os.name)", "code"),
    ],
)
def test_looks(text: str, column: str) -> None:
    kinds = ("base64", "hex", "urls", "paths", "binary", "code")
    out = columns(text)
    assert {kind: round(out[f"str.{kind}"], 3) for kind in kinds} == {
        kind: 0.693 if kind == column else 0.0 for kind in kinds
    }


@pytest.mark.parametrize(
    "text", ["an ordinary sentence of some length", "some_long_snake_case_name_without_end", "text/plain", "x" * 40]
)
def test_plain_words_look_like_nothing(text: str) -> None:
    out = columns(text)
    assert sum(out[f"str.{kind}"] for kind in ("base64", "hex", "urls", "paths", "binary", "code")) == 0.0


def test_entropy_tail_is_not_diluted() -> None:
    random_looking = "q8Zr1Lx0Vb7Nw3Kd9Ty5Gh2Jm6Pc4Sf"
    plain = "the same words again and again"
    out = columns(*[plain] * 100, random_looking)
    assert out["str.entropy_max"] == pytest.approx(4.95, abs=0.1)
    assert columns(*[plain] * 100)["str.entropy_max"] < 4


def test_hidden() -> None:
    out = values([literal("x"), literal("decoded" * 10, "base64+reverse"), literal("y", "rot47")], 1000)
    assert out["str.folded"] == pytest.approx(log1p(2))
    assert out["str.folded_share"] == pytest.approx(2 / 3)
    assert out["str.folded_max"] == pytest.approx(log1p(70))
    assert out["str.layers"] == 2
    assert out["str.how.base64"] == out["str.how.reverse"] == out["str.how.other"] == pytest.approx(log1p(1))


def test_surrogates_do_not_crash() -> None:
    assert columns("\ud800" * 30)["str.literals"] > 0
