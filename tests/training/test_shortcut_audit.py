import numpy as np
import pytest

from darnel.training.shortcut_audit import overlap_weights


def drawn(shift: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    labels = np.repeat([0, 1], 4_000)
    return random.normal(labels * shift, 1.0), labels


@pytest.mark.parametrize("shift", [0.5, 2.0, 4.0])
def test_the_score_tells_nothing_apart_under_the_weights(shift: float) -> None:
    from sklearn.metrics import roc_auc_score

    scores, labels = drawn(shift)
    weights, overlap = overlap_weights(scores, labels, np.ones(len(labels)))
    assert roc_auc_score(labels, scores) > 0.6
    assert abs(roc_auc_score(labels, scores, sample_weight=weights) - 0.5) < 0.05
    assert weights.min() >= 0
    assert weights.max() <= 1
    for label in (0, 1):
        assert weights[labels == label].sum() == pytest.approx(overlap * 4_000)


def test_the_overlap_is_one_without_a_difference_and_nothing_if_they_are_apart() -> None:
    scores, labels = drawn(0.0)
    assert overlap_weights(scores, labels, np.ones(len(labels)))[1] > 0.9
    assert overlap_weights(scores, labels, np.ones(len(labels)))[1] <= 1
    weights, overlap = overlap_weights(labels * 1.0, labels, np.ones(len(labels)))
    assert overlap == 0
    assert not weights.any()


def test_weights_to_start_from_count() -> None:
    scores, labels = drawn(1.0)
    base = np.where((labels == 1) & (scores > 1), 3.0, 1.0)
    heavier, plain = overlap_weights(scores, labels, base)[1], overlap_weights(scores, labels, np.ones(len(labels)))[1]
    assert heavier < plain, "the weight lies where the other class is not"
