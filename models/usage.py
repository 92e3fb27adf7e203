"""What a model makes of a column: in which of its trees it splits, at which values, and how much that gains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darnel.models.bundle import Bundle
from darnel.models.forest import Forest
from darnel.models.manifest import Variant

_POOLED = ("pool.first.", "pool.three.", "delta.")


@dataclass(frozen=True)
class Usage:
    """One column in one LightGBM model of a bundle."""

    variant: str
    """``pypi``, ``npm``…"""
    model: str
    """``file``, ``package``…: the field of :class:`darnel.models.manifest.Variant` without ``_model``."""
    column: str
    """Its name there: the package model sees ``pool.first.<column>`` and the like."""
    gain: float
    """Share of the model's total gain, 0 to 1."""
    thresholds: NDArray[np.float64]
    """Values at which the model splits, sorted, as often as it does; (n,)."""


def usage(bundle: Bundle, column: str) -> list[Usage]:
    """Where a bundle's models split by a column, under its own name or pooled over files.

    Parameters
    ----------
    bundle : Bundle
        Loaded, and so verified.
    column : str
        Name of a file, package or pooled column.

    Returns
    -------
    list of Usage
        Largest gain first; empty if no tree asks for it.
    """
    found = []
    for variant in bundle.manifest.variants:
        for model, file_name in _models(variant):
            total, splits = _splits(bundle.path / file_name)
            for name, (gain, thresholds) in splits.items():
                if name == column or (name.startswith(_POOLED) and name.endswith(f".{column}")):
                    values = np.sort(np.array(thresholds))
                    found.append(Usage(variant.name, model, name, gain / (total or 1.0), values))
    return sorted(found, key=lambda use: -use.gain)


def _models(variant: Variant) -> Iterator[tuple[str, str]]:
    for field in fields(variant):
        value = getattr(variant, field.name)
        if field.name.endswith("_model") and value:
            yield field.name.removesuffix("_model"), value


@cache
def _splits(path: Path) -> tuple[float, dict[str, tuple[float, list[float]]]]:
    """Total gain, and gain and thresholds by column, of one model file."""
    model = Forest(path.read_text("utf-8")).dump()
    names = model["feature_names"]
    found: dict[str, tuple[float, list[float]]] = {}
    todo = [tree["tree_structure"] for tree in model["tree_info"]]
    while todo:
        node = todo.pop()
        if "split_feature" not in node:
            continue
        name = names[node["split_feature"]]
        gain, thresholds = found.get(name, (0.0, []))
        thresholds.append(float(node["threshold"]))
        found[name] = (gain + float(node["split_gain"]), thresholds)
        todo += (node["left_child"], node["right_child"])
    return sum(gain for gain, _ in found.values()), found
