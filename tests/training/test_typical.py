from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darnel.errors import CorpusError
from darnel.training.storage import save_table
from darnel.training.typical import describe, largest, typical
from tests.training.synthetic import synthetic_table


def test_the_largest_file_counts() -> None:
    values = np.array([1, np.nan, 5, 2], np.float32)
    assert largest(values, np.array([0, 1, 2, 3, 1]), np.array([0, 2, 2, 5])).tolist() == [1, 0, 5]


def test_in_words() -> None:
    assert describe(np.zeros(3, np.float32)) == "always 0"
    assert (
        describe(np.array([0, 2, 2, np.nan], np.float32)) == "not 0 in 50.0%; quantiles of these: 50% 2, 90% 2, 99% 2"
    )


def test_of_a_stored_table(tmp_path: Path) -> None:
    table = synthetic_table()
    save_table(table, tmp_path)
    for column in (table.package_columns[0], table.file_columns[0]):
        lines = typical(str(tmp_path), [column])
        assert all(line.startswith(f"  {column}, ") for line in lines)
        assert len(lines) == 2 * len(set(table.text("ecosystem").tolist()))
    with pytest.raises(CorpusError, match=r"no column no\.such"):
        typical(str(tmp_path), ["no.such"])


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no feature table"):
        typical(str(tmp_path), ["a.b"])
