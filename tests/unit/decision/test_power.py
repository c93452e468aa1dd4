"""Detectable losses against worked-out values and against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from memeci.decision import compute_power, detectable_effect, required_examples
from memeci.decision.power import Threshold, compute_detectable, compute_sidak_critical

# Solved by hand-written bisection of Δ√N = z_{1−α}√(δ+Δ) + z_{0.8}√(δ+Δ−Δ²): (examples, disagreement, alpha) → pp.
TABLE = [
    (100, 0.02, 0.05, 7.6),
    (100, 0.20, 0.01, 19.7),
    (1_000, 0.05, 0.05, 2.1),
    (1_000, 0.10, 0.01, 3.7),
    (10_000, 0.02, 0.05, 0.38),
    (10_000, 0.10, 0.01, 1.05),
]


@pytest.mark.parametrize(("n", "disagreement", "alpha", "expected_pp"), TABLE)
def test_detectable_effect__table(n: int, disagreement: float, alpha: float, expected_pp: float) -> None:
    assert detectable_effect(n, disagreement, alpha=alpha) * 100 == pytest.approx(expected_pp, abs=0.051 if expected_pp > 2 else 0.006)


@pytest.mark.parametrize(("n", "disagreement"), [(300, 0.05), (1_000, 0.02), (5_000, 0.1)])
def test_power_at_the_detectable_effect__is_four_in_five(n: int, disagreement: float) -> None:
    """McNemar's normal test on multinomial draws of (broken, fixed, rest)."""
    rng, loss = np.random.default_rng(5), detectable_effect(n, disagreement, alpha=0.05)
    drawn = rng.multinomial(n, [disagreement / 2 + loss, disagreement / 2, 1 - disagreement - loss], 20_000)
    broken, fixed = drawn[:, 0], drawn[:, 1]
    found = (broken - fixed) / np.sqrt(np.maximum(broken + fixed, 1)) > compute_sidak_critical(0.05, 1)
    assert 0.75 <= found.mean() <= 0.90


def test_required_examples__is_the_inverse() -> None:
    n = required_examples(0.01, 0.05, n_tests=40)
    assert detectable_effect(n, 0.05, n_tests=40) <= 0.01 < detectable_effect(n - 1, 0.05, n_tests=40)
    assert compute_power(n, 0.05, 0.01, n_tests=40) == pytest.approx(0.8, abs=0.01)


def test_required_examples__refuses_no_loss() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        required_examples(0.0, 0.05)


def test_tolerance__must_be_exceeded_as_measured() -> None:
    inputs = (np.array([0.001]), np.array([1e-5]), np.array([1e5]))
    assert compute_detectable(*inputs, Threshold(2.0))[0] < 0.01
    assert compute_detectable(*inputs, Threshold(2.0, tolerance=0.01))[0] == pytest.approx(0.01 + 0.84 * np.sqrt(1e-6 + 1e-7), rel=0.01)


def test_no_flips_at_all__still_says_what_could_be_seen() -> None:
    assert compute_detectable(np.zeros(1), np.array([1e-3]), np.array([1e3]), Threshold(2.3))[0] == pytest.approx(0.01, rel=0.3)
