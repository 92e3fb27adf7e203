"""False alarms and misses, with what the model looked at: material for error analysis. Hashes and numbers only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.models.calibration import sigmoid
from darnel.training.learners import BoostedTrees
from darnel.training.protocols import Scored
from darnel.training.table import FeatureTable
from darnel.training.two_stage import TwoStageClassifier

MOST = 200
"""Errors of each kind and ecosystem that are listed, worst first, one a campaign or project."""
TOP_FILES, TOP_COLUMNS = 3, 10


def errors_of(table: FeatureTable, run: Scored, judged: dict[str, Any]) -> list[dict[str, Any]]:
    """List errors at the loosest reported threshold (1 % FPR if it is quotable).

    Returns
    -------
    list of dict
        ``kind`` (``false alarm`` or ``miss``), identity, score, threshold, top files (hash, score, contributions), and
        the largest contributions of package and pooled columns.
    """
    part = table.subset(run.rows)
    ecosystem, labels = part.text("ecosystem"), part.labels
    result = []
    for name in sorted(set(ecosystem.tolist())):
        points = judged.get(name, {})
        points = points.get("fold_threshold") or points.get("own_threshold") or {}
        if not points:
            continue
        threshold = next(iter(points.values()))["threshold"]
        flagged = run.scores >= threshold
        here = ecosystem == name
        for kind, wrong, sign in (("false alarm", (labels == 0) & flagged, -1), ("miss", (labels == 1) & ~flagged, 1)):
            rows = np.flatnonzero(here & wrong)
            rows = rows[np.argsort(sign * run.scores[rows], kind="stable")]
            for row in _one_each(part, rows)[:MOST]:
                model = run.models[run.which[row]].model_for(name)
                described = _describe(part.subset(np.array([row])), model)
                result.append({"kind": kind, "score": float(run.scores[row]), "threshold": threshold, **described})
    return result


def _one_each(part: FeatureTable, rows: NDArray[np.int64]) -> list[int]:
    seen: set[str] = set()
    kept = []
    groups = part.text("campaign")
    names = part.text("name")
    for row in rows.tolist():
        key = str(groups[row] or names[row] or row)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def _describe(one: FeatureTable, model: TwoStageClassifier) -> dict[str, Any]:
    identity = one.packages.iloc[0]
    known = {
        key: str(identity[key]) for key in ("id", "ecosystem", "name", "version", "campaign", "form", "date", "source")
    }
    if not bool(identity["readable"]):
        return {**known, "readable": False}
    odds = model.link_odds(one)
    worst = np.argsort(-odds, kind="stable")[:TOP_FILES]
    files = []
    for place in worst.tolist():
        number = int(one.links[place])
        row = one.file_rows[number : number + 1, model.file_model_.columns_]
        files.append(
            {
                "hash": str(one.file_hashes[number]),
                "score": float(sigmoid(odds[place])),
                "columns": _largest(model.file_model_.learner_, row, model.file_model_.get_feature_names_out()),
            }
        )
    inputs = model.package_inputs(one, odds)
    learner, width = model.stage_.decisive(inputs)
    columns = _largest(learner, inputs[:, :width], model.get_feature_names_out()[:width])
    return {**known, "files_in_package": len(odds), "files": files, "columns": columns}


def _largest(learner: Any, row: NDArray[np.float32], names: NDArray[np.str_]) -> dict[str, list[float]]:
    """Column → (value, contribution in log-odds), for the largest contributions of boosted trees."""
    if not isinstance(learner, BoostedTrees):
        return {}
    contributions = learner.booster_.predict(row, pred_contrib=True, num_threads=1)[0][:-1]
    order = np.argsort(-np.abs(contributions), kind="stable")[:TOP_COLUMNS]
    return {
        str(names[i]): [round(float(row[0, i]), 4), round(float(contributions[i]), 4)]
        for i in order
        if contributions[i]
    }
