import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from darnel.errors import BundleError, CorpusError, DarnelError
from darnel.models.bundle import Bundle
from darnel.models.manifest import Schema
from darnel.training import commands
from darnel.training.storage import save_table
from tests.training.synthetic import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA, synthetic_table

QUICK = """
jobs = 2
[folds]
outer = 3
[weak_labels]
rounds = 1
hard_negatives = 800
random_negatives = 800
[file_model]
rounds = 30
feature_fraction = 0.8
[package_model]
rounds = 30
"""


def run(command: str, *arguments: object) -> int:
    parser = argparse.ArgumentParser()
    getattr(commands, f"configure_{command}")(parser)
    return int(getattr(commands, f"run_{command}")(parser.parse_args([str(argument) for argument in arguments])))


def schema() -> Schema:
    return Schema(SCHEMA, PACKAGE_COLUMNS, FILE_COLUMNS)


@pytest.fixture(scope="module", autouse=True)
def _synthetic_features() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "current_schema", schema)
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    save_table(synthetic_table(campaigns=60, benign=420, large=0.1, unreadable=1), folder / "data")
    (folder / "quick.toml").write_text(QUICK)
    (folder / "golden.toml").write_text("[[row]]\nid = 'm1-0'\nexpect = 'flagged'")
    arguments = ("--data", folder / "data", "--config", folder / "quick.toml", "--golden", folder / "golden.toml")
    assert run("train", *arguments, "--out", folder / "model") == 1, "injection was not measured: not releasable"
    return folder


def test_training_twice_gives_the_same_bytes(place: Path) -> None:
    arguments = ("--data", place / "data", "--config", place / "quick.toml", "--golden", place / "golden.toml")
    assert run("train", *arguments, "--out", place / "again", "--jobs", 1) == 1
    names = sorted(path.name for path in (place / "model").iterdir())
    assert {"MODEL_CARD.md", "manifest.json"} < set(names)
    for name in names:
        assert (place / "model" / name).read_bytes() == (place / "again" / name).read_bytes(), name


def test_bundle_separates_the_classes(place: Path) -> None:
    table = synthetic_table(campaigns=30, benign=100, large=0.1, seed=5)
    bundle = Bundle.load(place / "model", schema())
    ecosystems = table.text("ecosystem").tolist()
    raw, score = bundle.judge_many(table.package_rows, table.file_rows, table.offsets, table.links, ecosystems)
    assert raw[table.labels == 1].mean() > raw[table.labels == 0].mean() + 0.4
    assert np.all(score[np.argsort(raw)][-20:] > bundle.manifest.variants[0].base_rate)
    points = bundle.operating_points("pypi")
    assert [point.name for point in points] == ["high-confidence", "balanced", "triage"]
    assert all(point.fpr <= rate + 1e-9 for point, rate in zip(points, (0.01, 0.01, 0.05), strict=True))
    first = table.files_of(0)
    alone = bundle.judge(table.package_rows[0], table.file_rows[first], ecosystems[0])
    assert alone.raw == raw[0]


def test_card_names_what_matters(place: Path) -> None:
    card = (place / "model" / "MODEL_CARD.md").read_text()
    for heading in ("Intended use", "Limits", "Training data", "Calibration and operating points", "Split `temporal`"):
        assert heading in card
    assert "darnel evaluate --data data" in card
    assert "**Not to be released**" in card
    assert "`shape.files`" in card


def test_evaluate_writes_result_report_errors_and_plots(place: Path) -> None:
    out = place / "evaluation"
    arguments = ("--data", place / "data", "--config", place / "quick.toml", "--out", out)
    assert run("evaluate", *arguments, "--split", "random", "--split", "campaign", "--split", "temporal") == 0
    assert set(json.loads((out / "result.json").read_text())["protocols"]["random"]["baselines"]) == {
        "shortcut",
        "clone",
    }
    section = (out / "naive-versus-honest.md").read_text()
    assert section.startswith("## Naive against honest")
    clone = next(line for line in section.splitlines() if line.startswith("| clone | pypi |"))
    by_campaign = [float(cell.split("/")[1].strip(" %")) for cell in clone.split("|")[3:5]]
    assert by_campaign[0] > 50 > by_campaign[1], "clones are on both sides of random folds only"
    result = json.loads((out / "result.json").read_text())
    model = result["protocols"]["campaign"]["model"]["pypi"]
    assert model["own_threshold"]["0.01"]["recall"] > 0.8
    assert model["own_threshold"]["0.01"]["fpr"] <= 0.01
    assert model["calibration_error"] < 0.02
    assert "not popular" in model["strata"]
    baselines = result["protocols"]["campaign"]["baselines"]
    assert set(baselines) == {"shortcut", "clone", "naive vector", "logistic regression"}
    assert "shortcut overlap" in result["protocols"]["campaign"]["shortcut_audit"]["pypi"]
    text = (out / "report.md").read_text()
    assert "## Split `temporal`" in text
    for name in [line.split("(")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]:
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    scores = pd.read_parquet(out / "scores.parquet")
    assert {"campaign", "score campaign", "score temporal/clone"} <= set(scores.columns)
    assert scores["campaign"].str.startswith("cm").any()
    errors = json.loads((out / "errors.json").read_text())["campaign"]
    assert {error["kind"] for error in errors} <= {"miss", "false alarm"}
    unreadable = [error for error in errors if error.get("readable") is False]
    assert [error["kind"] for error in unreadable] == ["miss"]


def test_evaluate_with_a_model_says_what_it_was_trained_on(place: Path, tmp_path: Path) -> None:
    arguments = ("--model", place / "model", "--config", place / "quick.toml")
    assert run("evaluate", *arguments, "--data", place / "data", "--out", tmp_path / "own") == 0
    assert json.loads((tmp_path / "own" / "result.json").read_text())["in_sample"] is True
    save_table(synthetic_table(campaigns=20, benign=100, seed=9), tmp_path / "new")
    assert run("evaluate", *arguments, "--data", tmp_path / "new", "--out", tmp_path / "other") == 0
    result = json.loads((tmp_path / "other" / "result.json").read_text())
    assert result["in_sample"] is False
    assert result["populations"]["pypi"]["operating_points"]["triage"]["recall"] > 0.5


def test_refuses_a_table_and_a_model_of_other_features(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("--model", place / "model", "--out", place / "x", "--data")
    save_table(replace(synthetic_table(campaigns=3, benign=5), schema_version="other"), place / "other")
    with pytest.raises(CorpusError, match="made for schema other, this darnel has synthetic"):
        run("evaluate", *arguments, place / "other")
    monkeypatch.setattr(commands, "current_schema", lambda: schema()._replace(version="other"))
    with pytest.raises(BundleError, match="schema synthetic, this darnel has other"):
        run("evaluate", *arguments, place / "other")


def test_refuses_no_jobs(place: Path) -> None:
    with pytest.raises(DarnelError, match="--jobs 0"):
        run("train", "--data", place / "data", "--out", place / "x", "--jobs", 0)


def test_outputs_are_checked_before_anything_is_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darnel.training.storage.load_table", None)
    data = ("--data", place / "data", "--golden", place / "golden.toml")
    card = (place / "model" / "MODEL_CARD.md").read_bytes()
    (place / "notes").mkdir()
    (place / "notes" / "mine.txt").write_text("mine")
    for out, words in (
        ("quick.toml", "is no folder"),
        ("quick.toml/deeper", "quick.toml is no folder"),
        ("notes", "no model; give a new or empty folder"),
        ("model", "holds a model; give another folder, or --overwrite"),
    ):
        with pytest.raises(DarnelError, match=words):
            run("train", *data, "--out", place / out)
    with pytest.raises(DarnelError, match=r"--report .* is no folder"):
        run("train", *data, "--out", place / "model", "--overwrite", "--report", place / "quick.toml")
    with pytest.raises(DarnelError, match=r"--out .* is no folder"):
        run("evaluate", "--data", place / "data", "--out", place / "quick.toml")
    with pytest.raises(BundleError, match="nope"):
        run("evaluate", "--data", place / "data", "--out", place / "judged", "--model", place / "nope")
    assert not (place / "judged").exists()
    assert (place / "model" / "MODEL_CARD.md").read_bytes() == card


def test_models_by_ecosystem(place: Path) -> None:
    config = place / "split.toml"
    config.write_text("per_ecosystem = true\n" + QUICK)
    (place / "injection.json").write_text('{"temporal": {"recall": {"0.01": {"all": {"recall": 0.9}}}}}')
    arguments = ("--golden", place / "golden.toml", "--injection", place / "injection.json", "--force")
    assert run("train", "--data", place / "data", "--config", config, "--out", place / "two", *arguments) == 0
    bundle = Bundle.load(place / "two")
    gate = bundle.manifest.training["gate"]
    assert gate["releasable"]
    assert gate["injection_recall"] == 0.9
    assert gate["forced"] == bool(gate["failed"])
    assert {check["name"]: check["passed"] for check in gate["checks"]}["golden samples"]
    assert [variant.file_model for variant in bundle.manifest.variants] == ["file_pypi.txt", "file_npm.txt"]
