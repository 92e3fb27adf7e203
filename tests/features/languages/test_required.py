"""Cheap tests that spare a search must never spare one that finds something."""

from __future__ import annotations

import random
import re

import pytest

from darnel.features.languages.commands import classify, rules
from darnel.features.languages.required import Prescreened, required


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("curl|wget", {"curl", "wget"}),
        ("(?:^|\\s)NetCat\\b", {"netcat"}),
        ("(?:ba|z)?sh -c", {"sh -c"}),
        ("a+(?:bcd)*", {"a"}),
        ("x{0,3}y", {"y"}),
        ("(?:one|t.o)(?:three|four)", {"three", "four"}),
        ("(?=abc)d", {"d"}),
        ("[ab]c?", set()),
        ("(?:abc|)", set()),
        ("(?:abc|\\d)", set()),
        ("", set()),
    ],
)
def test_what_every_match_holds(pattern: str, needed: set[str]) -> None:
    assert required(pattern) == needed


def test_letters_with_case_mates_outside_ascii_are_not_missed() -> None:
    assert Prescreened("skip").found("\u017fkip", "")
    assert not Prescreened("skip").found("jump", "jump")


def test_commands_are_classified_as_by_searching_for_every_rule() -> None:
    rng = random.Random(0)
    words = [need for _, rule in rules() for need in rule._needs]
    words += re.findall(r"[a-z]{2,}", " ".join(rule._pattern.pattern for _, rule in rules()))
    between = [
        " ",
        "  ",
        "\n",
        "|",
        " -",
        " --",
        "/",
        "; ",
        " > ",
        "",
        " /c ",
        " -c ",
        " install ",
        "=",
        "\t",
        " -enc ",
    ]
    hits = 0
    for _ in range(1_500):
        text = "".join(rng.choice(words) + rng.choice(between) for _ in range(rng.randint(1, 8)))
        text = text.upper() if rng.random() < 0.1 else text + "\u212a" if rng.random() < 0.05 else text
        plain = tuple(behaviour for behaviour, rule in rules() if rule._pattern.search(text))
        assert classify(text) == plain
        hits += len(plain)
    assert hits > 500
