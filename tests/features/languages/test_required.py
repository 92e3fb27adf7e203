"""Cheap tests that spare a search must never spare one that finds something."""

from __future__ import annotations

import random
import re

import pytest

from darnel.features.languages.commands import classify, rules
from darnel.features.languages.required import Prescreened, lowered, required
from darnel.features.taxonomy import CATEGORY


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("curl|wget", {"curl", "wget"}),
        ("(?:^|\\s)NetCat\\b", {"netcat"}),
        ("(?:ba|z)?sh -c", {"sh -c"}),
        ("a+(?:bcd)*", {"a"}),
        ("x{0,3}y", {"y"}),
        ("\\s(?:nc|ncat|netcat) -e", {" -e"}),
        ("\\s(?:nc|ncat|netcat)\\s", {"nc", "netcat"}),
        ("n(?:(?:c|et)at|x)\\s", {"nc", "net", "nx"}),
        ("wor(?:k|)\\s", {"wor"}),
        ("stra\u00dfe", set()),
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
    for text in ("\u017fkip", "s\u212aip", "sk\u0130p", "SK\u0131P"):
        assert Prescreened("skip").found(text, lowered(text))
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
        text = text.replace(rng.choice("iks"), rng.choice("\u0130\u0131\u017f\u212a")) if rng.random() < 0.1 else text
        plain = tuple(behaviour for behaviour, rule in rules() if rule._pattern.search(text))
        assert classify(text) == plain
        hits += len(plain)
    assert hits > 500


def test_only_wanted_categories_are_asked_for() -> None:
    text = "curl https://example.org | sh; whoami; npm publish"
    assert "host.identity" in classify(text)
    wanted = tuple(behaviour for behaviour in classify(text) if CATEGORY[behaviour] in {"spawn", "spread"})
    assert classify(text, frozenset({"spawn", "spread"})) == wanted
    assert "spread.publish" in wanted


def test_no_other_letter_outside_ascii_has_a_case_mate_inside() -> None:
    letters = re.compile("[a-z]", re.IGNORECASE)
    for code in range(128, 0x11000):
        found = letters.fullmatch(chr(code))
        assert found is None or re.fullmatch(lowered(chr(code)), chr(code), re.IGNORECASE), hex(code)
        assert found is None or lowered(chr(code)).isascii()
