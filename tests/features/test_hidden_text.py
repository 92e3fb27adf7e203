"""Inert fixtures: hidden characters around harmless words."""

import pytest

from darnel.features.hidden_text import COLUMNS, scan


def kinds(text: str) -> set[str]:
    return {observation.api.partition(":")[2] for observation in scan(text.encode())[1]}


def test_ascii_is_free() -> None:
    assert scan(b"x = 1\n") == ({}, [])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x = 'a\u200b\u200c\u200d\u2060b'", "zero-width"),
        ("# \u202e} if admin\u2066", "bidi"),
        ("x = '\U000e0150\U000e0151\U000e0152\U000e0153'", "selectors"),
        ("x = '\ufe01\ufe02\ufe0a'", "selectors"),
        ("hello\U000e0068\U000e0065\U000e006c\U000e006c", "tags"),
        ("x = '" + "\ue001\ue002" * 5 + "'", "private"),
        ("us\u0435r = 1", "mixed-scripts"),
        ("\U0001d626\U0001d639\U0001d626\U0001d624('1')", "styled"),
    ],
)
def test_hidden(text: str, kind: str) -> None:
    assert kinds("ok = 1\n" + text) == {kind}
    values, observations = scan(("ok = 1\n" + text).encode())
    assert set(values) <= {column.name for column in COLUMNS}
    assert sum(values.values()) > 0
    first = observations[0]
    assert (first.behaviour, first.line, first.hidden) == ("hide.unicode", 2, True)
    assert first.order >= 7


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffx = 'é'",
        "# \u2764\ufe0f and \U0001f469\u200d\U0001f4bb and 1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "# \u200f\u05e9\u05dc\u05d5\u05dd\u200f",
        "# \u4f60\u597d, \u041f\u0440\u0438\u0432\u0435\u0442, \u0395\u03bb\u03bb\u03ac\u03b4\u03b1",
        "soft\u00adhyphen",
        ".icon { content: '\ue900' }",
        "\u03b1_1 = 2 * \u03bcm",
    ],
)
def test_innocent(text: str) -> None:
    assert kinds(text) == set()


def test_offset_is_in_bytes() -> None:
    text = "é = 1\nx = '\U000e0150\U000e0151\U000e0152\U000e0153'"
    (observation,) = scan(text.encode())[1]
    assert text.encode()[observation.order :].startswith("\U000e0150".encode())


def test_words_that_nobody_takes_for_latin_are_not_disguised() -> None:
    assert kinds("[A-Za-z\u0410-\u042f\u0430-\u044f]") == set()
    assert kinds("xml\u0441\u043b\u043e\u0432\u043e") == set()
    assert kinds("\u0436 xml\u0441 \u0436") == {"mixed-scripts"}
