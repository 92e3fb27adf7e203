from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from darnel.errors import CorpusError
from darnel.training.strata import matching_weights, strata, strata_table


def table(count: int = 4000, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    bad = draw.random(count) < 0.5
    size = np.where(bad, draw.lognormal(7, 1, count), draw.lognormal(8.5, 1.5, count))
    return pd.DataFrame(
        {
            "label": bad.astype(int),
            "ecosystem": np.where(draw.random(count) < 0.5, "pypi", "npm"),
            "form": np.where(draw.random(count) < np.where(bad, 0.8, 0.4), "sdist", "wheel"),
            "size_bytes": size.astype(int),
            "has_setup_py": draw.random(count) < np.where(bad, 0.9, 0.5),
            "file_count": np.where(bad, draw.integers(1, 20, count), draw.integers(1, 60, count)),
        }
    )


def distance(frame: pd.DataFrame, weights: np.ndarray) -> float:
    """Total variation between the classes over the strata."""
    wide = strata_table(frame, weights)
    good, bad = wide["benign"] / wide["benign"].sum(), wide["malicious"] / wide["malicious"].sum()
    return float((good - bad).abs().sum() / 2)


def test_weights_bring_the_benign_strata_to_the_malicious_ones() -> None:
    frame = table()
    for ecosystem in ("pypi", "npm"):
        part = frame[frame["ecosystem"] == ecosystem].reset_index(drop=True)
        before = distance(part, np.ones(len(part)))
        bounded, free = (distance(part, matching_weights(part, bound=bound)) for bound in (8, 1e6))
        assert before > 0.5
        assert bounded < 0.65 * before
        assert free < 0.6 * bounded


def test_weights_are_bounded_keep_their_sum_and_leave_malicious_ones_alone() -> None:
    frame = table()
    base = np.random.default_rng(1).random(len(frame))
    weights = matching_weights(frame, base, bound=4)
    bad = frame["label"] == 1
    assert np.array_equal(weights[bad], base[bad])
    for ecosystem in ("pypi", "npm"):
        here = ~bad & (frame["ecosystem"] == ecosystem)
        assert weights[here].sum() == pytest.approx(base[here].sum())
        ratio = weights[here] / base[here]
        assert ratio.max() / ratio.min() <= 16 + 1e-9
        assert ratio.min() > 0


def test_one_class_alone_is_left_as_it_is() -> None:
    frame = table().assign(label=0)
    assert (matching_weights(frame) == 1).all()


def test_trees_count_as_sdists_and_installs_as_wheels() -> None:
    frame = table(4).assign(form=["sdist", "tree", "wheel", "installed"], size_bytes=10, file_count=3)
    frame = frame.assign(ecosystem="pypi", has_setup_py=True)
    keys = strata(frame).tolist()
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert strata_table(frame)[["benign", "malicious"]].to_numpy().sum() == 4


def test_what_is_missing_is_named() -> None:
    with pytest.raises(CorpusError, match="no column 'has_setup_py'"):
        strata(table().drop(columns="has_setup_py"))
    with pytest.raises(CorpusError, match="give at least 1"):
        matching_weights(table(), bound=0.5)
