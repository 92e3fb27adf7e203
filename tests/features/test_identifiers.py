import pytest

from darnel.features.identifiers import COLUMNS, surprise, values


def test_words_read_more_likely_than_noise() -> None:
    words = surprise(["requests", "get_user_name", "HTTPServer", "connection"])
    noise = surprise(["xqzjkwvb", "qwKjZbTx", "vvxzqqjk", "hjkqzxwp"])
    assert words.max() < 5 < 6 < noise.min()


def test_none() -> None:
    assert values([]) == {}
    assert values(["", "\n"]) == {}


def test_columns() -> None:
    out = values(["a", "name", "name", "other_name"])
    assert set(out) <= {column.name for column in COLUMNS}
    assert out["ident.length_mean"] == pytest.approx(5.0)
    assert out["ident.one_letter"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("hex_share", ["_0x1a2b", "_0xdead", "main", "run"]),
        ("confusable", ["OO0O0OO0", "lIl1IlI1", "main", "run"]),
        ("underscores", ["____", "_1_2_", "main", "run"]),
        ("non_ascii", ["пример", "näme", "main", "run"]),
        ("random_share", ["xqzjkwvb", "vvxzqqjk", "main", "run"]),
    ],
)
def test_machine_made(column: str, names: list[str]) -> None:
    assert values(names)[f"ident.{column}"] == pytest.approx(0.5)
    assert values(["main", "run", "connection", "parse_args"]).get(f"ident.{column}", 0.0) == 0.0


def test_equal_lengths() -> None:
    assert values([f"qzxwvkjh{c}" for c in "abcdefgh"])["ident.alike"] == 1.0
