"""A whole model of the training side of the temporal split, as a folder that darnel can be given.

What asks for a verdict with its evidence needs more than scores of table rows; and the shipped model knows every
campaign of the corpus.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from darnel.errors import CorpusError
from darnel.models.bundle import write_bundle
from darnel.models.manifest import MANIFEST, read_manifest
from darnel.training.config import Config
from darnel.training.derived import legal
from darnel.training.export import build, provenance
from darnel.training.protocols import Scored
from darnel.training.splits import temporal
from darnel.training.table import FeatureTable
from darnel.training.variants import VariantModels

NAME = "temporal"


def fitted(
    folder: Path, table: FeatureTable, derived: FeatureTable | None, config: Config, say: Callable[[str], None]
) -> None:
    """Fit on the training side and write a bundle, unless it is there.

    Parameters
    ----------
    folder : Path
    table : FeatureTable
    derived : FeatureTable, optional
        Variants; those that are legal on the training side are trained on as well.
    config : Config
    say : callable

    Raises
    ------
    CorpusError
        What is there was fitted on something else.
    """
    split = temporal(table.packages, config.temporal, config.seed)
    train = table.subset(split.train)
    more = derived.subset(legal(derived, table.packages, split).train) if derived is not None else None
    made_from = {"data_sha256": provenance(train, config)["data_sha256"], "variants": len(more) if more else 0}
    if (folder / MANIFEST).exists():
        known = read_manifest(folder).training
        if any(known.get(key) != value for key, value in made_from.items()):
            raise CorpusError(f"{folder}: a model of other data or another split; give another folder")
        return
    say(f"fitting on {len(train)} packages and {made_from['variants']} variants of them")
    models = VariantModels(config).fit(train, more)
    folds = Scored("campaign", np.arange(len(train)), models.fold_scores_)
    manifest, texts = build(models, folds, train, config, NAME, "0.0")
    manifest.training.update(made_from)  # type: ignore[attr-defined]
    write_bundle(folder, manifest, texts)
