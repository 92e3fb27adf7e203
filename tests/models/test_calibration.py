import numpy as np
import pytest

from darnel.models.calibration import Calibration, log_odds, sigmoid


def test_sigmoid_undoes_log_odds() -> None:
    p = np.array([1e-6, 0.2, 0.5, 0.999])
    np.testing.assert_allclose(sigmoid(log_odds(p)), p)
    assert sigmoid([-1e4, 1e4]).tolist() == [0.0, 1.0]


def test_prior_correction_by_hand() -> None:
    identity = Calibration((-1.0, 1.0), (-1.0, 1.0))
    # Even odds at equal classes are the base rate; 9:1 at equal classes is 9/999 : 1 at 0.1 %.
    np.testing.assert_allclose(identity.probability([0.5, 0.9], 0.001), [0.001, (9 / 999) / (1 + 9 / 999)])


def test_strictly_increasing_beyond_the_knots() -> None:
    scores = np.linspace(0.0001, 0.9999, 200)
    calibrated = Calibration((-2.0, 0.0, 3.0), (-4.0, -1.0, 1.0)).probability(scores, 0.01)
    assert np.all(np.diff(calibrated) > 0)


@pytest.mark.parametrize(
    ("raw", "calibrated"),
    [
        ((0.0,), (0.0,)),
        ((0.0, 1.0), (0.0,)),
        ((0.0, 0.0), (0.0, 1.0)),
        ((0.0, 1.0), (1.0, 0.0)),
        ((0.0, 1.0), (0.0, np.inf)),
    ],
)
def test_refuses_what_is_not_increasing(raw: tuple[float, ...], calibrated: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibration(raw, calibrated)
