from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
from darnel.models.bundle import write_bundle
from darnel.models.calibration import Calibration
from darnel.models.manifest import Manifest, OperatingPoint, Schema, Variant
from darnel.models.pooling import Pooling


def booster(columns: tuple[str, ...], signal: str, threshold: float) -> str:
    """A model whose odds are high when column ``signal`` exceeds ``threshold``."""
    random = np.random.default_rng(0)
    rows = np.zeros((400, len(columns)))
    rows[:, columns.index(signal)] = random.uniform(threshold - 3, threshold + 3, 400)
    labels = rows[:, columns.index(signal)] > threshold
    data = lightgbm.Dataset(rows, labels, feature_name=list(columns))
    parameters = {"objective": "binary", "verbose": -1, "num_threads": 1, "deterministic": True, "num_leaves": 4}
    return str(lightgbm.train(parameters, data, num_boost_round=40).model_to_string())


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder for today's features that finds packages whose worst file touches three grave categories."""
    schema = Schema(SCHEMA_VERSION, PACKAGE_COLUMNS.names, FILE_COLUMNS.names)
    pooling = Pooling(schema.file_columns)
    texts = {
        "file.txt": booster(schema.file_columns, "local.grave", 2.5),
        "package.txt": booster((*schema.package_columns, *pooling.names), "pool.top1", 0.0),
        "MODEL_CARD.md": "# for tests\n",
    }
    points = (
        OperatingPoint("high-confidence", 0.9, 0.001, 0.8, 100, 40),
        OperatingPoint("balanced", 0.6, 0.01, 0.8, 100, 40),
        OperatingPoint("triage", 0.5, 0.05, 0.9, 100, 40),
    )
    calibration = Calibration((-1, 1), (-1, 1))
    variant = Variant("all", ("pypi", "npm"), "file.txt", "package.txt", calibration, 0.001, points)
    manifest = Manifest("tiny", "0.0", schema, {}, (), (), (), pooling.names, (variant,), {"seed": 0})
    folder = tmp_path_factory.mktemp("model") / "tiny_v0_0"
    write_bundle(folder, manifest, texts)
    return folder
