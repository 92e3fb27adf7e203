"""Matching benign and malicious packages over what the corpus, not the attack, decides: form, size, file count.

Malicious PyPI samples are tiny sdists with a setup.py; the benign ones at hand are mostly wheels of grown projects. A
model that may learn this needs to learn nothing else. Two remedies, to be used together:

* **Weights** (:func:`matching_weights`): benign packages are weighted so that over the strata they are distributed like
  the malicious ones, within bounds, so that no single package dominates. Where one side is empty in a stratum nothing
  can be matched: :func:`strata_table` shows how much of each class that is.
* **Form randomisation**: a package is also read in another form, see :mod:`darnel.training.restyle`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darnel.errors import CorpusError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("form", "size_bytes", "has_setup_py", "file_count")
"""Strata columns of the feature table, beside ``label`` and ``ecosystem``."""
FEW_FILES = 12
BOUND = 8.0
"""No benign weight exceeds this, or falls below its inverse, before they are scaled to a mean of 1."""
_SOURCE_FORMS = {"sdist": "source", "tree": "source", "archive": "source", "wheel": "built", "installed": "built"}


def form_class(form: str) -> str:
    """``source``, ``built`` or the form itself: a tree is a sdist that was unpacked, an install an unpacked wheel."""
    return _SOURCE_FORMS.get(form, form)


def size_edges(table: pd.DataFrame) -> NDArray[np.float64]:
    """Inner edges of the size deciles over all packages, bytes, float64 (9,)."""
    sizes = table["size_bytes"].to_numpy(dtype=np.float64)
    return np.quantile(sizes, np.arange(0.1, 0.95, 0.1)) if len(sizes) else np.zeros(9)


def strata(table: pd.DataFrame, edges: NDArray[np.float64] | None = None) -> NDArray[np.str_]:
    """Stratum of every package: ``ecosystem|form|size decile|setup.py|few files``, str (n,).

    Parameters
    ----------
    table : DataFrame
        With ``ecosystem``, ``label`` and :data:`COLUMNS`.
    edges : float64 (9,), optional
        Size edges to use, e.g. those of the training set; default: of ``table``.
    """
    missing = [name for name in (*COLUMNS, "ecosystem", "label") if name not in table.columns]
    if missing:
        raise CorpusError(f"strata: the table has no column {missing[0]!r}; rebuild it with `darnel corpus build`")
    edges = size_edges(table) if edges is None else edges
    decile = np.searchsorted(edges, table["size_bytes"].to_numpy(dtype=np.float64), side="right")
    few = table["file_count"].to_numpy(dtype=np.float64) <= FEW_FILES
    setup = table["has_setup_py"].to_numpy(dtype=bool)
    rows = zip(
        table["ecosystem"].tolist(), table["form"].tolist(), decile.tolist(), setup.tolist(), few.tolist(), strict=True
    )
    return np.array([f"{e}|{form_class(str(f))}|{d}|{int(s)}|{int(w)}" for e, f, d, s, w in rows], dtype=np.str_)


def strata_table(table: pd.DataFrame, weights: NDArray[np.float64] | None = None) -> pd.DataFrame:
    """Count (or sum of ``weights``) by stratum and label: one row a stratum, columns ``benign`` and ``malicious``."""
    import pandas as pd

    weights = np.ones(len(table)) if weights is None else weights
    parts = [key.split("|") for key in strata(table).tolist()]
    frame = pd.DataFrame(parts, columns=["ecosystem", "form", "size_decile", "has_setup_py", "few_files"])
    frame["label"] = np.where(table["label"].to_numpy() == 1, "malicious", "benign")
    frame["weight"] = weights
    keys = ["ecosystem", "form", "size_decile", "has_setup_py", "few_files"]
    wide = frame.pivot_table(index=keys, columns="label", values="weight", aggfunc="sum", fill_value=0.0)
    return wide.reindex(columns=["benign", "malicious"], fill_value=0.0).reset_index()


def matching_weights(
    table: pd.DataFrame, base: NDArray[np.float64] | None = None, bound: float = BOUND
) -> NDArray[np.float64]:
    """Weights under which benign packages are spread over the strata like the malicious ones of their ecosystem.

    Parameters
    ----------
    table : DataFrame
    base : float64 (n,), optional
        Weights to start from, e.g. :func:`darnel.training.splits.campaign_weights`; malicious ones are kept.
    bound : float
        Ratios are clipped to ``[1/bound, bound]``; strata without malicious packages get the lowest ratio.

    Returns
    -------
    float64 (n,)
        Benign weights of an ecosystem sum to what they summed to in ``base``.
    """
    if bound < 1:
        raise CorpusError(f"strata: a bound of {bound} on the weights; give at least 1")
    weights = np.ones(len(table)) if base is None else base.astype(np.float64).copy()
    keys = strata(table)
    malicious = table["label"].to_numpy() == 1
    ecosystems = table["ecosystem"].astype(str).to_numpy(dtype=np.str_)
    for ecosystem in np.unique(ecosystems):
        here = ecosystems == ecosystem
        good, bad = here & ~malicious, here & malicious
        if not good.any() or not bad.any():
            continue
        total_good, total_bad = weights[good].sum(), weights[bad].sum()
        kinds, codes = np.unique(keys[here], return_inverse=True)
        place = np.zeros(len(table), dtype=np.int64)
        place[here] = codes
        share_good = np.bincount(place[good], weights[good], len(kinds)) / total_good
        share_bad = np.bincount(place[bad], weights[bad], len(kinds)) / total_bad
        ratio = np.clip(share_bad / np.maximum(share_good, 1e-12), 1 / bound, bound)
        weights[good] *= ratio[place[good]]
        weights[good] *= total_good / weights[good].sum()
    return weights
