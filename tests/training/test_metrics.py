import numpy as np
import pytest

from darnel.training import metrics
from darnel.training.calibrate import fit_calibration


@pytest.mark.parametrize("rate", [0.0, 0.003, 0.01, 0.05, 0.5])
def test_threshold_never_lets_more_through(rate: float) -> None:
    scores = np.round(np.random.default_rng(0).random(500), 2)  # with ties
    threshold = metrics.threshold_at(scores, rate)
    assert (scores >= threshold).mean() <= rate
    # One step lower would be too many: the threshold sits just above a benign score.
    assert (scores >= np.nextafter(threshold, 0)).mean() > rate


def test_threshold_when_everything_may_be_flagged() -> None:
    assert metrics.threshold_at(np.array([0.2, 0.9]), 1.0) == 0.0


def test_campaigns_weigh_the_same() -> None:
    labels = np.array([1, 1, 1, 1, 0, 0])
    campaigns = np.array(["a", "a", "a", "b", "x", "y"])
    scores = np.array([0.9, 0.9, 0.9, 0.1, 0.2, 0.8])
    found = metrics.at_threshold(scores, labels, campaigns, 0.5)
    assert found["recall"] == 0.5
    assert found["recall_packages"] == 0.75
    assert found["fpr"] == 0.5
    assert found["recall_interval"] == [0.0, 1.0]
    low, high = found["fpr_interval"]
    assert (round(low, 4), round(high, 4)) == (0.0126, 0.9874)


def test_interval_narrows_with_campaigns_not_with_clones() -> None:
    def width(campaigns: int, clones: int) -> float:
        caught = np.repeat(np.arange(campaigns) % 2 == 0, clones)
        low, high = metrics.recall_interval(caught, np.repeat(np.arange(campaigns), clones).astype(str))
        return high - low

    assert width(400, 1) < 0.6 * width(100, 1)
    assert width(100, 8) == pytest.approx(width(100, 1), rel=0.1)


def test_rates_that_cannot_be_quoted_are_left_out() -> None:
    labels = np.repeat([1, 0], [50, 400])
    scores, campaigns = np.random.default_rng(0).random(450), np.arange(450).astype(str)
    found = metrics.summary(scores, labels, campaigns, 0.001, {0.01: 0.5})
    assert list(found["own_threshold"]) == ["0.01", "0.0075"]
    assert found["fold_threshold"]["0.01"]["threshold"] == 0.5


def test_average_precision_at_the_base_rate() -> None:
    labels, campaigns = np.array([1, 0, 1, 0]), np.array(["a", "x", "b", "y"])
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    # Recall 1/2 at precision 1, then recall 1 with half of the benign mass above.
    expected = 0.5 * 1 + 0.5 * 0.01 / (0.01 + 0.99 / 2)
    assert metrics.average_precision(scores, labels, campaigns, 0.01) == pytest.approx(expected)


def test_calibration_error_by_hand() -> None:
    labels, campaigns = np.array([1, 1, 0, 0]), np.array(["a", "b", "x", "y"])
    assert metrics.calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), labels, campaigns, 0.5) == pytest.approx(0.1)
    assert metrics.calibration_error(np.full(4, 0.5), labels, campaigns, 0.5) == pytest.approx(0.0)


def test_calibration_undoes_overconfidence_and_corrects_the_prior() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(size=20_000) * 2
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    campaigns = np.arange(20_000).astype(str)
    overconfident = 1 / (1 + np.exp(-3 * odds))
    fitted = fit_calibration(overconfident, labels, campaigns)
    for rate in (0.5, 0.001):
        assert metrics.calibration_error(fitted.probability(overconfident, rate), labels, campaigns, rate) < 0.02
    assert metrics.calibration_error(overconfident, labels, campaigns, 0.5) > 0.05


def test_grouped_rate_counts_a_family_once() -> None:
    hits = np.array([True, True, True, False, False])
    assert metrics.grouped_rate(hits, np.array(["sdk", "sdk", "sdk", "a", "b"])) == pytest.approx(1 / 3)
    assert metrics.grouped_rate(hits[:0], np.array([], dtype=np.str_)) is None
