"""How small a loss a set of examples can show, and how many examples a loss needs. Knows no metric.

Connor (1987) for paired rates, written for any metric: the variance of a difference grows with the difference, which the
textbook formula (z + z)·SE forgets (it gives 24–78 % where it promises 80 %).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import msgspec
import numpy as np

from memeci.measurements import Floats

POWER = 0.80
_ITERATIONS = 30


class Threshold(msgspec.Struct, frozen=True):
    """When a test fails, in standard errors and in the metric's unit: measured loss > max(shift + critical·SE, tolerance).

    Each a number, or float64[J]. ``shift`` is 0, or the tolerance where the loss must surely exceed it.
    """

    critical: Floats | float
    tolerance: Floats | float = 0.0
    shift: Floats | float = 0.0


def compute_detectable(se0: Floats, curvature: Floats, n_units: Floats, threshold: Threshold, power: float = POWER) -> Floats:
    """Return the smallest true loss that fails with probability ``power``, per test; NaN where the inputs are.

    Solves Δ = max(shift + c·√V, τ) + z·√(V − Δ²/N) with V = SE0² + κΔ.

    se0        float64[J]  standard error when nothing changed
    curvature  float64[J]  κ = Σψ²/Σ|ψ| over N, in the metric's unit: variance added per unit of loss
    n_units    float64[J]  independent units N
    """
    z = NormalDist().inv_cdf(power)
    reach = np.asarray(threshold.critical) + z
    delta = threshold.shift + threshold.tolerance + reach * se0 + np.square(reach) * curvature
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(_ITERATIONS):  # a contraction: the right side grows like the square root of delta
            variance = np.square(se0) + curvature * delta
            fails_at = np.maximum(threshold.shift + threshold.critical * np.sqrt(variance), threshold.tolerance)
            delta = fails_at + z * np.sqrt(np.maximum(variance - np.square(delta) / n_units, 0.0))
    return np.asarray(delta, dtype=np.float64)


def detectable_effect(n: int, disagreement: float, *, alpha: float = 0.01, n_tests: int = 1, power: float = POWER) -> float:
    """Return the smallest true loss of accuracy that a paired comparison finds, as a rate (0.01 is 1 pp).

    n             examples
    disagreement  rate at which two models differ in correctness when neither is better
    n_tests       tests that share alpha; taken as independent, the strict case (Šidák)

    Capped at 1: a set too small to find anything says so by 1.
    """
    se0 = np.sqrt(np.array([disagreement / n]))
    found = compute_detectable(se0, np.array([1.0 / n]), np.array([float(n)]), Threshold(compute_sidak_critical(alpha, n_tests)), power)
    return float(min(found[0], 1.0))


def compute_power(n: int, disagreement: float, loss: float, *, alpha: float = 0.01, n_tests: int = 1) -> float:
    """Return the chance that a paired comparison of ``n`` examples fails a true loss of accuracy ``loss``."""
    variance = (disagreement + loss) / n
    spread = math.sqrt(max(variance - loss * loss / n, 1e-300))
    return NormalDist().cdf((loss - compute_sidak_critical(alpha, n_tests) * math.sqrt(variance)) / spread)


def required_examples(loss: float, disagreement: float, *, alpha: float = 0.01, n_tests: int = 1, power: float = POWER) -> int:
    """Return how many examples a paired comparison needs to find a true loss of accuracy ``loss`` (0 < loss <= 1).

    Raises ValueError where ``loss`` is not in (0, 1].
    """
    if not 0 < loss <= 1:
        raise ValueError(f"a loss lies between 0 and 1, not {loss}")
    low, high = 1, 2
    while detectable_effect(high, disagreement, alpha=alpha, n_tests=n_tests, power=power) > loss:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if detectable_effect(middle, disagreement, alpha=alpha, n_tests=n_tests, power=power) > loss:
            low = middle
        else:
            high = middle
    return high


def compute_sidak_critical(alpha: float, n_tests: int) -> float:
    """Return the one-sided critical value of ``n_tests`` independent tests that share ``alpha``."""
    one = -np.expm1(np.log1p(-alpha) / max(n_tests, 1))
    return -NormalDist().inv_cdf(float(one))
