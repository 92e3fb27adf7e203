"""The injection benchmark over a synthetic table: fitted, scored with and without the previous release, reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from darnel.training.benchmarks.score import benchmark, when_doubtful
from darnel.training.benchmarks.score_report import section
from darnel.training.config import Config, WeakLabels, load_config
from darnel.training.derived import on_base
from darnel.training.table import FeatureTable
from tests.training.synthetic import synthetic_table
from tests.training.test_derived import variants


def quick() -> Config:
    config = load_config()
    return replace(
        config,
        jobs=1,
        inner=2,
        file_model={**config.file_model, "rounds": 60, "feature_fraction": 0.8},
        package_model={**config.package_model, "rounds": 60},
        intrusion_model={**config.intrusion_model, "rounds": 60},
        weak_labels=WeakLabels(rounds=1, trees=1.0, hard_negatives=500, random_negatives=500),
    )


def tables() -> tuple[FeatureTable, FeatureTable]:
    """A table and injected releases in it: the first file of each carries two behaviours that never meet otherwise."""
    table = synthetic_table(campaigns=80, benign=650, large=0.05)
    made = variants(table, 80)
    first = made.links[made.offsets[:-1]]
    rows = made.file_rows.copy()
    rows[first] -= 1  # as it was in the host
    for name in ("cat.secret.import", "cat.send.import"):
        rows[first, made.file_columns.index(name)] = 3
    frame = made.packages.assign(
        payload_campaigns=made.packages["campaign"],
        ping=False,
        splice="append-init",
        style="plain",
        payload_share=0.01,
        truth_file=made.file_hashes[first],
        truth_others="",
    )
    injected, base = on_base(replace(made, packages=frame, file_rows=rows), table)
    return base, injected


def test_only_what_is_doubtful_alone_is_compared() -> None:
    alone, compared, triage = np.array([[0.1, 0.3, 0.9], [0.8, 0.8, 0.2], [0.2, 0.2, 0.2]])
    assert when_doubtful(alone, compared, triage).tolist() == [0.1, 0.8, 0.2]


def test_comparing_only_what_is_doubtful_costs_little() -> None:
    table, injected = tables()
    result = benchmark(table, injected, quick(), lambda _: None, ("temporal",))
    entry = result["temporal"]
    assert entry["injected"] > 0
    (rate,) = (rate for rate in entry["recall"] if float(rate) >= 0.01)
    alone = entry["recall"][rate]["all"]["recall"]
    compared = entry["with_previous"][rate]["all"]["recall"]
    doubtful = entry["compared_when_doubtful"][rate]["all"]["recall"]
    assert min(alone, compared) <= doubtful <= max(alone, compared)
    assert doubtful > 0
    text = section(result)
    assert "Given the previous release only where the score alone reaches the triage point" in text
