"""Packages of repositories that are not at hand any more keep the rows that an earlier table has of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from darnel.errors import CorpusError
from darnel.training.corpus.earlier import variants, with_earlier_variants
from darnel.training.derived import save_derived
from darnel.training.storage import load_table, save_table
from tests.training import test_derived
from tests.training.corpus.repositories import Builder
from tests.training.corpus.test_corpus_build import run
from tests.training.synthetic import synthetic_table

MANIFEST = """
format = 1
[[source]]
id = "small"
kind = "repositories"
ecosystem = "pypi"
label = "benign"
list = "l.csv"
"""


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    (tmp_path / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
    rows = ["repository,revision,folder,ecosystem,name,version"]
    for name in ("a", "b", "c"):
        setup = f"from setuptools import setup\nsetup(name='{name}')\n".encode()
        head = Builder(tmp_path / "owner" / name).commit({"setup.py": setup, f"{name}.py": b"x = 1\n"})
        rows.append(f"owner/{name},{head},,pypi,,")
    (tmp_path / "l.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    base = ["build", "--repositories", str(tmp_path), "--manifest", str(tmp_path / "manifest.toml"), "--jobs", "1"]
    assert run(*base, "--cache", str(tmp_path / "c1"), "--out", str(tmp_path / "first")) == 0
    shutil.rmtree(tmp_path / "owner" / "a")
    shutil.rmtree(tmp_path / "owner" / "b")
    return [*base, "--cache", str(tmp_path / "c2"), "--out", str(tmp_path / "second")]


def test_rows_of_missing_repositories_are_taken_over(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*options) == 0
    assert len(load_table(tmp_path / "second")) == 1
    assert run(*options, "--earlier", str(tmp_path / "first")) == 0
    assert "3 packages (0 extracted, 1 from the cache, 2 taken over, 0 not readable)" in capsys.readouterr().err
    first, second = load_table(tmp_path / "first"), load_table(tmp_path / "second")
    assert sorted(second.packages["name"]) == ["a", "b", "c"]
    assert len(second.file_rows) == len(first.file_rows)
    assert json.loads((tmp_path / "second" / "summary.json").read_text())["taken_over"] == 2
    for name in ("a", "b", "c"):
        rows = [np.flatnonzero(table.packages["name"] == name)[0] for table in (first, second)]
        assert np.array_equal(first.package_rows[rows[0]], second.package_rows[rows[1]], equal_nan=True)


def test_what_left_the_list_does_not_come_back(options: list[str], tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("".join(line for line in path.open(encoding="utf-8") if "owner/b," not in line), encoding="utf-8")
    assert run(*options, "--earlier", str(tmp_path / "first")) == 0
    assert sorted(load_table(tmp_path / "second").packages["name"]) == ["a", "c"]


def test_an_earlier_table_that_is_not_there_is_said(options: list[str], tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        run(*options, "--earlier", str(tmp_path / "nowhere"))


def test_an_earlier_table_of_another_schema_is_refused_before_any_work(options: list[str], tmp_path: Path) -> None:
    save_table(synthetic_table(campaigns=2, benign=4), tmp_path / "other")
    with pytest.raises(CorpusError, match="schema"):
        run(*options, "--earlier", str(tmp_path / "other"))
    assert not (tmp_path / "c2").exists()


def test_variants_of_packages_that_are_not_at_hand_are_taken_over(tmp_path: Path) -> None:
    base = synthetic_table(campaigns=10, benign=20)
    made = test_derived.variants(base)
    save_table(base, tmp_path)
    save_derived(made, base, tmp_path / "restyled")
    hosts = made.packages["host_id"].tolist()
    here, there = made.subset(np.array([0, 1])), base.subset(np.flatnonzero(base.packages["id"] != hosts[5]))
    whole, taken = with_earlier_variants(here, there, variants(tmp_path, "restyled"), hosts[:2])
    assert taken == 3  # of six, two are at hand and one has left the table
    assert whole.packages["host_id"].tolist() == hosts[:5]
    for i in range(5):
        assert test_derived.files(whole, i) == test_derived.files(made, i)
