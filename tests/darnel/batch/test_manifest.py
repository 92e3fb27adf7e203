from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from darnel.batch.item import Item
from darnel.batch.manifest import _resolved, read
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
        (b"\xff\xfep\0a\0t\0h\0\n\0", "no column path"),
        (b"path\n" + b"x" * 200_000 + b"\n", "line 1: no CSV"),
    ],
)
def test_what_is_wrong_with_it_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(DarnelError, match=words) as caught:
        list(read(str(path)))
    assert "\n" not in str(caught.value)


def test_a_row_that_makes_no_sense_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("path,ecosystem\na.whl,PyPI\n,npm\nb.whl,rubygems\n,\nc.whl,NPM\n")
    found = list(read(str(path)))
    assert [(item.ecosystem, bool(item.error)) for item in found] == [
        ("pypi", False),
        ("npm", True),
        ("rubygems", True),
        ("", True),
        ("npm", False),
    ]
    assert [item.path for item in found] == [
        f"{tmp_path}/a.whl",
        f"{path}#row=2",
        f"{tmp_path}/b.whl",
        f"{path}#row=4",
        f"{tmp_path}/c.whl",
    ]
    assert found[1].error == f"{path}: row 2 has no path; give one"
    assert found[2].error.startswith(f"{path}: row 3: ecosystem 'rubygems'; it has to be")
    assert len({item.id for item in found}) == 5


def test_paths_are_taken_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"path,name\na.whl , n \n\xff\xfe.whl,\nfile:///x/c.whl,\n./d//e.whl,\n")
    assert list(read(str(path))) == [
        Item(f"{tmp_path}/a.whl ", name="n"),
        Item(f"{tmp_path}/\udcff\udcfe.whl"),
        Item("/x/c.whl"),
        Item(f"{tmp_path}/d/e.whl"),
    ]
    table = pa.table({"path": [b"a.whl", b"\xff.whl", None]})
    parquet.write_table(table, tmp_path / "b.parquet")
    found = list(read(str(tmp_path / "b.parquet")))
    assert [item.path for item in found[:2]] == [f"{tmp_path}/a.whl", f"{tmp_path}/\udcff.whl"]
    assert found[2].error.endswith("row 3 has no path; give one")


def test_paths_start_at_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.csv").write_text("path\na.whl\n")
    monkeypatch.chdir(tmp_path)
    assert [item.path for item in read("m.csv")] == ["a.whl"]
    assert _resolved("/m.csv", "a.whl") == "/a.whl"


def test_what_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(DarnelError, match="no Parquet"):
        list(read(str(path)))
    with pytest.raises(DarnelError, match="no such file"):
        list(read(str(tmp_path / "none.csv")))
