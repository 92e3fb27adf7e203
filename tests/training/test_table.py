from pathlib import Path

import numpy as np
import pytest

from darnel.errors import CorpusError
from darnel.training.storage import load_table, save_table
from darnel.training.table import FeatureTable, TableBuilder


def small() -> FeatureTable:
    builder = TableBuilder(["meta.a", "meta.b"], ["text.x"], "abc")
    shared = ("aa" * 32, np.array([1.5], np.float32))
    builder.add({"id": "p1", "label": 1, "campaign": "c1"}, np.array([1, np.nan], np.float32), [shared])
    other = ("bb" * 32, np.array([2.0], np.float32))
    builder.add({"id": "p2", "popular": True}, np.array([0, 3], np.float32), [other, shared])
    builder.add({"id": "p3", "readable": False, "popular": False}, np.zeros(2, np.float32), [])
    return builder.build()


def test_shared_files_are_stored_once() -> None:
    table = small()
    assert table.file_rows.shape == (2, 1)
    assert table.files_of(1).tolist() == [1, 0]
    assert table.owners.tolist() == [0, 1, 1]


def test_same_content_in_another_part_is_another_row() -> None:
    builder = TableBuilder([], ["role.entry"], "abc")
    rows = [("aa" * 32, np.array([value], np.float32)) for value in (0, 1)]
    builder.add({"id": "p"}, np.zeros(0, np.float32), rows)
    assert len(builder.build().file_rows) == 2


def test_round_trip(tmp_path: Path) -> None:
    table = small()
    save_table(table, tmp_path)
    back = load_table(tmp_path)
    assert back.packages["id"].tolist() == ["p1", "p2", "p3"]
    assert back.labels.tolist() == [1, 0, 0]
    assert back.packages["popular"].tolist()[1] is True
    np.testing.assert_array_equal(back.package_rows, table.package_rows)
    np.testing.assert_array_equal(back.file_rows, table.file_rows)
    assert back.file_hashes.tolist() == table.file_hashes.tolist() == ["aa" * 8, "bb" * 8]
    assert back.links.tolist() == [0, 1, 0]
    assert back.package_columns == table.package_columns


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_table(small(), tmp_path / name)
    for name in ("packages.parquet", "files.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_subset_keeps_the_files() -> None:
    part = small().subset(np.array([2, 1]))
    assert part.packages["id"].tolist() == ["p3", "p2"]
    assert part.files_of(0).tolist() == []
    assert part.files_of(1).tolist() == [1, 0]


def test_refuses_another_schema_and_other_columns() -> None:
    table = small()
    table.check("abc", ["meta.a", "meta.b"], ["text.x"])
    with pytest.raises(CorpusError, match="made for schema abc"):
        table.check("xyz", ["meta.a", "meta.b"], ["text.x"])
    with pytest.raises(CorpusError, match="column names or order"):
        table.check("abc", ["meta.b", "meta.a"], ["text.x"])


@pytest.mark.parametrize("content", [None, b"", b"PAR1 but not really PAR1"])
def test_refuses_what_is_no_table(tmp_path: Path, content: bytes | None) -> None:
    save_table(small(), tmp_path)
    path = tmp_path / "files.parquet"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"files\.parquet"):
        load_table(tmp_path)


def test_refuses_one_id_twice() -> None:
    builder = TableBuilder([], [], "abc")
    for _ in range(2):
        builder.add({"id": "p"}, np.zeros(0, np.float32), [])
    with pytest.raises(CorpusError, match="'p' is there twice"):
        builder.build()
