"""Bundles are made here from tiny LightGBM models; nothing depends on the shipped one."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from darnel.errors import BundleError
from darnel.models.bundle import Bundle, Previous, write_bundle
from darnel.models.calibration import Calibration, log_odds, sigmoid
from darnel.models.delta import Delta
from darnel.models.manifest import Manifest, OperatingPoint, Schema, Variant
from darnel.models.pooling import Pooling

SCHEMA = Schema("abc", ("shape.files", "meta.odd"), ("file.role.install", "cat.send.import", "text.x"))
POOLING = Pooling(SCHEMA.file_columns, ("text.x",), ())
MASKED = ("shape.files",)


def model(columns: tuple[str, ...], signal: str) -> str:
    rows = np.random.default_rng(0).normal(size=(400, len(columns)))
    labels = rows[:, columns.index(signal)] > 0
    data = lightgbm.Dataset(rows, labels, feature_name=list(columns))
    parameters = {"objective": "binary", "verbose": -1, "num_threads": 1, "deterministic": True, "num_leaves": 4}
    return str(lightgbm.train(parameters, data, num_boost_round=5).model_to_string())


TEXTS = {
    "file.txt": model(SCHEMA.file_columns, "cat.send.import"),
    "package.txt": model(("meta.odd", *POOLING.names), "pool.top1"),
    "MODEL_CARD.md": "# card\n",
}
POINTS = (
    OperatingPoint("high-confidence", 0.6, 0.001, 0.8, 100, 40),
    OperatingPoint("triage", 0.5, 0.05, 0.9, 100, 40),
)
VARIANT = Variant("all", ("pypi",), "file.txt", "package.txt", Calibration((-1, 1), (-1, 1)), 0.001, POINTS)
MANIFEST = Manifest("darnel", "0.1", SCHEMA, {}, MASKED, ("text.x",), (), POOLING.names, (VARIANT,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "model", MANIFEST, TEXTS)
    return tmp_path / "model"


def files(*sends: float) -> Any:
    return np.array([[0, send, 0] for send in sends], np.float32)


def test_judges_by_the_worst_file(folder: Path) -> None:
    bundle = Bundle.load(folder, SCHEMA)
    row = np.zeros(2, np.float32)
    bad, good = bundle.judge(row, files(-2, -2, 2), "pypi"), bundle.judge(row, files(-2, -2), "pypi")
    assert bad.raw > 0.5 > good.raw
    assert bad.order.tolist() == [2, 0, 1]
    assert bad.reached == tuple(p.name for p in POINTS if bad.raw >= p.threshold)
    assert bad.point
    assert good.reached == ()
    assert good.point == ""
    assert bad.score == pytest.approx(float(sigmoid(log_odds(bad.raw) + log_odds(0.001))))


def test_contributions_add_up(folder: Path) -> None:
    bundle = Bundle.load(folder)
    one, other = bundle.judge(np.zeros(2, np.float32), files(-2)), bundle.judge(np.zeros(2, np.float32), files(2))
    assert next(iter(other.contributions)) == "pool.top1"
    difference = sum(other.contributions.values()) - sum(one.contributions.values())
    assert difference == pytest.approx(float(log_odds(other.raw) - log_odds(one.raw)))
    difference = sum(other.file_contributions(0).values()) - sum(one.file_contributions(0).values())
    assert difference == pytest.approx(float(log_odds(other.file_scores[0]) - log_odds(one.file_scores[0])))
    for judged in (one, other):
        above = {name: value for name, value in judged.file_contributions(0).items() if value > 0}
        assert judged.file_contributions(0, raising=True) == above


def test_masked_columns_change_nothing(folder: Path) -> None:
    bundle = Bundle.load(folder)
    raws = {bundle.judge(np.array([size, 0], np.float32), files(1, -1)).raw for size in (0, 5, 1e6)}
    assert len(raws) == 1


def test_package_without_files_is_judged(folder: Path) -> None:
    judgement = Bundle.load(folder).judge(np.zeros(2, np.float32), files().reshape(0, 3))
    assert 0 < judgement.raw < 1
    assert judgement.order.tolist() == []


def test_many_equals_one_by_one(folder: Path) -> None:
    bundle = Bundle.load(folder)
    rows, packages = files(-2, 0.3, 2), np.array([[0, 1], [1, 0], [2, 0]], np.float32)
    offsets, links = np.array([0, 2, 2, 5]), np.array([1, 0, 0, 2, 1])
    raw, score = bundle.judge_many(packages, rows, offsets, links, ["pypi", "npm", "pypi"])
    for i in range(3):
        alone = bundle.judge(packages[i], rows[links[offsets[i] : offsets[i + 1]]])
        assert (raw[i], score[i]) == (alone.raw, alone.score)


def test_variants_by_ecosystem(tmp_path: Path) -> None:
    other = replace(VARIANT, name="npm", ecosystems=("npm",), base_rate=0.01)
    write_bundle(tmp_path, replace(MANIFEST, variants=(VARIANT, other)), TEXTS)
    bundle = Bundle.load(tmp_path)
    assert [bundle.variant(name).name for name in ("pypi", "npm", "unknown")] == ["all", "npm", "all"]
    row = np.zeros(2, np.float32)
    assert bundle.judge(row, files(1), "npm").base_rate == 0.01


def test_refuses_other_features(folder: Path) -> None:
    with pytest.raises(BundleError, match="made for feature schema abc, this darnel has xyz"):
        Bundle.load(folder, SCHEMA._replace(version="xyz"))
    with pytest.raises(BundleError, match="feature columns differ"):
        Bundle.load(folder, SCHEMA._replace(file_columns=SCHEMA.file_columns[::-1]))
    bundle = Bundle.load(folder)
    with pytest.raises(BundleError, match="file rows have shape"):
        bundle.judge(np.zeros(2, np.float32), np.zeros((1, 4), np.float32))


def edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / "manifest.json"
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))

    return apply


def set_point(data: dict[str, Any]) -> None:
    data["variants"][0]["operating_points"][0]["threshold"] = "0.6"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "file.txt").write_text(TEXTS["file.txt"][:900]), r"file\.txt: does not match its sha256"),
        (lambda f: (f / "file.txt").write_text(TEXTS["file.txt"].replace("tree", "tres", 1)), "does not match"),
        (lambda f: (f / "package.txt").unlink(), r"package\.txt: named in the manifest but cannot be read"),
        (lambda f: (f / "MODEL_CARD.md").write_text("x"), "does not match"),
        (lambda f: (f / "manifest.json").unlink(), "cannot be read"),
        (lambda f: (f / "manifest.json").write_text('{"format": 1'), "not a manifest"),
        (lambda f: (f / "manifest.json").write_text("[" * 100_000), "not a manifest"),
        (edit(lambda d: d.update(format=2)), "bundle format 2, this darnel reads 1"),
        (edit(lambda d: d["files"].update({"../file.txt": "0"})), "file name '../file.txt' not allowed"),
        (edit(lambda d: d["files"].update({"/etc/passwd": "0"})), "not allowed"),
        (edit(lambda d: d["files"].pop("file.txt")), r"no sha256 for file\.txt"),
        (edit(lambda d: d["variants"][0].update(file_model="manifest.json")), "not allowed"),
        (edit(lambda d: d.update(variants=[])), "no variants"),
        (edit(lambda d: d.update(pool_columns=d["pool_columns"][1:])), "pooled columns differ"),
        (edit(lambda d: d.update(first=["text.gone"])), "pooled columns without source"),
        (edit(lambda d: d["variants"][0]["calibration"].update(raw=[1.0, 0.0])), "strictly increasing"),
        (edit(lambda d: d["variants"][0].update(base_rate=0)), "base rate"),
        (edit(lambda d: d["variants"][0]["operating_points"].reverse()), "strict to loose"),
        (edit(set_point), "expected a number"),
        (edit(lambda d: d.update(masked=[])), r"package\.txt: columns differ from the manifest"),
        (edit(lambda d: d.pop("schema")), "missing or wrong"),
    ],
)
def test_refuses_damage(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(BundleError, match=message) as caught:
        Bundle.load(folder, SCHEMA)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["file.txt", "manifest.json"])
def test_never_waits_for_a_pipe(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="cannot be read"):
        Bundle.load(folder)


DELTA = Delta(SCHEMA.package_columns, SCHEMA.file_columns, ("cat.send.import",))
COMPARING = replace(
    MANIFEST, delta_columns=DELTA.names, delta_first=DELTA.first, delta_whole=DELTA.whole, delta_package=DELTA.package
)


def comparing(tmp_path: Path) -> Bundle:
    columns = ("meta.odd", *POOLING.names, *DELTA.names)
    texts = {**TEXTS, "intrusion.txt": model(columns, "delta.first.cat.send.import")}
    variant = replace(VARIANT, intrusion_model="intrusion.txt", shift=-9.0)
    write_bundle(tmp_path / "model", replace(COMPARING, variants=(variant,)), texts)
    return Bundle.load(tmp_path / "model", SCHEMA)


def test_weighs_what_changed_since_the_previous_release(tmp_path: Path) -> None:
    bundle = comparing(tmp_path)
    row = np.zeros(2, np.float32)
    rows = files(2, 0)
    alone = bundle.judge(row, rows, "pypi")
    update = bundle.judge(row, rows, "pypi", keys=("b", "c"), previous=Previous(row, files(0, 0), ("a", "c")))
    same = bundle.judge(row, rows, "pypi", keys=("b", "c"), previous=Previous(row, rows, ("b", "c")))
    assert bundle.compares
    assert (alone.compared, update.compared) == (False, True)
    assert update.alone == alone.raw
    assert update.raw > same.raw
    assert next(iter(update.contributions)) == "delta.first.cat.send.import"


def test_model_that_does_not_compare_ignores_the_previous_release(folder: Path) -> None:
    bundle = Bundle.load(folder, SCHEMA)
    row = np.zeros(2, np.float32)
    update = bundle.judge(row, files(2), "pypi", keys=("b",), previous=Previous(row, files(0), ("a",)))
    assert not update.compared
    assert update.raw == bundle.judge(row, files(2), "pypi").raw


def test_delta_of_another_darnel_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model", replace(COMPARING, delta_columns=DELTA.names[1:]), TEXTS)
    with pytest.raises(BundleError, match="version delta differ"):
        Bundle.load(tmp_path / "model", SCHEMA)
    write_bundle(tmp_path / "other", replace(COMPARING, delta_first=("cat.unheard.of",)), TEXTS)
    with pytest.raises(BundleError, match="unknown columns"):
        Bundle.load(tmp_path / "other", SCHEMA)
