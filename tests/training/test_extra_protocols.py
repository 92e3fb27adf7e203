import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from darnel.errors import CorpusError
from darnel.training import protocol_ablation, protocol_incident, protocol_rolling, protocol_transfer
from darnel.training.config import Config, WeakLabels
from darnel.training.extra_names import NAMES
from darnel.training.extra_protocols import cheaper, fold_thresholds, protocol, run_protocols
from darnel.training.protocol_incident import Incident, load_incidents
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels
from tests.training.synthetic import synthetic_table

CONFIG = Config(
    jobs=1,
    inner=2,
    weak_labels=WeakLabels(rounds=1, hard_negatives=400, random_negatives=400),
    file_model={"rounds": 20, "feature_fraction": 0.8},
    package_model={"rounds": 20},
)


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    return synthetic_table(campaigns=60, benign=700, large=0.0)


@pytest.fixture(scope="module")
def drift(table: FeatureTable) -> dict[str, Any]:
    return protocol_rolling.run(table, CONFIG, quiet)


def test_rolling_compares_both_curves_on_the_same_packages(drift: dict[str, Any]) -> None:
    periods, models = drift["periods"], drift["models"]
    assert len(models) == len(periods) >= 2
    assert all(period["campaigns"] >= protocol_rolling.LEAST for period in periods[:-1])
    assert [len(model["points"]) for model in models] == list(range(len(periods), 0, -1)), "later periods only"
    assert [model["campaigns"] for model in models] == sorted({model["campaigns"] for model in models})
    curves = drift["curves"]["0.01"]
    assert curves["frozen"][0] == curves["retrained"][0]
    assert curves["frozen"][-1] != curves["retrained"][-1]
    assert curves["retrained"][-1]["recall"] > curves["frozen"][-1]["recall"], "it has seen four times as many"
    text = "\n".join(protocol_rolling.lines(drift))
    assert periods[0]["period"] in text
    assert text.count("| 1 % |") == len(periods)


def test_rolling_is_drawn(drift: dict[str, Any], tmp_path: Path) -> None:
    protocol_rolling.draw(drift, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_rolling_needs_dates(table: FeatureTable) -> None:
    with pytest.raises(CorpusError, match="it needs dates"):
        protocol_rolling.run(replace(table, packages=table.packages.assign(date="")), CONFIG, quiet)


def test_transfer_goes_both_ways_and_needs_two(table: FeatureTable) -> None:
    result = protocol_transfer.run(table, CONFIG, quiet)
    assert set(result["directions"]) == {"npm to pypi", "pypi to npm"}
    there = result["directions"]["pypi to npm"]
    assert set(there) == {"npm"}
    assert there["npm"]["malicious"] == int(((table.text("ecosystem") == "npm") & (table.labels == 1)).sum())
    assert there["npm"]["auc"] > 0.9
    assert "### npm to pypi" in protocol_transfer.lines(result)
    with pytest.raises(CorpusError, match="needs two"):
        protocol_transfer.run(table.subset(table.text("ecosystem") == "npm"), CONFIG, quiet)


def test_an_incident_is_left_out_with_its_near_copies(table: FeatureTable, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[set[str]] = []
    fit = VariantModels.fit

    def watched(self: Any, part: FeatureTable, derived: FeatureTable | None = None) -> Any:
        trained.append(set(part.text("name").tolist()))
        return fit(self, part, derived)

    monkeypatch.setattr(VariantModels, "fit", watched)
    # m2 gets the campaign of m1: a near-copy under another name.
    frame = table.packages.copy()
    frame.loc[frame["name"] == "m2", "campaign"] = "cm1"
    changed = replace(table, packages=frame)
    listed = [
        Incident("first", "pypi", "m1", frozenset({"0"}), "hijacked", "a test"),
        Incident("second", "pypi", "not-there", frozenset({"0"}), "hijacked", "a test"),
    ]
    result = protocol_incident.run(changed, CONFIG, quiet, listed=listed)
    assert len(trained) == 1
    assert not {"m1", "m2"} & trained[0]
    assert "m3" in trained[0]
    assert not any(int(name[1:]) % 5 == 0 for name in trained[0]), "pypi only"
    (entry,) = result["incidents"]
    assert entry["left_out"] == int(frame["name"].isin(["m1", "m2"]).sum())
    (release,) = entry["releases"]
    assert (release["name"], release["version"]) == ("m1", "0")
    assert release["reached"] in ("high-confidence", "balanced", "triage", "")
    assert release["score"] > 0.5
    assert result["absent"] == ["second"]
    text = "\n".join(protocol_incident.lines(result))
    assert "| first | hijacked | m1 0 |" in text
    assert "not in this table: second" in text


def test_variants_of_the_training_side_are_trained_on(table: FeatureTable, monkeypatch: pytest.MonkeyPatch) -> None:
    made = table.subset(np.flatnonzero(table.labels == 0)[:20])
    frame = made.packages.assign(host_id=made.packages["id"], id="v" + made.packages["id"], label=1, campaign="cm3")
    derived = replace(made, packages=frame)
    seen: list[set[str]] = []
    fit = VariantModels.fit

    def watched(self: Any, part: FeatureTable, more: FeatureTable | None = None) -> Any:
        assert more is not None
        assert set(more.packages["host_id"]) <= set(part.packages["id"])
        seen.append(set(more.text("ecosystem").tolist()))
        return fit(self, part, more)

    monkeypatch.setattr(VariantModels, "fit", watched)
    protocol_transfer.run(table, CONFIG, quiet, derived)
    assert seen == [set(), {"pypi"}], "m3 is a campaign of PyPI only"


def test_the_list_of_incidents_is_well_formed(tmp_path: Path) -> None:
    listed = load_incidents()
    assert {entry.ecosystem for entry in listed} == {"pypi", "npm"}
    assert {entry.kind for entry in listed} <= {"hijacked", "sabotaged", "dependency"}
    assert all(entry.versions and entry.source for entry in listed)
    (tmp_path / "a.csv").write_text("incident,name\n")
    with pytest.raises(CorpusError, match="needs the columns"):
        load_incidents(tmp_path / "a.csv")


def test_ablation_of_what_matters_costs_most(table: FeatureTable) -> None:
    result = protocol_ablation.run(table, CONFIG, quiet)["without"]
    assert {"nothing", "behaviours", "text and strings", "local", "shape"} & set(result) >= {"nothing", "behaviours"}
    aucs = {name: entry["pypi"]["auc"] for name, entry in result.items()}
    assert min(aucs, key=lambda name: aucs[name]) in ("behaviours", "everything about files")
    assert aucs["behaviours"] < aucs["nothing"] - 0.1
    rows = protocol_ablation.lines({"without": result})
    assert any(row.startswith("| behaviours | pypi |") and "[-" in row for row in rows)


def test_ablation_covers_every_column_that_the_model_sees(table: FeatureTable) -> None:
    groups = protocol_ablation.groups_of(table, CONFIG)
    config = replace(CONFIG, masked=(*CONFIG.masked, *(p for patterns in groups.values() for p in patterns)))
    columns = (*table.package_columns, *table.file_columns)
    assert set(config.masks(columns)) == set(columns)
    assert set(config.masks(("pool.top1", "pool.first.cat.secret.import"))) == {
        "pool.top1", "pool.first.cat.secret.import",
    }  # fmt: skip


def test_results_sections_and_pictures_are_written(table: FeatureTable, tmp_path: Path) -> None:
    written = run_protocols(("rolling", "cross-ecosystem"), table, CONFIG, quiet, tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in written}
    assert names == {"plots/rolling.png", "rolling.json", "rolling.md", "cross-ecosystem.json", "cross-ecosystem.md"}
    assert json.loads((tmp_path / "rolling.json").read_text())["ecosystem"] == "pypi"
    assert (tmp_path / "cross-ecosystem.md").read_text().startswith("## Across ecosystems\n")
    assert all(protocol(name).title for name in NAMES)


def test_the_cheaper_configuration_fits_less() -> None:
    less = cheaper(Config(file_model={"rounds": 200}, package_model={}))
    assert (less.file_model["rounds"], less.package_model["rounds"]) == (100, 50)
    assert (less.inner, less.weak_labels.rounds) == (2, 1)


def test_thresholds_leave_probes_and_what_cannot_be_quoted_out(table: FeatureTable) -> None:
    scores = np.where(table.labels == 1, 1.0, np.linspace(0, 0.5, len(table)))
    limits = fold_thresholds(table, scores)
    benign = scores[table.labels == 0]
    assert list(limits) == [0.01]
    assert (benign >= limits[0.01]).mean() <= 0.01
    probes = replace(table, packages=table.packages.assign(probe=(table.labels == 0) & (scores > 0.4)))
    assert fold_thresholds(probes, scores)[0.01] < limits[0.01]
