"""How well a model sees a compromised release, and whether it points at the right file."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.table import FeatureTable

Scores = NDArray[np.float64]

SHARES = (0.0, 0.001, 0.01, 0.05, 0.2, 1.0)
"""Edges of payload shares of a release's bytes."""
FILES = (0, 12, 50, 300, 1_000_000)
"""Edges of file counts."""


def shares_of(caught: NDArray[np.bool_], campaigns: NDArray[np.str_]) -> dict[str, Any]:
    """Recall with each campaign weighing 1, its bootstrap interval, and by package."""
    if not len(caught):
        return {"packages": 0}
    return {
        "packages": len(caught),
        "campaigns": len(np.unique(campaigns)),
        "recall": float(np.average(caught, weights=metrics.by_campaign(campaigns))),
        "recall_interval": list(metrics.recall_interval(caught, campaigns)),
        "recall_packages": float(caught.mean()),
    }


def strata(injected: FeatureTable) -> dict[str, NDArray[np.bool_]]:
    """What is reported apart: ecosystem, splice, style, payload share, file count, payloads that only call home."""
    frame = injected.packages
    result = {"all": np.ones(len(frame), dtype=bool)}
    for column in ("ecosystem", "splice", "style"):
        values = injected.text(column)
        for value in sorted(set(values.tolist())):
            if column == "splice":
                for ecosystem in sorted(set(injected.text("ecosystem")[values == value].tolist())):
                    mask = (values == value) & (injected.text("ecosystem") == ecosystem)
                    result[f"{ecosystem} {value}"] = mask
            else:
                result[f"{column} {value}" if column == "style" else value] = values == value
    ping = frame["ping"].to_numpy(dtype=bool)
    result["not a ping"] = ~ping
    for column, edges, unit in (("payload_share", SHARES, "of the bytes"), ("file_count", FILES, "files")):
        numbers = frame[column].to_numpy(dtype=np.float64)
        for low, high in pairwise(edges):
            result[f"{low:g} to {high:g} {unit}"] = (numbers > low) & (numbers <= high)
    return {name: mask for name, mask in result.items() if mask.any()}


def recall(injected: FeatureTable, caught: NDArray[np.bool_]) -> dict[str, Any]:
    """Recall by stratum; ``caught`` bool (n,)."""
    campaigns = injected.text("campaign")
    return {name: shares_of(caught[mask], campaigns[mask]) for name, mask in strata(injected).items()}


def ranks(injected: FeatureTable, odds: Scores) -> NDArray[np.int64]:
    """Place of the best-ranked changed file among the files of its release, 1 the highest; ties count against it.

    Parameters
    ----------
    injected : FeatureTable
    odds : float64 (m,)
        Of every link, as :meth:`darnel.training.two_stage.TwoStageClassifier.link_odds` gives them.

    Returns
    -------
    int64 (n,)
        0 where no row of a changed file is in the table (a data file that no analyser reads).
    """
    frame = injected.packages
    hashes = injected.file_hashes[injected.links]
    result = np.zeros(len(frame), dtype=np.int64)
    for i, (first, others) in enumerate(zip(frame["truth_file"], frame["truth_others"], strict=True)):
        here = slice(int(injected.offsets[i]), int(injected.offsets[i + 1]))
        true = np.isin(hashes[here], [first, *str(others).split()])
        if true.any():
            result[i] = 1 + int((odds[here][~true] >= odds[here][true].max()).sum())
    return result


def localisation(injected: FeatureTable, odds: Scores) -> dict[str, Any]:
    """Share of releases whose changed file is ranked first, among the first three and five, by ecosystem and splice."""
    places, campaigns = ranks(injected, odds), injected.text("campaign")
    result: dict[str, Any] = {}
    for name, mask in strata(injected).items():
        result[name] = {
            f"top {most}": shares_of(((places > 0) & (places <= most))[mask], campaigns[mask]) for most in (1, 3, 5)
        }
    return result
