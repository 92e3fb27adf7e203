from __future__ import annotations

import os
from pathlib import Path

import pytest

from darnel.batch.inputs import is_release, items, roots
from darnel.batch.item import Ids, Item
from darnel.errors import DarnelError


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


def paths(*words: object, stdin: list[str] | None = None) -> list[str]:
    return [item.path for item in items([str(word) for word in words], stdin)]


BANDERSNATCH = ("web/packages/ab/cd/ef01/a-1.0.tar.gz", "web/packages/ab/cd/ef02/a-1.0-py3-none-any.whl")
DEVPI = ("+files/root/pypi/+f/1/2/b-2.0.zip",)
VERDACCIO = ("storage/@s/c/c-1.0.0.tgz", "storage/d/d-1.0.0.tgz")
OTHERS = (
    "web/simple/a/index.html",
    "web/packages/ab/cd/ef02/a-1.0-py3-none-any.whl.metadata",
    "+files/root/pypi/+doc/b/2.0/b-2.0.doc.zip",
    "storage/@s/c/package.json",
    ".serverdb/.event_serial",
)


def test_trees_of_mirrors(tmp_path: Path) -> None:
    touch(tmp_path, *BANDERSNATCH, *DEVPI, *VERDACCIO, *OTHERS)
    found = [os.path.relpath(path, tmp_path) for path in paths(tmp_path)]
    assert found == sorted([*BANDERSNATCH, *DEVPI, *VERDACCIO])


def test_links_are_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "mirror/a-1.0.tar.gz", "secret/b-1.0.tar.gz")
    (tmp_path / "mirror" / "loop").symlink_to(tmp_path / "mirror")
    (tmp_path / "mirror" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "mirror" / "c-1.0.tar.gz").symlink_to(tmp_path / "secret" / "b-1.0.tar.gz")
    assert paths(tmp_path / "mirror") == [str(tmp_path / "mirror" / "a-1.0.tar.gz")]


def test_deep_trees(tmp_path: Path) -> None:
    current = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(300):
            os.mkdir("d" * 10)
            os.chdir("d" * 10)
        Path("a-1.0.tar.gz").write_bytes(b"x")
    finally:
        os.chdir(current)
    assert len(paths(tmp_path)) == 1


def test_patterns_archives_and_lines(tmp_path: Path) -> None:
    touch(tmp_path, "a-1.0.tar.gz", "b/b-1.0.whl", "b/c.txt")
    (tmp_path / "odd[1].zip").write_bytes(b"x")
    assert paths(tmp_path / "*.gz") == [str(tmp_path / "a-1.0.tar.gz")]
    assert paths(tmp_path / "b" / "*") == [str(tmp_path / "b" / name) for name in ("b-1.0.whl", "c.txt")]
    assert len(paths(f"{tmp_path}/**/*.whl")) == 1
    assert paths(tmp_path / "odd[1].zip") == [str(tmp_path / "odd[1].zip")]
    assert paths("-", stdin=["x/y.whl\n", "\n", " z \r\n"]) == ["x/y.whl", " z "]


@pytest.mark.parametrize("word", ["/no/such/place", "/no/such/*.whl", "memory://nothing/here", "nosuch://x"])
def test_what_is_not_there_is_one_line(word: str) -> None:
    with pytest.raises(DarnelError) as caught:
        paths(word)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_urls() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in ("a-1.0.tar.gz", "d/b-1.0.whl", "d/README"):
        memory.pipe_file(f"/inputs/{name}", b"x")
    assert paths("memory://inputs") == ["memory:///inputs/a-1.0.tar.gz", "memory:///inputs/d/b-1.0.whl"]
    assert paths("memory://inputs/*/*") == ["memory:///inputs/d/README", "memory:///inputs/d/b-1.0.whl"]
    assert paths("memory://inputs/a-1.0.tar.gz") == ["memory:///inputs/a-1.0.tar.gz"]
    memory.pipe_file("/inputs/list.csv", b"path,previous\nd/b-1.0.whl,a-1.0.tar.gz\n")
    assert list(items(["memory://inputs/list.csv"])) == [
        Item("memory://inputs/d/b-1.0.whl", previous="memory://inputs/a-1.0.tar.gz")
    ]


def test_roots(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.whl", "list.csv")
    real = os.path.realpath(tmp_path)
    assert roots([str(tmp_path / "a")]) == {f"{real}/a"}
    assert roots([str(tmp_path / "a" / "*.whl")]) == {f"{real}/a"}
    assert roots([str(tmp_path / "a" / "x.whl"), "-", "s3://x"]) == frozenset()
    assert roots([str(tmp_path / "list.csv")]) == {real}


def test_names_of_releases() -> None:
    assert all(map(is_release, ["a-1.tar.gz", "A.WHL", "a.tgz", "a.zip", "a.tar.bz2", "a.tar.xz", "a.egg"]))
    assert not any(map(is_release, ["a.whl.metadata", "a.asc", "index.html", "a.doc.zip", "a.exe", "tgz"]))


def test_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    from darnel.batch import item

    monkeypatch.setattr(item, "MERGE_AT", 10)
    given = [Item(str(i % 50)).id for i in range(200)]
    ids = Ids()
    assert sum(ids.add(one) for one in given) == 50
    assert len(ids) == 50
    assert all(one in ids for one in given)
    assert Item("x").id not in ids
    ends = [bytes(15) + b"\1", b"\1" + bytes(15), bytes(16)]
    assert len(Ids(ends)) == 3
    assert Item("a").id != Item("a", previous="b").id
