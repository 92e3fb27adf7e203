"""One two-stage model for all ecosystems or one each, behind one face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darnel.training.config import Config
from darnel.training.derived import joined
from darnel.training.table import FeatureTable
from darnel.training.two_stage import TwoStageClassifier, unreadable_scores

JOINT = "all"


class VariantModels:
    """The models of one training run.

    Parameters
    ----------
    config : Config
        ``per_ecosystem`` decides.

    Attributes
    ----------
    models_ : dict of str to TwoStageClassifier
        By ecosystem, or one under ``all``.
    fold_scores_ : float64 (n,)
        See :class:`TwoStageClassifier`; of the originals only.
    """

    def __init__(self, config: Config) -> None:
        self.config = config

    def fit(self, table: FeatureTable, derived: FeatureTable | None = None) -> VariantModels:
        """Fit on the readable packages of ``table``, and on variants of them, see :mod:`darnel.training.derived`."""
        self.models_: dict[str, TwoStageClassifier] = {}
        count = len(table)
        if derived is not None and len(derived):
            table = joined(table, derived)
        scores = unreadable_scores(table)
        names = sorted(set(table.text("ecosystem").tolist())) if self.config.per_ecosystem else [JOINT]
        for name in names:
            chosen = self._of(name, table)
            self.models_[name] = TwoStageClassifier(self.config).fit(table.subset(chosen))
            scores[chosen] = self.models_[name].fold_scores_
        self.fold_scores_ = scores[:count]
        return self

    def scores(self, table: FeatureTable, previous: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Raw scores, float64 (n,); ecosystems without a model of their own get the wrong answer, as if unreadable.

        Parameters
        ----------
        table : FeatureTable
        previous : int64 (n,), optional
            Row in ``table`` of each package's previous release, of the same ecosystem, -1 for none.
        """
        result = unreadable_scores(table)
        for name, model in self.models_.items():
            chosen = self._of(name, table)
            if len(chosen):
                result[chosen] = model.scores(table.subset(chosen), _within(previous, chosen))
        return result

    def model_for(self, ecosystem: str) -> TwoStageClassifier:
        """The model that judges an ecosystem."""
        return self.models_[ecosystem] if ecosystem in self.models_ else self.models_[next(iter(self.models_))]

    def _of(self, name: str, table: FeatureTable) -> NDArray[np.int64]:
        return np.arange(len(table)) if name == JOINT else np.flatnonzero(table.text("ecosystem") == name)


def _within(previous: NDArray[np.int64] | None, chosen: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Row numbers as they are after taking the subset ``chosen``."""
    if previous is None:
        return None
    place = np.full(len(previous) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    return place[previous[chosen]]
