from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from darnel.batch.item import Item
from darnel.batch.manifest import read
from darnel.errors import DarnelError


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        "\ufeffversion,path,ecosystem,other,previous\n1.0,a.whl,pypi,x,b.whl\n,/abs/c.tgz,,,\n", encoding="utf-8"
    )
    assert list(read(str(path))) == [
        Item(f"{tmp_path}/a.whl", "pypi", "", "1.0", f"{tmp_path}/b.whl"),
        Item("/abs/c.tgz"),
    ]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    table = pa.table({"path": ["s3://b/a.whl", "c.tgz"], "name": ["a", None], "size": [1, 2], "ecosystem": ["", "npm"]})
    parquet.write_table(table, path)
    assert list(read(str(path))) == [Item("s3://b/a.whl", name="a"), Item(f"{tmp_path}/c.tgz", "npm")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,version\na,1\n", "no column path"),
        (b"", "no column path"),
        (b"path,ecosystem\nx,pypy\n", "row 1: ecosystem 'pypy'"),
        (b"path,name\nx,a\n,b\n", "row 2 has no path"),
        (b"path\n\xff\xfe\n", "no CSV in UTF-8"),
    ],
)
def test_what_is_wrong_with_it_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(DarnelError, match=words) as caught:
        list(read(str(path)))
    assert "\n" not in str(caught.value)


def test_what_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(DarnelError, match="no Parquet"):
        list(read(str(path)))
    with pytest.raises(DarnelError, match="no such file"):
        list(read(str(tmp_path / "none.csv")))
