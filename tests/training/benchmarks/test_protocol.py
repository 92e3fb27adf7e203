from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from darnel.training.benchmarks import commands
from darnel.training.benchmarks.protocol import benchmark
from darnel.training.config import load_config
from darnel.training.storage import save_table
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels
from tests.training.synthetic import synthetic_table
from tests.training.test_commands import QUICK


def injected_from(table: FeatureTable) -> FeatureTable:
    """Malicious packages once more, as if they were benign ones with something put in."""
    bad = table.subset(table.labels == 1)
    frame = bad.packages
    hosts = table.packages[table.labels == 0].groupby("ecosystem")["id"].apply(list).to_dict()
    host_ids = [hosts[e][i % len(hosts[e])] for i, e in enumerate(frame["ecosystem"])]
    packages = frame.assign(
        id=[f"{name}+x" for name in frame["id"]],
        host_id=host_ids,
        payload_campaigns=frame["campaign"],
        splice="append-init",
        style="plain",
        payload_share=0.1,
        truth_file=[bad.file_hashes[bad.files_of(i)[0]] for i in range(len(bad))],
        truth_others="",
    )
    return replace(bad, packages=packages)


@pytest.fixture(scope="module")
def tables() -> tuple[FeatureTable, FeatureTable]:
    table = synthetic_table(campaigns=40, benign=420)
    return table, injected_from(table)


def test_commands_write_what_the_protocol_says(tables: tuple[FeatureTable, FeatureTable], tmp_path: Path) -> None:
    table, injected = tables
    save_table(table, tmp_path / "t")
    save_table(injected, tmp_path / "i")
    originals = table.packages["id"][table.labels == 1]
    placebo = table.subset(table.labels == 1)
    placebo = replace(placebo, packages=placebo.packages.assign(original=originals.to_numpy()))
    save_table(placebo, tmp_path / "p")
    (tmp_path / "quick.toml").write_text(QUICK)
    parser = argparse.ArgumentParser()
    commands.configure(parser)
    given = ["score", "--data", "t", "--injected", "i", "--placebo", "p", "--config", "quick.toml", "--out", "o.json"]
    paths = [str(tmp_path / part) if i % 2 == 0 and i else part for i, part in enumerate(given)]
    assert commands.run(parser.parse_args([*paths, "--split", "campaign"])) == 0
    result = json.loads((tmp_path / "o.json").read_text())["campaign"]
    entry = result["ecosystems"]["pypi"]
    assert result["injected"] > 10
    assert entry["recall"]["0.01"]["all"]["recall"] > 0.7
    assert entry["clean_hosts"]["0.01"]["fpr"] <= 0.05
    # A placebo that is the original is caught like it.
    assert entry["placebo"]["0.01"]["caught"] > 0
    assert entry["placebo"]["0.01"]["let_go"] == 0
    assert "0.001" not in entry["recall"]


def test_augmentation_stays_on_its_side(
    tables: tuple[FeatureTable, FeatureTable], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from darnel.training.benchmarks import protocol

    table, injected = tables
    (tmp_path / "quick.toml").write_text(QUICK)
    config = load_config(tmp_path / "quick.toml")
    fitted: list[FeatureTable] = []
    scored: list[FeatureTable] = []

    class Recording(VariantModels):
        def fit(self, table: FeatureTable) -> VariantModels:
            fitted.append(table)
            return super().fit(table)

        def scores(self, table: FeatureTable) -> NDArray[np.float64]:
            scored.append(table)
            return super().scores(table)

    monkeypatch.setattr(protocol, "VariantModels", Recording)
    result = benchmark(table, injected, config, lambda _: None, ("campaign",), augment=True)
    assert result["campaign"]["augmented"]
    for i, train in enumerate(fitted):
        test, spliced = scored[2 * i], scored[2 * i + 1]
        assert train.packages["id"].str.endswith("+x").any()
        assert not set(train.packages["campaign"]) & set(spliced.packages["campaign"]) - {""}
        assert not set(train.packages["host_id"]) & set(test.packages["id"])
        assert set(spliced.packages["host_id"]) <= set(test.packages["id"])
