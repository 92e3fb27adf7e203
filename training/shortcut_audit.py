"""How much a model owes to size, form and completeness: what is left where these say nothing.

A shortcut model sees only what has nothing to do with malice. Three answers, all as AUC with campaigns weighing 1
(and in the overlap every benign project too):

* *plain*: on all packages;
* *matched*: benign packages weighted over the strata of :mod:`darnel.training.strata`, which leaves the shortcut what
  the strata do not hold, such as the length of descriptions;
* *overlap*: both classes weighted to the same distribution of the shortcut's own score, by the smaller of their shares
  in every bin. That is matching on the propensity score (Rosenbaum and Rubin 1983), with weights that are never above 1
  and stress where the classes overlap (Li, Morgan and Zaslavsky 2018). A shortcut model fitted anew under these weights
  is scored as well: nothing may be left for it to learn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darnel.training import metrics
from darnel.training.baselines import TREES, shortcut_inputs
from darnel.training.config import Config
from darnel.training.learners import BoostedTrees
from darnel.training.splits import campaign_folds
from darnel.training.strata import matching_weights
from darnel.training.table import FeatureTable
from darnel.training.weights import balanced, campaigns, package_weights

Floats = NDArray[np.float64]

BINS = 40
"""Quantiles of the shortcut's score over both classes."""
_LEAST = 1e-9
"""Weight of what lies outside the overlap, where a fit needs some."""


def overlap_weights(scores: Floats, labels: NDArray[np.int64], base: Floats) -> tuple[Floats, float]:
    """Weights under which both classes have the same distribution of a score.

    Parameters
    ----------
    scores : float64 (n,)
    labels : int64 (n,)
        Both classes must be there.
    base : float64 (n,)
        Weights to start from.

    Returns
    -------
    float64 (n,)
        From 0 to ``base``; within a class they sum to the second value times the sum of ``base``.
    float
        The overlap, from 0 (a threshold tells the classes apart) to 1 (the score says nothing).
    """
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, scores, side="right")
    shares = [np.bincount(bins[labels == c], base[labels == c], BINS) / base[labels == c].sum() for c in (0, 1)]
    common = np.minimum(*shares)
    weights = base.copy()
    for label, share in enumerate(shares):
        chosen = labels == label
        weights[chosen] *= (common / np.maximum(share, 1e-12))[bins[chosen]]
    return weights, float(common.sum())


def shortcut_audit(
    table: FeatureTable,
    config: Config,
    rows: NDArray[np.int64],
    model: Floats,
    shortcut: Floats,
    populations: dict[str, NDArray[np.bool_]],
) -> dict[str, dict[str, float]]:
    """Compare the model with the shortcut model.

    Parameters
    ----------
    table : FeatureTable
    config : Config
    rows : int64 (n,)
        Packages that both scored.
    model, shortcut : float64 (n,)
        Scores that were not fitted on the package or its campaign.
    populations : mapping of str to bool (n,)

    Returns
    -------
    dict
        By population: ``{model,shortcut} {plain,matched,overlap}`` and ``shortcut refitted``, AUC from 0 to 1;
        ``overlap``, and what it amounts to in ``overlap campaigns`` and ``overlap projects`` (sums of weights);
        ``recall overlap`` and ``fpr overlap`` of the model, at the threshold of 1 % FPR on all benign packages.
    """
    from sklearn.metrics import roc_auc_score

    part = table.subset(rows)
    base = package_weights(part)
    plain = np.ones(len(part))
    plain[part.labels == 1] = metrics.by_campaign(campaigns(part)[part.labels == 1])
    result: dict[str, dict[str, float]] = {}
    for name, mask in populations.items():
        own = part.subset(mask)
        labels = own.labels
        if len(np.unique(labels)) < 2:
            continue
        shared, overlap = overlap_weights(shortcut[mask], labels, base[mask])
        weights = {"plain": plain[mask], "matched": matching_weights(own.packages, plain[mask])}
        if overlap > 0:
            weights["overlap"] = shared
        result[name] = entry = {
            f"{who} {how}": float(roc_auc_score(labels, scores[mask], sample_weight=weight))
            for who, scores in (("model", model), ("shortcut", shortcut))
            for how, weight in weights.items()
        }
        entry["overlap"] = overlap
        if overlap > 0:
            refitted = _refitted(own, shared, config)
            entry["shortcut refitted"] = float(roc_auc_score(labels, refitted, sample_weight=shared))
            entry["overlap campaigns"] = float(shared[labels == 1].sum())
            entry["overlap projects"] = float(shared[labels == 0].sum())
            flagged = model[mask] >= metrics.threshold_at(model[mask][labels == 0], max(metrics.RATES))
            for label, what in ((1, "recall"), (0, "fpr")):
                entry[f"{what} overlap"] = float(np.average(flagged[labels == label], weights=shared[labels == label]))
    return result


def _refitted(table: FeatureTable, weights: Floats, config: Config) -> Floats:
    """Log-odds of a shortcut model that was fitted under the weights, by models that did not see the campaign."""
    inputs, labels = shortcut_inputs(table), table.labels
    folds = campaign_folds(table.packages, config.outer, config.seed)
    weights = np.maximum(weights, _LEAST)
    odds = np.zeros(len(table))
    for fold in np.unique(folds).tolist():
        train = folds != fold
        if len(np.unique(labels[train])) == 2:
            learner = BoostedTrees(TREES, config.seed)
            learner.fit(inputs[train], labels[train], sample_weight=balanced(weights[train], labels[train], 0.5))
            odds[~train] = learner.decision_function(inputs[~train])
    return odds
