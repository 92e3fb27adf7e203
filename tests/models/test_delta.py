"""What is new since the previous release."""

import numpy as np
import pytest

from darnel.models.delta import FLOOR, Delta, Release, changed, compared

FILES = ("cat.send.import", "cat.spawn.import", "text.lines")
DELTA = Delta(("trigger.gyp", "meta.hooks"), FILES, FILES[:2], FILES[:1], ("trigger.gyp",))


def release(files: dict[str, tuple[float, float, float]], odds: list[float], gyp: float = 0.0) -> Release:
    rows = np.array(list(files.values()), np.float32).reshape(-1, len(FILES))
    return Release(np.array([gyp, 7], np.float32), rows, np.array(odds, np.float64), list(files))


OLD = release({"core": (0, 0, 300), "net": (5, 0, 200)}, [-6.0, 1.0])


def named(new: Release, old: Release = OLD) -> dict[str, float]:
    return dict(zip(DELTA.names, DELTA.compare(new, old).tolist(), strict=True))


def test_nothing_new() -> None:
    row = named(OLD)
    assert row["delta.top1"] == FLOOR
    assert row["delta.rise1"] == 0
    assert row["delta.old"] == 1.0
    assert not any(value for name, value in row.items() if name.startswith(("delta.first", "delta.whole")))


def test_payload_in_a_rewritten_file_is_a_rise_over_its_counterpart() -> None:
    new = release({"core+": (1, 2, 310), "net": (5, 0, 200)}, [4.0, 1.0])
    worst, counterparts, similarity = compared(new, OLD)
    assert worst.tolist() == [0]
    assert counterparts.tolist() == [0]
    assert similarity[0] > 0.6
    row = named(new)
    assert row["delta.top1"] == 4.0
    assert row["delta.rise1"] == 10.0
    assert row["delta.over_old"] == 3.0
    assert row["delta.first.cat.spawn.import"] == 2
    assert row["delta.whole.cat.send.import"] == 0  # the release did that before, elsewhere
    assert row["delta.new_file"] == 0


def test_file_that_always_did_it_rises_little() -> None:
    row = named(release({"core": (0, 0, 300), "net+": (5, 0, 210)}, [-6.0, 1.5]))
    assert row["delta.rise1"] == 0.5
    assert row["delta.first.cat.send.import"] == 0


def test_new_file_and_trigger() -> None:
    new = release({"core": (0, 0, 300), "net": (5, 0, 200), "extra": (0, 9, 4)}, [-6.0, 1.0, 3.0], gyp=1)
    row = named(new)
    assert row["delta.new_file"] == 1
    assert row["delta.similarity"] == 0
    assert row["delta.rise1"] == 3.0 - FLOOR
    assert row["delta.first.cat.spawn.import"] == 9
    assert row["delta.package.trigger.gyp"] == 1


def test_previous_release_without_files() -> None:
    row = named(OLD, release({}, []))
    assert row["delta.old"] == FLOOR
    assert row["delta.new_file"] == 1
    assert row["delta.whole.cat.send.import"] == 5


def test_release_without_files() -> None:
    assert named(release({}, []))["delta.top1"] == FLOOR


def test_no_previous_release_is_missing_everywhere() -> None:
    assert np.isnan(DELTA.missing(3)).all()
    assert DELTA.missing(3).shape == (3, len(DELTA.columns))


def test_order_of_files_does_not_matter() -> None:
    new = release({"a": (1, 2, 310), "b": (0, 1, 30), "net": (5, 0, 200)}, [4.0, 2.0, 1.0])
    turned = Release(new.package_row, new.file_rows[::-1], new.odds[::-1], list(new.keys)[::-1])
    assert named(new) == named(turned)
    assert [new.keys[i] for i in changed(new, OLD)] == ["a", "b"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_odd_values_stay_finite(value: float) -> None:
    new = release({"core+": (value, 2, 310)}, [4.0])
    assert all(np.isfinite(list(named(new).values())))
