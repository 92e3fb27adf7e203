"""From fitted models and their fold scores to a bundle: calibration, operating points, provenance."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.features.languages.registry import grammar_versions
from darnel.models.manifest import Manifest, OperatingPoint, Schema, Variant
from darnel.training import metrics
from darnel.training.calibrate import fit_calibration
from darnel.training.config import Config
from darnel.training.evaluate import describe
from darnel.training.protocols import Scored
from darnel.training.table import FeatureTable
from darnel.training.variants import JOINT, VariantModels
from darnel.training.weights import campaigns

LISTED = 40
"""Columns named with their importance."""

_LIBRARIES = ("lightgbm", "numpy", "scikit-learn")


def build(
    models: VariantModels, folds: Scored, table: FeatureTable, config: Config, name: str, version: str
) -> tuple[Manifest, dict[str, str]]:
    """Manifest (without hashes) and file texts of a bundle.

    Parameters
    ----------
    models : VariantModels
        Fitted on all of ``table``.
    folds : Scored
        Result of the ``campaign`` protocol over ``table``: thresholds and calibration come from it.
    table : FeatureTable
    config : Config
    name, version : str
    """
    some = models.model_for(JOINT)
    ecosystem = table.text("ecosystem")
    labels, groups = table.labels, campaigns(table)
    probes = table.packages["probe"].to_numpy(dtype=bool)
    texts: dict[str, str] = {}
    variants: list[Variant] = []
    counts = {kind: int(((ecosystem == kind) & (labels == 1)).sum()) for kind in sorted(set(ecosystem.tolist()))}
    for kind in sorted(counts, key=lambda kind: -counts[kind]):
        model = models.model_for(kind)
        suffix = "" if JOINT in models.models_ else f"_{kind}"
        stage = model.stage_
        learners = {"file": model.file_model_.learner_, "package": stage.release_, "intrusion": stage.intrusion_}
        boosters = {what: learner.booster_ for what, learner in learners.items() if learner is not None}
        files = {what: f"{what}{suffix}.txt" for what in boosters}
        texts |= {files[what]: booster.model_to_string() for what, booster in boosters.items()}
        here = (ecosystem[folds.rows] == kind) & ~probes[folds.rows]
        own, scores = folds.rows[here], folds.scores[here]
        if len(np.unique(labels[own])) < 2:
            # Nothing to calibrate on: judged like the ecosystem with most malware.
            if not variants:
                own, scores = folds.rows, folds.scores
            else:
                continue
        variants.append(
            Variant(
                name=kind,
                ecosystems=(kind,),
                file_model=files["file"],
                package_model=files["package"],
                intrusion_model=files.get("intrusion", ""),
                shift=stage.shift_ if "intrusion" in files else 0.0,
                calibration=fit_calibration(scores, labels[own], groups[own]),
                base_rate=config.base_rate,
                operating_points=operating_points(scores, labels[own], groups[own], config),
                importances=importances(boosters["package"]),
                file_importances=importances(boosters["file"]),
                intrusion_importances=importances(boosters["intrusion"]) if "intrusion" in boosters else {},
            )
        )
    manifest = Manifest(
        name=name,
        version=version,
        schema=Schema(table.schema_version, table.package_columns, table.file_columns),
        grammars=grammar_versions(),
        masked=tuple(some.masked_),
        first=some.pooling_.first,
        three=some.pooling_.three,
        pool_columns=some.pooling_.names,
        delta_columns=some.delta_.names if some.delta_ else (),
        delta_first=some.delta_.first if some.delta_ else (),
        delta_whole=some.delta_.whole if some.delta_ else (),
        delta_package=some.delta_.package if some.delta_ else (),
        variants=tuple(variants),
        training=provenance(table, config),
    )
    return manifest, texts


def operating_points(
    scores: NDArray[np.float64], labels: NDArray[np.int64], groups: NDArray[np.str_], config: Config
) -> tuple[OperatingPoint, ...]:
    """The configured points, strictest first; a rate that is not quotable on so few packages becomes the smallest."""
    benign = scores[labels == 0]
    points = []
    for name, wanted in config.operating_points.items():
        rate = max(wanted, metrics.smallest_quotable(len(benign)))
        threshold = min(1.0, metrics.threshold_at(benign, rate))
        seen = metrics.at_threshold(scores, labels, groups, threshold)
        count = len(np.unique(groups[labels == 1]))
        points.append(OperatingPoint(name, threshold, seen["fpr"], seen["recall"], len(benign), count))
    return tuple(points)


def importances(booster: Any) -> dict[str, float]:
    """Share of the total gain by column, largest first."""
    gains = booster.feature_importance("gain")
    total = gains.sum() or 1.0
    names = booster.feature_name()
    order = np.argsort(-gains, kind="stable")[:LISTED]
    return {names[i]: round(float(gains[i] / total), 5) for i in order if gains[i] > 0}


def provenance(table: FeatureTable, config: Config) -> dict[str, Any]:
    """Data, seed, code revision and library versions."""
    ids = "\n".join(sorted(table.text("id").tolist()))
    digest = sha256(ids.encode())
    for array in (table.package_rows, table.file_rows, table.links, table.labels):
        digest.update(np.ascontiguousarray(array).tobytes())
    return {
        "data": describe(table),
        "ids_sha256": sha256(ids.encode()).hexdigest(),
        "data_sha256": digest.hexdigest(),
        "seed": config.seed,
        "revision": _revision(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def _revision() -> dict[str, str]:
    """Commit and date of the code, if it runs from a repository; not the clock, so that training is reproducible."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "log", "-1", "--format=%h %cs", "--", "."]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.split()
    except (OSError, subprocess.SubprocessError):
        found = []
    return {"commit": found[0], "date": found[1]} if len(found) == 2 else {}
