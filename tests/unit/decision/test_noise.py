"""The noise floor: estimated, applied, and turned into a tolerance."""

from __future__ import annotations

import pytest
from scipy.stats import t as student

from memeci.decision import compute_noise_floor
from memeci.decision.noise import student_quantile


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 19, 40])
@pytest.mark.parametrize("p", [0.5, 0.95, 0.99, 0.9999])
def test_student_quantile__agrees_with_scipy(degrees: int, p: float) -> None:
    assert student_quantile(p, degrees) == pytest.approx(student.ppf(p, degrees), rel=1e-9, abs=1e-12)


def test_noise_floor__is_the_standard_deviation_between_runs() -> None:
    floor = compute_noise_floor({"accuracy": [0.90, 0.91, 0.92], "roc_auc": [0.9, None, 0.9]})
    assert floor.runs == 3
    assert floor.sigma == {"accuracy": pytest.approx(0.01)}


def test_proposed_tolerance__is_what_a_new_run_exceeds_once_in_a_hundred() -> None:
    floor = compute_noise_floor({"accuracy": [0.90, 0.91, 0.92, 0.91, 0.91]})
    expected = student.ppf(0.99, 4) * 2**0.5 * floor.sigma["accuracy"]
    assert floor.propose_tolerance("accuracy") == pytest.approx(expected)


def test_one_run__has_no_noise_floor() -> None:
    with pytest.raises(ValueError, match="2 or more runs"):
        compute_noise_floor({"accuracy": [0.9]})
