"""Fit the map from raw scores to probabilities on out-of-fold scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darnel.models.calibration import Calibration, log_odds
from darnel.training.metrics import by_campaign

SMALLEST_SLOPE = 1e-3


def fit_calibration(
    raw_scores: NDArray[np.float64], labels: NDArray[np.int64], campaigns: NDArray[np.str_]
) -> Calibration:
    """Platt scaling on log-odds, classes weighing the same and each campaign within the malicious class.

    Two parameters and a prior correction: with some hundred campaigns an isotonic fit puts probabilities of exactly
    0 and 1 at the ends, which is where all packages are.

    Parameters
    ----------
    raw_scores : float64 (n,)
        Out-of-fold, 0 to 1.
    labels, campaigns : (n,)
        Both classes must be there.
    """
    from sklearn.linear_model import LogisticRegression

    bad = labels == 1
    weights = np.ones(len(labels))
    weights[bad] = by_campaign(campaigns[bad])
    weights[bad] *= 0.5 * len(labels) / weights[bad].sum()
    weights[~bad] *= 0.5 * len(labels) / weights[~bad].sum()
    x = np.clip(log_odds(raw_scores), -15, 15)
    fitted = LogisticRegression(C=1e6).fit(x[:, None], labels, sample_weight=weights)
    slope = max(float(fitted.coef_[0, 0]), SMALLEST_SLOPE)
    intercept = float(fitted.intercept_[0])
    return Calibration((-10.0, 10.0), (intercept - 10 * slope, intercept + 10 * slope))
