import numpy as np
import pytest

from darnel.models.calibration import log_odds
from darnel.models.pooling import Pooling

COLUMNS = ("file.role.install", "file.role.module", "cat.send.import", "text.entropy")


def pooled(odds: list[list[float]], rows: list[list[float]], links: list[int] | None = None) -> list[dict[str, float]]:
    pooling = Pooling.by_group(COLUMNS, ["cat"], ["text."])
    offsets = np.cumsum([0, *(len(part) for part in odds)])
    flat = np.array([value for part in odds for value in part])
    held = np.arange(len(flat)) if links is None else np.array(links)
    table = pooling.pool(flat, offsets, np.array(rows, np.float32).reshape(-1, len(COLUMNS)), held)
    return [dict(zip(pooling.names, row.tolist(), strict=True)) for row in table]


def test_one_bad_file_stands_out_whatever_the_size() -> None:
    rows = [[0, 1, 0, 4.0], [1, 0, 3, 5.0]]
    small, large = pooled([[-5.0, 4.0], [-5.0] * 400 + [4.0]], rows, [0, 1] + [0] * 400 + [1])
    for name in ("pool.top1", "pool.gap.second", "pool.over90", "pool.role.install", "pool.first.cat.send.import"):
        assert small[name] == large[name], name
    assert large["pool.top1"] == 4.0
    assert large["pool.gap.median"] == 9.0
    assert large["pool.role.module"] == -5.0
    assert large["pool.first.cat.send.import"] == 3.0


def test_values_by_hand() -> None:
    (row,) = pooled([[0.0, 2.0, -2.0]], [[0, 1, 7, 1.0], [1, 0, 8, 2.0], [0, 1, 9, 3.0]])
    assert [row[f"pool.top{k}"] for k in range(1, 6)] == [2.0, 0.0, -2.0, -2.0, -2.0]
    assert row["pool.median"] == 0.0
    assert row["pool.gap.spread"] == pytest.approx(2.0 / (1.0 + 0.5))
    assert row["pool.over50"] == 1
    assert row["pool.role.install"] == 2.0
    assert row["pool.role.module"] == 0.0
    assert row["pool.role.startup"] == -2.0
    assert row["pool.first.cat.send.import"] == 8.0
    assert row["pool.three.text.entropy"] == 3.0
    nobody = np.prod([1 / (1 + np.exp(v)) for v in (2.0, 0.0, -2.0)])
    assert row["pool.any"] == pytest.approx(float(log_odds(1 - nobody)), rel=1e-5)


def test_package_without_files() -> None:
    empty, full = pooled([[], [1.0]], [[0, 1, 2, 3.0]], [0])
    assert np.isnan(empty["pool.top1"])
    assert np.isnan(empty["pool.first.cat.send.import"])
    assert empty["pool.over50"] == 0
    assert full["pool.top1"] == full["pool.top5"] == full["pool.median"] == 1.0


def test_no_files_at_all() -> None:
    (row,) = pooled([[]], [])
    assert np.isnan(row["pool.top1"])


def test_many_at_once_equals_one_by_one() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 4)).astype(np.float32)
    sizes = [3, 0, 1, 7, 19]
    parts = np.split(rng.normal(size=30) * 3, np.cumsum(sizes)[:-1])
    together = pooled([part.tolist() for part in parts], rows.tolist())
    start = 0
    for part, row in zip(parts, together, strict=True):
        alone = pooled([part.tolist()], rows[start : start + len(part)].tolist())[0]
        np.testing.assert_array_equal(list(alone.values()), list(row.values()))
        start += len(part)
