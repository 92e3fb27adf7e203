from __future__ import annotations

import errno
import glob
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from darnel.batch.inputs import is_release, items, repeatable
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


def test_a_name_at_a_url_is_that_name() -> None:
    """Neither a chain of file systems, nor a pattern if it is there, nor on another host."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    from darnel.batch.storage import read_bytes

    memory = fsspec.filesystem("memory")
    for name in ("six-1.whl", "six-1.whl::x-1.0-py3-none-any.whl", "[x]-1.0.whl", "x-1.0.whl"):
        memory.pipe_file(f"/names/{name}", name.encode())
    for path in paths("memory://names"):
        assert read_bytes(path, 99).decode() == path.rpartition("/")[2]
    assert paths("memory://names/[x]-1.0.whl") == ["memory:///names/[x]-1.0.whl"]
    assert paths("memory://names/[xy]-1.0.whl") == ["memory:///names/x-1.0.whl"]
    with pytest.raises(DarnelError, match="cannot be opened"):
        paths("zip://a.whl::memory://names/six-1.whl")

    class Hosted(MemoryFileSystem):  # type: ignore[misc]
        protocol = "hosted"

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            rest = path.partition("://")[2]
            return "/" + rest.partition("/")[2].rstrip("/") if rest else path.rstrip("/")

        @staticmethod
        def _get_kwargs_from_urls(path: str) -> dict[str, str]:
            return {"host": path.partition("://")[2].partition("/")[0]}

    fsspec.register_implementation("hosted", Hosted, clobber=True)
    for url in ("hosted://example/names", "hosted://example/names/", "hosted://example/names/s*l"):
        assert "hosted://example/names/six-1.whl" in paths(url)


def test_folders_at_urls_that_a_pattern_matches_are_rows() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in ("plain/a-1.0.whl", "b-1.0.whl"):
        memory.pipe_file(f"/mixed/{name}", b"x")
    found = list(items(["memory://mixed/*"]))
    assert [(item.path, item.error) for item in found] == [
        ("memory:///mixed/b-1.0.whl", ""),
        (
            "memory:///mixed/plain",
            "memory:///mixed/plain: is a folder, which is a release only on a local disk; name the archives in it",
        ),
    ]


def test_file_urls_are_paths(tmp_path: Path) -> None:
    touch(tmp_path, "a/x-1.0.whl", "secret/y-1.0.whl")
    (tmp_path / "a" / "y-1.0.whl").symlink_to(tmp_path / "secret" / "y-1.0.whl")
    assert paths(f"file://{tmp_path}/a") == [f"{tmp_path}/a/x-1.0.whl"]
    assert paths(f"file://{tmp_path}/*/x*") == [f"{tmp_path}/a/x-1.0.whl"]
    assert paths("-", stdin=[f"file://{tmp_path}/b\n"]) == [f"{tmp_path}/b"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("./x", "x"),
        ("a//b/./c/", "a/b/c"),
        ("/", "/"),
        (".", "."),
        ("./", "."),
        ("", ""),
        ("a/../x", "a/../x"),
        (" x ", " x "),
        ("file:///a//b", "/a/b"),
        ("local://a", "a"),
        ("memory://a//b/./", "memory://a//b/./"),
    ],
)
def test_spellings(given: str, meant: str) -> None:
    from darnel.batch.storage import plain

    assert plain(given) == meant


def test_what_is_named_twice_in_other_spellings_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/x-1.0.whl")
    monkeypatch.chdir(tmp_path)
    words = ("a", "./a", "a//", "a/x-1.0.whl", "./a/*.whl", "-")
    assert set(paths(*words, stdin=["a/./x-1.0.whl\n"])) == {"a/x-1.0.whl"}


PATTERNS = (
    "*",
    "**",
    "a/**",
    "**/*.whl",
    "*/",
    "**/b/*",
    "?/*/x*",
    "a/b/x-1.0.whl*",
    "*/b",
    "**/**/x*",
    ".*",
    "[ab]/*",
)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("absolute", [False, True])
def test_patterns_are_those_of_glob(
    pattern: str, absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from darnel.batch.listing import matching

    touch(
        tmp_path, "a/b/x-1.0.whl", "a/b/c/y-1.0.whl", "b/x-1.0.whl", ".h/.x-1.0.whl", "x-1.0.whl", "a/b/x-1.0.whl.asc"
    )
    monkeypatch.chdir(tmp_path)
    pattern = f"{tmp_path}/{pattern}" if absolute else pattern
    wanted = {os.path.normpath(path) for path in glob.glob(pattern, recursive=True, include_hidden=True)}
    found = [item.path for item in matching(pattern)]
    if pattern.endswith("/"):
        found = [path for path in found if os.path.isdir(path)]
    assert sorted(found) == sorted(wanted)


def test_patterns_end_at_links_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "a/x-1.0.whl")
    for name in "bcd":
        (tmp_path / "a" / name).symlink_to(tmp_path)
    assert paths(f"{tmp_path}/**/x*") == [f"{tmp_path}/a/x-1.0.whl"]
    (tmp_path / "b").symlink_to("b")
    assert paths(f"{tmp_path}/*/x*") == [f"{tmp_path}/a/x-1.0.whl"]


@pytest.mark.parametrize("word", ["", "/*/*.whl", "/**/*.whl", "/*/x-1.0.whl"])
def test_folders_that_cannot_be_listed_are_rows(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/x-1.0.whl", "b/x-1.0.whl")
    for name in ("scandir", "lstat"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name), str(tmp_path / "a")))
    found = list(items([f"{tmp_path}{word}"]))
    assert sorted(item.path for item in found) == [f"{tmp_path}/a", f"{tmp_path}/b/x-1.0.whl"]
    (hidden,) = (item for item in found if item.error)
    assert hidden.error == (
        f"{tmp_path}/a: Permission denied; what lies in it was not judged: make the folder readable"
    )


def refusing(real: Callable[..., Any], folder: str) -> Callable[..., Any]:
    """The same function for whoever may not look into a folder: root, as whom tests may run, always may."""

    def function(path: str, *args: Any, **options: Any) -> Any:
        if (path == folder and real is REAL_SCANDIR) or os.path.dirname(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *args, **options)

    return function


REAL_SCANDIR = os.scandir


def test_folders_at_urls_that_cannot_be_listed_are_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    memory = fsspec.filesystem("memory")
    for name in ("a/x-1.0.whl", "b/x-1.0.whl"):
        memory.pipe_file(f"/closed/{name}", b"x")
    real = MemoryFileSystem.ls

    def ls(self: Any, path: str, *args: Any, **options: Any) -> Any:
        if path.endswith("/closed/a"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(self, path, *args, **options)

    monkeypatch.setattr(MemoryFileSystem, "ls", ls)
    monkeypatch.setattr(MemoryFileSystem, "find", fsspec.AbstractFileSystem.find)  # as over SFTP, folder by folder
    found = list(items(["memory://closed"]))
    assert [item.path for item in found] == ["memory:///closed/a", "memory:///closed/b/x-1.0.whl"]
    assert "Permission denied; what lies in it was not judged" in found[0].error


def test_a_file_that_is_called_like_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "-")
    monkeypatch.chdir(tmp_path)
    assert paths("./-") == ["-"]
    assert repeatable(["./-"])


def test_folders_that_have_gone_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/x-1.0.whl", "b/x-1.0.whl")
    real = os.scandir

    def scandir(path: str) -> Any:
        if path == str(tmp_path / "a"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert paths(tmp_path) == [f"{tmp_path}/b/x-1.0.whl"]


def test_what_cannot_be_listed_again(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    assert repeatable([str(tmp_path), f"file://{tmp_path}/a.csv", "x/*.whl", "s3://x"])
    assert not repeatable([str(tmp_path), "-"])
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "p.csv")
        assert not repeatable([str(tmp_path / "p.csv")])


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
