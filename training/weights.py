"""Sample weights: every campaign of malware weighs 1, every benign project too, however many copies there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darnel.training.table import FeatureTable


def campaigns(table: FeatureTable) -> NDArray[np.str_]:
    """What a package is a copy of (n,): its campaign if malicious, else its project name; its id if that is unknown."""
    ecosystem = table.text("ecosystem")
    what = np.where(table.labels == 1, table.text("campaign"), table.text("name"))
    known = np.char.str_len(what) > 0
    groups: NDArray[np.str_] = np.where(known, np.char.add(np.char.add(ecosystem, ":"), what), table.text("id"))
    return groups


def package_weights(table: FeatureTable, variant_weight: float = 1.0) -> NDArray[np.float64]:
    """1 / number of packages with the same label, group and kind of variant, float64 (n,).

    The derived variants of a campaign or project weigh ``variant_weight`` together, beside it.
    """
    keys = np.char.add(np.char.add(table.labels.astype(str), "|"), campaigns(table))
    keys = np.char.add(np.char.add(keys, "|"), table.variants)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.where(table.variants == "", 1.0, variant_weight) / counts[inverse]


def balanced(weights: NDArray[np.float64], labels: NDArray[np.int64], positive_share: float) -> NDArray[np.float64]:
    """Scale so that positives have ``positive_share`` of the total weight, and the mean weight is 1.

    Labels must contain both classes.
    """
    scaled = weights.copy()
    for label, share in ((1, positive_share), (0, 1 - positive_share)):
        chosen = labels == label
        scaled[chosen] *= share * len(weights) / scaled[chosen].sum()
    return scaled
