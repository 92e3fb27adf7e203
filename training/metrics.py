"""How well scores separate the classes where it matters: recall at very few false alarms, each campaign weighing 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

RATES = (0.01, 0.003, 0.001)
"""False-positive rates at which recall is reported."""

RESAMPLES = 2_000


def smallest_quotable(benign: int) -> float:
    """An FPR below 3 / n of the benign packages says nothing (the rule of three)."""
    return 3.0 / benign if benign else 1.0


def threshold_at(benign_scores: Scores, rate: float) -> float:
    """Lowest threshold at or above which at most a share ``rate`` of ``benign_scores`` lies.

    Just above a benign score; 1 + epsilon if not even the highest score may be flagged and it is 1.
    """
    ordered = np.sort(benign_scores)[::-1]
    allowed = int(np.floor(rate * len(ordered) + 1e-9))
    if allowed >= len(ordered):
        return 0.0
    return float(np.nextafter(ordered[allowed], np.inf))


def by_campaign(campaigns: NDArray[np.str_]) -> Scores:
    """1 / size of the package's campaign, float64 (n,)."""
    _, inverse, counts = np.unique(campaigns, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[inverse], dtype=np.float64)


def recall_interval(caught: NDArray[np.bool_], campaigns: NDArray[np.str_], seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the campaign-weighted recall; whole campaigns are drawn."""
    if not len(caught):
        return 0.0, 1.0
    _, inverse, counts = np.unique(campaigns, return_inverse=True, return_counts=True)
    rates = np.bincount(inverse, weights=caught) / counts
    draws = np.random.default_rng(seed).integers(0, len(rates), size=(RESAMPLES, len(rates)))
    means = rates[draws].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def rate_interval(hits: int, total: int) -> tuple[float, float]:
    """95 % Clopper-Pearson interval of a share."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, total - hits)) if hits < total else 1.0
    return low, high


def grouped_rate(hits: NDArray[np.bool_], groups: NDArray[np.str_]) -> float | None:
    """Share of hits if every group weighs 1: a generator of thirty benign packages is one mistake, not thirty."""
    return float(np.average(hits, weights=by_campaign(groups))) if len(hits) else None


def at_threshold(
    scores: Scores, labels: NDArray[np.int64], campaigns: NDArray[np.str_], threshold: float
) -> dict[str, Any]:
    """Recall (by campaign with its interval, and by package) and FPR (with its interval) at a fixed threshold."""
    bad, good = labels == 1, labels == 0
    caught = scores[bad] >= threshold
    weights = by_campaign(campaigns[bad])
    alarms = int((scores[good] >= threshold).sum())
    total = int(good.sum())
    return {
        "threshold": threshold,
        "recall": float(np.average(caught, weights=weights)) if len(caught) else None,
        "recall_interval": list(recall_interval(caught, campaigns[bad])) if len(caught) else None,
        "recall_packages": float(caught.mean()) if len(caught) else None,
        "false_alarms": alarms,
        "fpr": alarms / total if total else None,
        "fpr_interval": list(rate_interval(alarms, total)) if total else None,
    }


def average_precision(
    scores: Scores, labels: NDArray[np.int64], campaigns: NDArray[np.str_], base_rate: float
) -> float:
    """Average precision if a share ``base_rate`` of all packages were malicious, each campaign weighing the same."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores, sample_weight=_at_rate(labels, campaigns, base_rate)))


def area_under_curve(scores: Scores, labels: NDArray[np.int64], campaigns: NDArray[np.str_]) -> float:
    """Area under the ROC curve, campaigns weighing the same."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores, sample_weight=_at_rate(labels, campaigns, 0.5)))


def calibration_error(
    probabilities: Scores, labels: NDArray[np.int64], campaigns: NDArray[np.str_], base_rate: float, bins: int = 15
) -> float:
    """Expected calibration error: mean gap between probability and observed share over ``bins`` equal-width bins.

    Parameters
    ----------
    probabilities : float64 (n,)
        Calibrated at ``base_rate``.
    labels, campaigns : (n,)
    base_rate : float
        Classes are re-weighted to it.
    bins : int
    """
    weights = _at_rate(labels, campaigns, base_rate)
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    mass = np.bincount(place, weights=weights, minlength=bins)
    claimed = np.bincount(place, weights=weights * probabilities, minlength=bins)
    seen = np.bincount(place, weights=weights * labels, minlength=bins)
    return float(np.abs(claimed - seen)[mass > 0].sum() / weights.sum())


def summary(
    scores: Scores,
    labels: NDArray[np.int64],
    campaigns: NDArray[np.str_],
    base_rate: float,
    thresholds: dict[float, float] | None = None,
) -> dict[str, Any]:
    """Everything that is reported about one set of packages.

    Parameters
    ----------
    scores : float64 (n,)
        Raw scores.
    labels, campaigns : (n,)
    base_rate : float
        For the average precision.
    thresholds : dict of float to float, optional
        FPR → threshold fixed on folds. Without it thresholds come from these very scores, which is right only for
        out-of-fold scores. Rates below the smallest quotable of these benign packages are left out either way.
    """
    good = labels == 0
    benign, malicious = int(good.sum()), int((labels == 1).sum())
    result: dict[str, Any] = {
        "benign": benign,
        "malicious": malicious,
        "campaigns": len(np.unique(campaigns[labels == 1])),
        "smallest_quotable_fpr": smallest_quotable(benign),
    }
    if not benign or not malicious:
        return result
    rates = [rate for rate in RATES if rate >= smallest_quotable(benign)]
    if RATES[-1] not in rates and smallest_quotable(benign) < RATES[0]:
        rates.append(smallest_quotable(benign))
    own = {rate: threshold_at(scores[good], rate) for rate in rates}
    result["own_threshold"] = {f"{rate:.4g}": at_threshold(scores, labels, campaigns, own[rate]) for rate in rates}
    if thresholds is not None:
        result["fold_threshold"] = {
            f"{rate:.4g}": at_threshold(scores, labels, campaigns, value) for rate, value in thresholds.items()
        }
    result["auc"] = area_under_curve(scores, labels, campaigns)
    result["average_precision"] = average_precision(scores, labels, campaigns, base_rate)
    return result


def _at_rate(labels: NDArray[np.int64], campaigns: NDArray[np.str_], base_rate: float) -> Scores:
    weights = np.ones(len(labels))
    bad = labels == 1
    weights[bad] = by_campaign(campaigns[bad])
    weights[bad] *= base_rate / weights[bad].sum()
    weights[~bad] *= (1 - base_rate) / weights[~bad].sum()
    return weights
