"""Protocols beyond the three splits, each a command: what they are called, how they run, where their results go.

Every protocol is a module with ``run(table, config, say, derived=None) -> dict`` (JSON-able) and
``lines(result) -> list of str`` (Markdown, without a heading). All of them work from the published feature table and,
if there are any, its variants, on which models are trained where that is legal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.config import Config
from darnel.training.derived import legal
from darnel.training.protocols import Say
from darnel.training.splits import Split
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels


@dataclass(frozen=True)
class Protocol:
    """One protocol.

    Parameters
    ----------
    title : str
        Heading of its section.
    run : callable
        (table, config, say, variants or None) → JSON-able result.
    lines : callable
        Result → Markdown lines.
    draw : callable, optional
        (result, path) draws a picture.
    """

    title: str
    run: Callable[[FeatureTable, Config, Say, FeatureTable | None], dict[str, Any]]
    lines: Callable[[Mapping[str, Any]], list[str]]
    draw: Callable[[Mapping[str, Any], Path], None] | None = None


def protocol(name: str) -> Protocol:
    """One of :data:`darnel.training.extra_names.NAMES`."""
    from darnel.training import protocol_ablation, protocol_incident, protocol_rolling, protocol_transfer

    return {
        "rolling": Protocol(
            "Drift: rolling origin", protocol_rolling.run, protocol_rolling.lines, protocol_rolling.draw
        ),
        "cross-ecosystem": Protocol("Across ecosystems", protocol_transfer.run, protocol_transfer.lines),
        "incident": Protocol("Incidents left out", protocol_incident.run, protocol_incident.lines),
        "ablation": Protocol("Ablation", protocol_ablation.run, protocol_ablation.lines),
    }[name]


def run_protocols(
    names: tuple[str, ...],
    table: FeatureTable,
    config: Config,
    say: Say,
    folder: Path,
    derived: FeatureTable | None = None,
) -> list[Path]:
    """Run protocols one after the other; each leaves ``NAME.json``, ``NAME.md`` and perhaps ``plots/NAME.png``.

    Returns
    -------
    list of Path
        What was written.
    """
    from darnel.training.report import to_json

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in names:
        chosen = protocol(name)
        result = chosen.run(table, config, say, derived)
        text = [f"## {chosen.title}", "", *chosen.lines(result)]
        if chosen.draw is not None:
            picture = folder / "plots" / f"{name}.png"
            chosen.draw(result, picture)
            written.append(picture)
        for path, content in (
            (folder / f"{name}.json", to_json(result)),
            (folder / f"{name}.md", "\n".join(text) + "\n"),
        ):
            path.write_text(content, encoding="utf-8")
            written.append(path)
    return written


def fitted(config: Config, table: FeatureTable, split: Split, derived: FeatureTable | None) -> VariantModels:
    """Models of the training side of a split, and of the variants that may be on it."""
    more = derived.subset(legal(derived, table.packages, split).train) if derived is not None else None
    return VariantModels(config).fit(table.subset(split.train), more)


def cheaper(config: Config) -> Config:
    """The configuration with about a third of the work: one round of label cleaning, two inner folds, half the trees.

    For protocols that fit many models and compare them with each other.
    """

    def halved(parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {**parameters, "rounds": max(1, int(parameters.get("rounds", 100)) // 2)}

    return replace(
        config,
        inner=min(config.inner, 2),
        weak_labels=replace(config.weak_labels, rounds=min(config.weak_labels.rounds, 1)),
        file_model=halved(config.file_model),
        package_model=halved(config.package_model),
    )


def fold_thresholds(
    table: FeatureTable, scores: NDArray[np.float64], rates: tuple[float, ...] = metrics.RATES
) -> dict[float, float]:
    """FPR → threshold, from the out-of-fold scores of the benign packages that a model was trained on.

    Probes do not count; rates that so few packages cannot quote are left out.
    """
    benign = scores[(table.labels == 0) & ~table.packages["probe"].to_numpy(dtype=bool)]
    return {
        rate: metrics.threshold_at(benign, rate) for rate in rates if rate >= metrics.smallest_quotable(len(benign))
    }


def without_probes(table: FeatureTable, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of ``rows`` that are packages."""
    kept: NDArray[np.int64] = rows[~table.packages["probe"].to_numpy(dtype=bool)[rows]]
    return kept
