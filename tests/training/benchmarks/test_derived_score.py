"""Arithmetic of the obfuscation and placebo benchmarks, on scores that are given."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from darnel.training.benchmarks import derived_commands, derived_score
from darnel.training.benchmarks.derived_report import render
from darnel.training.config import Config
from darnel.training.derived import save_derived
from darnel.training.storage import save_table
from darnel.training.table import FeatureTable, TableBuilder

CONFIG = Config(outer=2, seed=3)


class Known:
    """Stands for a model: the score of a package is its only column."""

    fitted: list[int] = []  # noqa: RUF012

    def __init__(self, config: Config) -> None:
        self.config = config

    def fit(self, table: FeatureTable, derived: FeatureTable | None = None) -> Self:
        Known.fitted.append(len(table) + (len(derived) if derived is not None else 0))
        self.fold_scores_ = table.package_rows[:, 0].astype(float)
        return self

    def scores(self, table: FeatureTable) -> NDArray[np.float64]:
        return table.package_rows[:, 0].astype(float)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    Known.fitted.clear()
    monkeypatch.setattr(derived_score, "VariantModels", Known)


def tables(transforms: dict[str, tuple[float, float]], source: str = "obfuscated") -> tuple[FeatureTable, FeatureTable]:
    """Malicious packages score 0.9, benign ones 0 to 0.5; derived ones what ``transforms`` says for both classes."""
    corpus = TableBuilder(["score"], ["x"], "s")
    derived = TableBuilder(["score"], ["x"], "s")
    file = [("0" * 64, np.zeros(1, np.float32))]
    for label, count in ((1, 60), (0, 600)):
        for i in range(count):
            row = {"id": f"{label}-{i}", "ecosystem": "pypi", "label": label, "name": f"n{label}{i}"}
            row |= {"campaign": f"c{i // 2}" if label else "", "date": ("2024" if i % 4 < 2 else "2025") + "-03-01"}
            row["date"] = row["date"] if label else ""
            score = 0.9 if label else 0.5 * i / count
            corpus.add(row, np.array([score], np.float32), file)
            for name, scores in transforms.items():
                if label or source == "obfuscated":
                    more = {**row, "id": f"{row['id']}+{name}", "source": source, "host_id": row["id"]}
                    more |= {"payload_campaigns": row["campaign"], "transform": name, "variant": source}
                    value = scores[1 - label]
                    if value < 0:  # every other package is lost
                        value = 0.9 if i % 2 else 0.0
                    derived.add(more, np.array([value], np.float32), file)
    return corpus.build(), derived.build()


def said(result: dict[str, Any], name: str) -> dict[str, Any]:
    entry: dict[str, Any] = result["rates"]["0.01"]["pypi"]["transforms"][name]
    return entry


@pytest.mark.parametrize("protocol", ["temporal", "campaign"])
def test_loss_and_ratio(protocol: str) -> None:
    table, derived = tables({"hex": (0.9, 0.0), "zlib": (-1, 0.9), "hex+zlib": (0.0, 0.0)})
    result = derived_score.obfuscation(table, derived, CONFIG, print, protocol)
    assert said(result, "hex")["malicious"]["loss"] == 0
    assert said(result, "zlib")["malicious"]["loss"] == pytest.approx(0.5)
    low, high = said(result, "zlib")["malicious"]["loss_interval"]
    assert low <= 0.5 <= high
    assert said(result, "stacked")["malicious"]["loss"] == 1
    assert said(result, "alone")["malicious"]["loss"] == pytest.approx(0.25)
    assert said(result, "hex")["benign"]["alarms"] == 0
    alarms = said(result, "zlib")["benign"]
    assert alarms["fpr"] == 1
    if alarms["fpr_of_origins"]:
        assert alarms["ratio"] == pytest.approx(1 / alarms["fpr_of_origins"])
    worst = result["rates"]["0.01"]["pypi"]["worst"]
    assert worst == {"transform": "zlib", "loss": pytest.approx(0.5), "met": False}
    assert "| zlib | " in render(result)
    assert "Worst single transform: zlib, loss 50 %" in render(result)


def test_only_test_sides_are_scored_and_augmenting_adds_rows() -> None:
    table, derived = tables({"hex": (0.9, 0.0)})
    derived_score.obfuscation(table, derived, CONFIG, print, "temporal")
    plain = Known.fitted[-1]
    result = derived_score.obfuscation(table, derived, CONFIG, print, "temporal", derived)
    assert Known.fitted[-1] == 2 * plain
    assert result["trained_on"] == ["obfuscated"]
    assert 0 < result["derived"] < len(derived)
    every = derived_score.obfuscation(table, derived, CONFIG, print, "campaign")
    assert every["derived"] == len(derived)


def test_placebo_counts_what_turned_clean() -> None:
    table, derived = tables({"without-files": (0.0, 0.0), "without-statements": (-1, 0.0)}, "placebo")
    result = derived_score.placebo(table, derived, CONFIG, print, "campaign")
    found = result["rates"]["0.01"]["pypi"]
    assert found["without-files"]["turned_clean"] == 1
    assert found["without-statements"]["turned_clean"] == pytest.approx(0.5)
    assert found["without-statements"]["mean_score_after"] == pytest.approx(0.45)
    assert found["without-files"]["mean_score_before"] == pytest.approx(0.9)
    assert found["without-files"]["caught_before"] == 60
    assert "| pypi, 1 % | without files | 60 (30) | 60 | 100 % (100 to 100 %) | 0.900, 0.000 |" in render(result)


@pytest.mark.parametrize("augment", [False, True])
def test_command_scores_what_was_made(augment: bool, tmp_path: Path) -> None:
    table, derived = tables({"hex": (0.9, 0.0)})
    save_table(table, tmp_path / "data")
    save_derived(derived, table, tmp_path / "obfuscated")
    parser = argparse.ArgumentParser()
    derived_commands.configure(parser.add_subparsers(dest="benchmark"))
    arguments = ["obfuscation-score", "--data", tmp_path / "data", "--derived", tmp_path / "obfuscated", "--out"]
    arguments += [tmp_path / "new" / "result.json", *(["--augment"] if augment else [])]
    args = parser.parse_args([str(argument) for argument in arguments])
    assert derived_commands.score(args, print) == 0
    result = json.loads((tmp_path / "new" / "result.json").read_text())
    assert result["trained_on"] == (["obfuscated"] if augment else [])
    assert said(result, "hex")["malicious"]["loss"] == 0
    assert (tmp_path / "new" / "result.md").read_text() == render(result)
