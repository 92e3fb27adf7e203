"""The pictures of a report: ROC on a logarithmic FPR axis, calibration, score histograms. Drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.models.calibration import log_odds
from darnel.training.metrics import by_campaign, smallest_quotable

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
Curve = tuple[Scores, Labels, NDArray[np.str_]]
"""Scores, labels and campaigns, aligned."""
Point = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""


def roc(curves: Mapping[str, Curve], title: str, path: Path) -> None:
    """Campaign-weighted recall against FPR, logarithmic, down to the smallest quotable FPR."""
    figure, axes = _figure()
    lowest = 1.0
    for name, (scores, labels, campaigns) in curves.items():
        benign = np.sort(scores[labels == 0])[::-1]
        bad = scores[labels == 1]
        if not len(benign) or not len(bad):
            continue
        weights = by_campaign(campaigns[labels == 1])
        order = np.argsort(bad)
        mass = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
        fpr = np.arange(1, len(benign) + 1) / len(benign)
        recall = 1 - mass[np.searchsorted(bad[order], benign, side="right")]
        axes.step(fpr, recall, where="post", label=name)
        lowest = min(lowest, smallest_quotable(len(benign)))
    axes.set_xscale("log")
    axes.set_xlim(max(lowest, 1e-4), 1)
    axes.set_ylim(0, 1.01)
    axes.set_xlabel("false-positive rate (from 3 / n)")
    axes.set_ylabel("recall, campaigns weigh the same")
    _finish(figure, axes, title, path)


def reliability(curves: Mapping[str, Curve], title: str, path: Path, bins: int = 10) -> None:
    """Observed share of malware against calibrated probability, both at equal class weights."""
    figure, axes = _figure()
    for name, (probabilities, labels, campaigns) in curves.items():
        bad = labels == 1
        if not bad.any() or bad.all():
            continue
        weights = np.ones(len(labels)) / (~bad).sum()
        weights[bad] = by_campaign(campaigns[bad])
        weights[bad] /= weights[bad].sum()
        place = np.minimum((probabilities * bins).astype(int), bins - 1)
        mass = np.bincount(place, weights, bins)
        seen, claimed = np.bincount(place, weights * labels, bins), np.bincount(place, weights * probabilities, bins)
        some = mass > 0
        axes.plot(claimed[some] / mass[some], seen[some] / mass[some], marker="o", label=name)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.set_xlabel("calibrated probability at equal class weights")
    axes.set_ylabel("observed share of malware")
    _finish(figure, axes, title, path)


def histogram(scores: Scores, labels: Labels, title: str, path: Path) -> None:
    """Distribution of the raw log-odds of both classes."""
    figure, axes = _figure()
    odds = np.clip(log_odds(scores), -12, 12)
    edges = np.linspace(-12, 12, 61)
    for label, name in ((0, "benign"), (1, "malicious")):
        axes.hist(odds[labels == label], edges, alpha=0.6, label=f"{name} (n = {(labels == label).sum()})")
    axes.set_yscale("log")
    axes.set_xlabel("raw score, log-odds (clipped to ±12)")
    axes.set_ylabel("packages")
    _finish(figure, axes, title, path)


def lines_with_intervals(
    labels: Sequence[str], series: Mapping[str, Sequence[Point]], y_label: str, title: str, path: Path
) -> None:
    """One line for each series over the same labels, with error bars; points without a value are left out.

    Parameters
    ----------
    labels : sequence of str
        Along the horizontal axis.
    series : mapping of str to sequence of (value, low, high)
    y_label, title : str
    path : Path
    """
    figure, axes = _figure()
    for shift, (name, points) in enumerate(series.items()):
        known = [(i, *point) for i, point in enumerate(points) if None not in point]
        if not known:
            continue
        places, values, low, high = (np.array(part, dtype=np.float64) for part in zip(*known, strict=True))
        bars = np.maximum(np.stack([values - low, high - values]), 0)
        axes.errorbar(places + 0.08 * shift, values, bars, marker="o", capsize=3, label=name)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", fontsize=7)
    axes.set_ylim(0, 1.01)
    axes.set_ylabel(y_label)
    _finish(figure, axes, title, path)


def _figure() -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _finish(figure: Any, axes: Any, title: str, path: Path) -> None:
    axes.set_title(title)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
