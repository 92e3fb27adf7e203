"""From a raw score to a probability at a stated base rate. Plain numbers, so that nothing needs to be pickled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLIP = 1e-9
"""Raw scores are kept this far from 0 and 1 before their log-odds are taken."""


def log_odds(probability: ArrayLike) -> NDArray[np.float64]:
    """``log(p / (1 - p))``, with ``p`` clipped to [:data:`CLIP`, 1 - :data:`CLIP`]."""
    p = np.clip(np.asarray(probability, dtype=np.float64), CLIP, 1 - CLIP)
    return np.log(p) - np.log1p(-p)


def sigmoid(odds: ArrayLike) -> NDArray[np.float64]:
    """Inverse of :func:`log_odds`; float64, same shape, without overflow."""
    x = np.asarray(odds, dtype=np.float64)
    small = np.exp(-np.abs(x))
    result: NDArray[np.float64] = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return result


@dataclass(frozen=True, slots=True)
class Calibration:
    """A strictly increasing, piecewise linear map of log-odds; two knots are Platt scaling (Platt, 1999).

    Parameters
    ----------
    raw : tuple of float
        Log-odds of the model, strictly increasing, at least two.
    calibrated : tuple of float
        Log-odds at equal class weights, strictly increasing. Outside the knots the last slope goes on.
    """

    raw: tuple[float, ...]
    calibrated: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.raw) < 2 or len(self.raw) != len(self.calibrated):
            raise ValueError("calibration needs two knots or more, and as many values")
        for knots in (self.raw, self.calibrated):
            if not np.all(np.isfinite(knots)) or not np.all(np.diff(knots) > 0):
                raise ValueError("calibration knots must be finite and strictly increasing")

    def probability(self, raw_score: ArrayLike, base_rate: float) -> NDArray[np.float64]:
        """Probability of being malicious if a share ``base_rate`` of all releases is.

        Parameters
        ----------
        raw_score : array_like
            Output of the package model, 0 to 1.
        base_rate : float
            0 to 1, exclusive. The prior correction (Saerens et al., 2002) adds its log-odds.

        Returns
        -------
        ndarray of float64
            Same shape, strictly increasing in ``raw_score`` between the clips.
        """
        x = log_odds(raw_score)
        xs, ys = np.array(self.raw), np.array(self.calibrated)
        y = np.interp(x, xs, ys)
        first, last = (ys[1] - ys[0]) / (xs[1] - xs[0]), (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
        y = np.where(x < xs[0], ys[0] + first * (x - xs[0]), y)
        y = np.where(x > xs[-1], ys[-1] + last * (x - xs[-1]), y)
        return sigmoid(y + log_odds(base_rate))
