"""Run-to-run noise of training: how far a metric moves between runs of the same code, and what a gate must allow for.

Two runs of the same code differ by √2·σ on the same examples. Without the floor a comparison answers "is this artefact
worse?"; with it, "is this code worse?". Knows no metric.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from memeci.decision.decide import Decided
from memeci.records import Evaluation, Outcome, Status

MIN_RUNS = 2


class NoiseFloor(msgspec.Struct, frozen=True):
    """``sigma`` per metric: standard deviation between runs of the same code, in the metric's unit; ``runs`` it rests on."""

    sigma: dict[str, float]
    runs: int

    def propose_tolerance(self, metric: str, alpha: float = 0.01) -> float:
        """Return the loss that a new run of unchanged code exceeds with probability ``alpha``: t·√2·σ."""
        return student_quantile(1.0 - alpha, self.runs - 1) * math.sqrt(2.0) * self.sigma[metric]


class FlipRates(msgspec.Struct, frozen=True):
    """How often unchanged code would have changed the verdict. ``by_metric`` counts pairs with a failing gate of that metric."""

    pairs: int
    failed: int
    inconclusive: int
    by_metric: dict[str, int]


def compute_noise_floor(values: Mapping[str, Sequence[float | None]]) -> NoiseFloor:
    """Return the floor from metric values of several runs; a metric without a value in some run is left out.

    Raises ValueError with fewer than two runs, or where metrics differ in their number of runs.
    """
    lengths = {len(runs) for runs in values.values()}
    if len(lengths) != 1 or min(lengths) < MIN_RUNS:
        raise ValueError(f"a noise floor needs the same {MIN_RUNS} or more runs of every metric")
    sigma = {}
    for metric, runs in values.items():
        known = [value for value in runs if value is not None and math.isfinite(value)]
        if len(known) == len(runs):
            mean = math.fsum(known) / len(known)
            sigma[metric] = math.sqrt(math.fsum((value - mean) ** 2 for value in known) / (len(known) - 1))
    return NoiseFloor(sigma, lengths.pop())


def count_flips(decisions: Sequence[Decided | Evaluation]) -> FlipRates:
    """Return the verdicts of comparisons between runs of the same code, one decision (or its record) a pair."""
    by_metric: dict[str, int] = {}
    for decided in decisions:
        failing = {c.metric for c in decided.comparisons if c.gated and c.outcome is Outcome.REGRESSED}
        for metric in failing:
            by_metric[metric] = by_metric.get(metric, 0) + 1
    statuses = [decided.verdict.status for decided in decisions]
    return FlipRates(len(statuses), statuses.count(Status.FAIL), statuses.count(Status.INCONCLUSIVE), by_metric)


def student_quantile(p: float, degrees: int) -> float:
    """Return the ``p`` quantile (½ ≤ p < 1) of Student's t, by bisection of its distribution function."""
    low, high = 0.0, 1.0
    while _student_cdf(high, degrees) < p:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _student_cdf(middle, degrees) < p else (low, middle)
    return high


def _student_cdf(t: float, degrees: int) -> float:
    """Return P(T ≤ t) for t ≥ 0: the finite series for whole degrees of freedom (Abramowitz & Stegun 26.7.3, 26.7.4)."""
    theta = math.atan(t / math.sqrt(degrees))
    cosine2, odd = math.cos(theta) ** 2, degrees % 2
    term = math.cos(theta) if odd else 1.0
    total = 0.0 if degrees == 1 else term
    for i in range(2 + odd, degrees - 1, 2):
        term *= cosine2 * (i - 1) / i
        total += term
    inside = math.sin(theta) * total
    return 0.5 + (theta + inside) / math.pi if odd else 0.5 + inside / 2.0
