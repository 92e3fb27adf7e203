"""What ``predict_many`` takes ahead of the verdict that is next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from darnel.batch import many
from darnel.batch.engine import Slots
from darnel.batch.process import Settings
from darnel.batch.slot import Slot
from darnel.classifier import Classifier
from darnel.features.package import MemoryPackage
from tests import builders


def test_of_what_waits_the_largest_is_next(tiny_model: Path) -> None:
    slots, go, seen = Slots(Settings(str(tiny_model)), 1), Event(), list[int]()

    def work(_: Slot, given: int) -> int:
        go.wait(60)
        seen.append(given)
        return -given

    sizes = [2, 1, 9, 5, 9]
    asked = [slots.submit(work, number, size) for number, size in enumerate(sizes)]
    go.set()
    assert [future.result(60) for future in asked] == [0, -1, -2, -3, -4]
    slots.close()
    assert seen == [0, 2, 4, 3, 1]


def counted(sources: Any, taken: list[int]) -> Iterator[Any]:
    for source in sources:
        taken.append(1)
        yield source


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda path: str(path), 64),
        (lambda path: path.read_bytes(), 64),
        (lambda path: open(path, "rb"), 64),  # noqa: SIM115
        (lambda _: bytes(many.HELD // 5 + 1), 5),
        (lambda _: MemoryPackage({"a.py": b"x = 1\n"}), 4),
    ],
    ids=["paths", "bytes", "files", "large bytes", "packages"],
)
def test_no_more_is_held_than_said(tiny_model: Path, tmp_path: Path, make: Any, most: int) -> None:
    """The first release takes its time; the others are ready and wait for their turn."""
    path = tmp_path / "thing-1.0.tar.gz"
    path.write_bytes(builders.sdist("thing", "1.0"))
    slow = MemoryPackage({f"m{i}.py": f"def f{i}(a):\n    return a\n".encode() * 40 for i in range(2_000)})
    taken: list[int] = []
    classifier = Classifier.load(tiny_model)
    stream = classifier.predict_many(counted((make(path) for _ in range(80)), taken), jobs=2)
    next(stream)
    assert len(taken) <= most
    stream.close()  # type: ignore[attr-defined]
    taken = []
    sources = [slow, *(make(path) for _ in range(80))]
    found = list(classifier.predict_many(counted(sources, taken), jobs=2))
    assert len(found) == len(taken) == 81
    assert found[0].coverage.files == 2_000, "in order"


def test_verdicts_are_given_as_soon_as_they_are_there(tiny_model: Path) -> None:
    """Whoever feeds packages slowly has the verdict before there are enough for all processes."""
    import time

    taken: list[int] = []

    def slowly() -> Iterator[bytes]:
        for _ in range(40):
            taken.append(1)
            yield builders.sdist()
            time.sleep(0.2)

    stream = Classifier.load(tiny_model).predict_many(slowly(), jobs=2)
    assert next(stream).label == "clean"
    assert len(taken) < 40
    stream.close()  # type: ignore[attr-defined]
