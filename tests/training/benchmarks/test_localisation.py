"""Injected releases made again and judged as a whole. Inert samples only: nothing in this file works or is run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from darnel.errors import CorpusError
from darnel.models.manifest import MANIFEST, read_manifest
from darnel.training.benchmarks.fitted import fitted
from darnel.training.benchmarks.localisation import localise, points_at
from darnel.training.benchmarks.localisation_report import section
from darnel.training.config import Config
from darnel.training.splits import temporal
from darnel.verdict import FileScore, Label
from tests.darnel.builders import evidence, verdict
from tests.darnel.conftest import tiny_model
from tests.training.benchmarks.test_injection import CONFIG, Corpus, made_table
from tests.training.synthetic import synthetic_table

__all__ = ["tiny_model"]


def told(*scores: tuple[str, float], lines: tuple[tuple[str, int | None], ...] = (), label: Label = Label.CLEAN) -> Any:
    return verdict(
        label=label,
        files=tuple(FileScore(path, score, "import") for path, score in scores),
        evidence=tuple(evidence(file=file, line=line) for file, line in lines),
    )


def test_ties_count_against_the_spliced_file() -> None:
    files = (("a.py", 0.9), ("b.py", 0.9), ("c.py", 0.1))
    found = [points_at(told(*files), frozenset({name}), name, range(1, 2))["file"] for name in ("a.py", "c.py", "d.py")]
    assert found == [2, 3, 0]
    assert points_at(told(*files), frozenset({"a.py", "b.py"}), "a.py", range(1, 2))["file"] == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((("a.py", 5),), 1),
        ((("b.py", 5), ("", None), ("a.py", 7)), 3),
        ((("a.py", 4), ("a.py", 8)), 0),
        ((("a.py#postinstall", 6),), 1),
        ((), 0),
    ],
)
def test_only_spliced_lines_count(lines: tuple[tuple[str, int | None], ...], expected: int) -> None:
    assert points_at(told(lines=lines), frozenset({"a.py"}), "a.py", range(5, 8))["line"] == expected


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = Corpus(tmp_path_factory.mktemp("corpus"))
    packages = made.table.packages  # nearly equal benign packages would all be on one side
    apart = packages.assign(campaign=packages["campaign"].where(packages["label"] == 1, packages["id"]))
    made.table = replace(made.table, packages=apart)
    return made


def test_from_the_table_to_a_section(corpus: Corpus, tiny_model: Path) -> None:
    table, *_ = made_table(corpus)
    result = localise(corpus.table, table, corpus.samples, CONFIG, tiny_model, lambda _: None)
    assert result["made"] == result["same"] == result["planned"] > 0, "made again line for line"
    assert not result["missing"]
    test = temporal(corpus.table.packages, CONFIG.temporal, CONFIG.seed).test
    hidden = set(corpus.table.packages["id"].iloc[test])
    assert result["planned"] <= sum(host in hidden for host in table.packages["host_id"]), "no host that was trained on"
    assert result["alone"]["all"]["file_first"]["packages"] == result["made"]
    assert result["with_previous"]["all"]["file_first"]["recall"] > 0
    text = " ".join(section(result).split())
    assert f"{result['made']} of {result['planned']} injected" in text
    assert "| all |" in text


def test_what_is_not_at_hand_is_counted(corpus: Corpus, tiny_model: Path) -> None:
    table, *_ = made_table(corpus)
    result = localise(corpus.table, table, {}, CONFIG, tiny_model, lambda _: None, limit=2)
    assert (result["planned"], result["made"], result["missing"]) == (2, 0, {"not at hand": 2})
    assert "| all | 0 (0) | - |" in section(result)


def test_a_model_of_the_training_side_is_kept_and_known_again(tmp_path: Path) -> None:
    table, config = synthetic_table(campaigns=30, benign=60), Config(inner=2, jobs=1, compare=False)
    fitted(tmp_path, table, None, config, lambda _: None)
    before = (tmp_path / MANIFEST).read_bytes()
    fitted(tmp_path, table, None, config, lambda _: None)
    assert (tmp_path / MANIFEST).read_bytes() == before
    train = temporal(table.packages, config.temporal, config.seed).train
    assert read_manifest(tmp_path).training["data"]["packages"] == len(train) < len(table)
    with pytest.raises(CorpusError, match="other data"):
        fitted(tmp_path, synthetic_table(campaigns=31, benign=60), None, config, lambda _: None)
