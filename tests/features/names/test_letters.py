"""What shares too few letters to be alike is left out, and nothing else."""

from __future__ import annotations

import random

import pytest
from rapidfuzz.distance import OSA, JaroWinkler

from darnel.features.names import popular
from darnel.features.names.letters import Letters

NAMES = [
    "requests",
    "request",
    "numpy",
    "@types/node",
    "@types/react",
    "six",
    "flask",
    "flake8",
    "aaaaaaab",
    "qstuerse",
]


def _drawn(listed: list[str], count: int) -> list[str]:
    """Names of the list with a few characters changed."""
    draw = random.Random(1)
    found = []
    for _ in range(count):
        name = list(draw.choice(listed))
        for _ in range(draw.randint(0, 3)):
            at = draw.randrange(len(name))
            name[at : at + draw.randint(0, 1)] = draw.choice(["", "a", "s", "-", "1", "\u00e9"])
        found.append("".join(name) or "x")
    return found


@pytest.mark.parametrize("ecosystem", ["pypi", "npm"])
def test_leaves_out_only_what_is_not_alike(ecosystem: str) -> None:
    listed = popular.load(ecosystem).names
    letters = Letters(listed)
    for name in _drawn(listed, 40):
        alike = [other for other in listed if (other[0] == "@") == (name[0] == "@")]
        for edits in (1, 2):
            near = letters.within_edits(name, edits)
            assert {other for other in alike if OSA.distance(name, other, score_cutoff=edits) <= edits} <= set(near)
        similar = letters.similar(name, 3)
        wanted = {other for other in alike if abs(len(other) - len(name)) <= 3}
        assert {o for o in wanted if JaroWinkler.similarity(name, o, score_cutoff=0.8) >= 0.8} <= set(similar) <= wanted
        assert len(near) + len(similar) < len(alike) // 2  # else nothing is saved


def test_by_length_then_in_the_order_of_the_list() -> None:
    letters = Letters(NAMES)
    assert letters.within_edits("reqeusts", 2) == ["request", "requests", "qstuerse"]  # the same letters, that is all
    assert letters.within_edits("requests", 0) == ["requests", "qstuerse"]
    assert letters.similar("flask8", 3) == ["flask", "flake8"]


def test_scoped_names_for_scoped_ones() -> None:
    letters = Letters(NAMES)
    assert letters.within_edits("@types/nodes", 1) == ["@types/node"]
    assert letters.within_edits("types/node", 2) == []


@pytest.mark.parametrize("name", ["\u00e9\u00e9", "x" * 300, "@", "\U0001f600"])
def test_any_name(name: str) -> None:
    assert Letters(NAMES).within_edits(name, 1) == Letters(NAMES).similar(name, 3) == []


def test_empty_list() -> None:
    assert Letters([]).within_edits("name", 2) == []
