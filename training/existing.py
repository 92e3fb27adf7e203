"""What an existing bundle says about a table: its own operating points, on packages it may or may not know."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from darnel.models.bundle import Bundle
from darnel.training import metrics
from darnel.training.evaluate import describe, populations
from darnel.training.table import FeatureTable
from darnel.training.two_stage import unreadable_scores
from darnel.training.weights import campaigns


def judge_with(bundle: Bundle, table: FeatureTable) -> dict[str, Any]:
    """Score every package with ``bundle``.

    Returns
    -------
    dict
        JSON-able; by population the metrics at each of the bundle's operating points. ``in_sample`` is true if the
        table is the very one the bundle was trained on.
    """
    raw = unreadable_scores(table)
    readable = np.flatnonzero(table.packages["readable"].to_numpy(dtype=bool))
    part = table.subset(readable)
    ecosystem = table.text("ecosystem")
    raw[readable], _ = bundle.judge_many(
        part.package_rows, part.file_rows, part.offsets, part.links, ecosystem[readable].tolist()
    )
    ids = sha256("\n".join(sorted(table.text("id").tolist())).encode()).hexdigest()
    groups, labels = campaigns(table), table.labels
    result: dict[str, Any] = {
        "model": bundle.name,
        "in_sample": ids == bundle.manifest.training.get("ids_sha256"),
        "data": describe(table),
        "populations": {},
    }
    for name, mask in populations(table).items():
        variant = bundle.variant(str(ecosystem[mask][0]))
        points = {
            point.name: metrics.at_threshold(raw[mask], labels[mask], groups[mask], point.threshold)
            for point in variant.operating_points
        }
        summary = metrics.summary(raw[mask], labels[mask], groups[mask], variant.base_rate)
        result["populations"][name] = {**summary, "operating_points": points}
    return result
