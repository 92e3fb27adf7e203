"""Large releases are judged first, in a window of bounded size."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import fsspec
import pytest

from darnel.batch import schedule
from darnel.batch.inputs import items
from darnel.batch.item import Item
from darnel.batch.schedule import chunks, largest_first, size_of


def test_the_largest_of_those_ahead_come_first() -> None:
    given = [3, 1, 9, 2, 9, 8, 1, 7]
    assert list(largest_first(given, int, 100)) == sorted(given, reverse=True)
    assert list(largest_first(given, int, 1)) == given
    assert list(largest_first(given, int, 3)) == [9, 3, 9, 8, 2, 7, 1, 1]
    assert list(largest_first(["ab", "c", "de", "f"], len, 4)) == ["ab", "de", "c", "f"], "equal ones as they came"
    assert list(largest_first([], int, 4)) == []


def test_no_more_is_read_than_said() -> None:
    read = 0

    def endless() -> Iterator[int]:
        nonlocal read
        rng = random.Random(1)
        while True:
            read += 1
            yield rng.randrange(1000)

    for given, _ in enumerate(islice(largest_first(endless(), int, 50), 1_000), start=1):
        assert read - given < 50


def test_two_cores_end_together_whatever_comes_last() -> None:
    """Sizes of a mirror: many small, a few that take as long as hundreds of them, and those at the end."""
    rng = random.Random(2)
    sizes = sorted(int(1_000 * rng.paretovariate(1.2)) for _ in range(500))
    spent = [0, 0]
    for size in largest_first(sizes, int, schedule.AHEAD):
        spent[spent.index(min(spent))] += size
    assert max(spent) < 0.51 * sum(sizes)


def test_large_ones_go_alone_and_small_ones_together(tmp_path: Path) -> None:
    sizes = [10, 20, schedule.CHUNK_BYTES, 30, 2 * schedule.CHUNK_BYTES, *range(100, 117)]
    for number, size in enumerate(sizes):
        with open(tmp_path / f"a{number:02}-1.0.whl", "wb") as stream:
            stream.truncate(size)
    found = [[size_of(item) for item in chunk] for chunk in chunks(items([str(tmp_path)]))]
    assert [size for chunk in found for size in chunk] == sorted(sizes, reverse=True)
    assert [len(chunk) for chunk in found] == [1, 1, 8, 8, 4]


def test_sizes(tmp_path: Path) -> None:
    (tmp_path / "new.whl").write_bytes(bytes(70))
    (tmp_path / "old.whl").write_bytes(bytes(30))
    new = str(tmp_path / "new.whl")
    assert size_of(Item(new)) == 70
    assert size_of(Item(new, previous=str(tmp_path / "old.whl"))) == 100
    assert [size_of(Item(name)) for name in ("gone.whl", "s3://b/x.whl", "a\0b")] == [0, 0, 0]


@pytest.mark.parametrize("url", ["memory://sized", "memory://sized/*.whl"])
def test_listings_say_how_large_things_are(url: str) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/sized/a-1.0.whl", bytes(5))
    memory.pipe_file("/sized/b-1.0.whl", bytes(50))
    assert [[size_of(item) for item in chunk] for chunk in chunks(items([url]))] == [[50, 5]]
    assert Item("x", size=3) == Item("x"), "no part of what it is"
    assert Item("x", size=3).id == Item("x").id
