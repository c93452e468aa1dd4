"""Regression metrics of order statistics: median absolute error and Spearman's rank correlation."""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.means import ABSOLUTE_ERROR, REGRESSION
from memeci.metrics.sample import Sample
from memeci.records import Direction, Task, Unit

_REACH = np.array([1.0, 2.5])


class MedianAbsoluteError(msgspec.Struct, frozen=True):
    """The median of |p − y|; with weights the average of the two weighted medians, as scikit-learn has it.

    Influence (½ − 1(e ≤ median)) / f(median), the density f taken from the spacing of neighbouring quantiles.
    """

    name: str = "median_absolute_error"
    direction: Direction = Direction.LOWER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = REGRESSION
    undefined: str = "there are no examples"
    needs: str = "numbers"
    sorted: bool = True
    supports_weights: bool = True
    kind = "array"
    example_number = ABSOLUTE_ERROR

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        label, score, weight = sample.label, sample.score, sample.weight
        if len(label) == 0:
            return np.nan, np.zeros_like(label)
        error = np.abs(score - label)
        order = np.argsort(error, kind="stable")
        ordered = error[order]
        weights = np.ones_like(error) if weight is None else weight
        value = weighted_median(ordered, weights[order])
        side = np.sign(error - value)
        tied = side == 0
        if tied.any():  # half of all weight lies on either side of a median, whatever part of it is tied with it
            side[tied] = np.clip(-np.sum(side * weights) / max(np.sum(weights[tied]), 1e-300), -1, 1)
        influence = side * 0.5 / _density_at_median(ordered, weights[order])
        return value, influence - np.average(influence, weights=weights)


def weighted_median(ordered: Floats, weights: Floats) -> float:
    """Return the mean of the lower and the upper weighted median of sorted values."""
    keep = weights > 0
    values, cumulative = ordered[keep], np.cumsum(weights[keep])
    if len(values) == 0:
        return float("nan")
    half = cumulative[-1] / 2
    lower = int(np.searchsorted(cumulative, half * (1 - 1e-12)))
    upper = int(np.searchsorted(cumulative, half * (1 + 1e-12), side="right"))
    return float((values[min(lower, len(values) - 1)] + values[min(upper, len(values) - 1)]) / 2)


def _density_at_median(ordered: Floats, weights: Floats) -> float:
    """Return the density at the median from the quantiles ½ ± h, h = ½·n^(−1/5); a tiny spacing is bounded away from 0.

    Less where the quantiles that the median reaches by chance, z·½·n^(−1/2) to either side (Woodruff 1952), lie more than twice as far
    off as that says: near a step between two whole numbers the median may be either. With weights n is (Σw)² / Σw² (Kish 1965).
    """
    total = float(weights.sum())
    n = max(total * total / max(float((weights * weights).sum()), 1e-300), 1.0)
    wide, near = min(0.25, 0.5 * n**-0.2), np.minimum(0.25, 0.5 * _REACH * n**-0.5)
    # The share of the weight that lies below the middle of each example.
    place = (np.cumsum(weights) - weights / 2) / max(total, 1e-300)
    low, middle, high = np.interp([0.5 - wide, 0.5, 0.5 + wide], place, ordered)
    steps = np.fmax(np.interp(0.5 + near, place, ordered) - middle, middle - np.interp(0.5 - near, place, ordered))
    least = 1e-12 * max(1.0, float(ordered[-1]))
    smooth, stepped = 2 * wide / max(high - low, least), float((near / np.fmax(steps, least)).min())
    return float(stepped if 2 * stepped < smooth else smooth)


class Spearman(msgspec.Struct, frozen=True):
    """Pearson's r of the midranks. All labels or all predictions tied: cannot be computed. scipy defines no weights for it."""

    name: str = "spearman"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = REGRESSION
    undefined: str = "all labels, or all predictions, are equal"
    needs: str = "numbers"
    sorted: bool = True
    supports_weights: bool = False
    kind = "array"

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        label, score = sample.label, sample.score
        n = len(label)
        if n == 0:
            return np.nan, np.zeros_like(label)
        a, b = _Midranks(label), _Midranks(score)
        variance_a, variance_b = float(np.mean(a.centred**2)), float(np.mean(b.centred**2))
        if variance_a < 1e-14 or variance_b < 1e-14:
            return np.nan, np.zeros_like(label)
        root = np.sqrt(variance_a * variance_b)
        covariance = float(np.mean(a.centred * b.centred))
        value = covariance / root
        by_covariance = a.centred * b.centred - covariance + a.project(b.centred) + b.project(a.centred)
        by_a = a.centred**2 - variance_a + 2 * a.project(a.centred)
        by_b = b.centred**2 - variance_b + 2 * b.project(b.centred)
        influence = by_covariance / root - 0.5 * value * (by_a / variance_a + by_b / variance_b)
        return float(np.clip(value, -1, 1)), influence - influence.mean()


class _Midranks:
    """Midranks of a vector as shares of n, and the projection that a rank's dependence on the others needs."""

    def __init__(self, values: Floats) -> None:
        n = len(values)
        self.order = np.argsort(values, kind="stable")
        ordered = values[self.order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.sizes = np.diff(np.r_[starts, n])
        self.starts = starts
        ranks = np.empty(n)
        ranks[self.order] = np.repeat((starts + 0.5 * self.sizes) / n, self.sizes)
        self.centred = ranks - 0.5

    def project(self, values: Floats) -> Floats:
        """Return for each i the mean over j of k(x_i, x_j)·values_j, k = 1 if x_i < x_j and ½ if equal; centred."""
        n = len(values)
        ordered = values[self.order]
        totals = np.add.reduceat(ordered, self.starts)
        above = totals[::-1].cumsum()[::-1] - totals
        result = np.empty(n)
        result[self.order] = np.repeat((above + 0.5 * totals) / n, self.sizes)
        centred: Floats = result - result.mean()
        return centred
