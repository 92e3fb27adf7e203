import time

import pytest

from darnel.features import names
from darnel.features.names import confusion, popular
from darnel.features.names.edits import slip, touching


@pytest.mark.parametrize(
    ("ecosystem", "name", "expected"),
    [
        ("pypi", "reqeusts", ("requests", "transposed")),
        ("pypi", "requestss", ("requests", "doubled")),
        ("pypi", "c0lorama", ("colorama", "look")),
        ("pypi", "tensorfiow", ("tensorflow", "look")),
        ("pypi", "scikitlearn", ("scikit-learn", "separator")),
        ("pypi", "python-requests", ("requests", "affix")),
        ("pypi", "pyrequests", ("requests", "affix")),
        ("pypi", "colourama", ("colorama", "inserted")),
        ("pypi", "sqlalchemy_flask", ("flask-sqlalchemy", "order")),
        ("npm", "@typess/node", ("@types/node", "scope")),
        ("npm", "types-node", ("@types/node", "scope")),
        ("npm", "crossenv", ("cross-env", "separator")),
        ("npm", "electorn", ("electron", "transposed")),
        ("npm", "@someone/lodash", ("lodash", "fork")),
        ("npm", "axios-proxy", ("axios", "part")),
        ("pypi", "requests", None),
        ("npm", "react-dom", None),
        ("pypi", "xkqzvbnt", None),
        ("nuget", "reqeusts", None),
        ("pypi", "", None),
    ],
)
def test_nearest(ecosystem: str, name: str, expected: tuple[str, str] | None) -> None:
    assert names.nearest(ecosystem, name) == expected


def test_values_tell_the_model_and_its_fame() -> None:
    values = names.name_values("pypi", "Reqeusts")
    assert values["name.transposed"] == 1
    assert values["name.distance"] == 1
    assert values["name.similarity"] > 0.95
    assert values["name.target_fame"] > 0.6
    assert "popularity.listed" not in values
    assert names.name_values("pypi", "requests")["popularity.listed"] == 1
    assert names.name_values("pypi", "") == {}


def test_random_names_surprise_more_than_words() -> None:
    words = max(
        names.name_values("pypi", name)["name.surprise"] for name in ("imageloader", "http-server", "datatools")
    )
    assert names.name_values("pypi", "xkqzvbntqj")["name.surprise"] > words + 1


def test_only_declared_columns() -> None:
    declared = {column.name for column in names.COLUMNS}
    for ecosystem in ("pypi", "npm", "unknown"):
        for name in ("a", "@a/b", "x" * 5_000, "../..", "é中\n\0", "@types/nodde", "-.-", "0" * 100):
            assert set(names.name_values(ecosystem, name)) <= declared


def test_listed_names_are_measured_against_far_more_popular_ones_only() -> None:
    listed = popular.load("pypi")
    for name in listed.names[::1500]:
        for match in confusion.matches(name, listed):
            assert match.rank < listed.rank[name] / 4


@pytest.mark.parametrize(
    ("name", "target", "kind"),
    [
        ("reuqests", "requests", "transposed"),
        ("requestts", "requests", "doubled"),
        ("reqests", "requests", "omitted"),
        ("rewuests", "requests", "keyboard"),
        ("rezuests", "requests", "substituted"),
        ("requ-ests", "requests", "inserted"),
        ("rquestss", "requests", ""),
    ],
)
def test_slip(name: str, target: str, kind: str) -> None:
    assert slip(name, target) == kind


def test_keyboard() -> None:
    assert touching("q", "w")
    assert touching("q", "a")
    assert touching("g", "b")
    assert not touching("q", "p")
    assert not touching("a", "a")


def test_lists_carry_their_date() -> None:
    for ecosystem, facts in popular.dates().items():
        assert len(popular.load(ecosystem).names) == facts["names"] == len(popular.load(ecosystem).rank)
        assert str(facts["date"]).startswith("20")


def test_speed() -> None:
    names.name_values("npm", "warm-up")
    started = time.perf_counter()
    for i in range(50):
        names.name_values("npm", f"some-name-{i}")
    assert (time.perf_counter() - started) / 50 < 0.02  # Measured: 0.5 ms; room for a busy machine.
