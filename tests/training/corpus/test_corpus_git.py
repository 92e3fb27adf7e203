from __future__ import annotations

from pathlib import Path

import pytest

from darnel.errors import CorpusError
from darnel.training.corpus.git import Entry, GitRepository, find_repository, layouts
from tests.training.corpus.repositories import Builder


def test_history_gives_what_the_tree_no_longer_holds(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "r")
    builder.commit({"a/old-1.0.tgz": b"old"}, date="2023-08-05T23:00:00Z")
    head = builder.commit({"a/old-1.0.tgz": None, "b.tgz": b"new"}, date="2025-01-02T03:00:00Z")
    with GitRepository(builder.git_directory) as git:
        assert [entry.path for entry in git.tree(head)] == ["b.tgz"]
        assert {e.path: git.read(e.oid) for e in git.blobs_in_history([head]) if e.path.endswith("tgz")} == {
            "a/old-1.0.tgz": b"old",
            "b.tgz": b"new",
        }
        added = {a.path: a.date for a in git.additions([head])}
        assert added == {"a/old-1.0.tgz": "2023-08-05", "b.tgz": "2025-01-02"}


def test_strange_names_survive(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "r")
    names = ['quo"te.txt', "spa ce.txt", "ünï.txt", "tab\there.txt", "line\nfeed.txt"]
    head = builder.commit({name: name.encode() for name in names})
    with GitRepository(builder.git_directory) as git:
        assert sorted(entry.path for entry in git.tree(head)) == sorted(names)
        assert sorted(a.path for a in git.additions([head])) == sorted(names)


def test_absent_blobs_are_named_absent_and_reading_goes_on(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "r")
    head = builder.commit({"gone": b"x" * 50, "here": b"y" * 7, "empty": b""})
    with GitRepository(builder.git_directory) as git:
        oids = {entry.path: entry.oid for entry in git.tree(head)}
        builder.lose(oids["gone"])
        assert git.sizes([oids["gone"], oids["here"], f"{head}:here", oids["empty"]]) == [
            None,
            (oids["here"], 7),
            (oids["here"], 7),
            (oids["empty"], 0),
        ]
        assert git.read(oids["gone"]) is None
        assert git.read(oids["here"]) == b"y" * 7
        assert git.read(oids["empty"]) == b""
        assert Entry("", oids["here"], "here") in git.blobs_in_history([head])


def test_changes_are_listed_on_request(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "r")
    first = builder.commit({"m/x/package.json": b"1", "other": b""})
    second = builder.commit({"m/x/package.json": b"2"})
    with GitRepository(builder.git_directory) as git:
        assert [a.commit for a in git.additions([second], ["m/*"])] == [first]
        assert [a.commit for a in git.additions([second], ["m/*"], changes=True)] == [second, first]


def test_an_unknown_revision_is_one_clear_line(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "r")
    builder.commit({"a": b""})
    with GitRepository(builder.git_directory) as git:
        assert not git.has("0" * 40)
        with pytest.raises(CorpusError, match=r"git ls-tree failed: .*; fetch the repository again$"):
            git.tree("0" * 40)


@pytest.mark.parametrize("place", range(14))
def test_every_documented_layout_is_found_and_the_first_one_wins(tmp_path: Path, place: int) -> None:
    candidates = layouts(tmp_path, "owner/name")
    assert len(candidates) == 14
    assert find_repository([tmp_path], "owner/name") is None
    for path in candidates[place:]:
        (path / "objects").mkdir(parents=True, exist_ok=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
    assert find_repository([tmp_path / "nowhere", tmp_path], "owner/name") == candidates[place]
