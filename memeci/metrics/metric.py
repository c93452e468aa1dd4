"""What a metric is: a name, a direction, and a functional of one kind of tally with its derivative.

A new metric is one file here or one line in the table of ``memeci/metrics/__init__.py``; the contract tests run on it by themselves.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers
from memeci.metrics.sample import Sample
from memeci.metrics.thresholds import Ranked, Thresholds
from memeci.records import Direction, Task, Unit

CLASSIFICATION = frozenset({Task.BINARY, Task.MULTICLASS})
BINARY = frozenset({Task.BINARY})


class LabelCounts(msgspec.Struct, frozen=True):
    """Label counts of S slices and K labels, as shares of the slice's weight.

    true      float64[S, K]  predicted and true (t)
    predicted float64[S, K]  (q)
    support   float64[S, K]  (s)
    present   bool[S, K]     labels that take part in a macro average
    positive  index of the positive label, for binary metrics
    """

    true: Floats
    predicted: Floats
    support: Floats
    present: NDArray[np.bool_]
    positive: int | None = None


class Gradient(msgspec.Struct, frozen=True):
    """Derivatives of a label metric by true, predicted and support: float64, broadcastable to [S, K]."""

    true: Floats
    predicted: Floats
    support: Floats


class Metric(Protocol):
    """What every metric says about itself. ``kind`` is label, moment, rank or array; ``undefined`` explains a NaN to the user."""

    @property
    def name(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def unit(self) -> Unit: ...
    @property
    def tasks(self) -> frozenset[Task]: ...
    @property
    def undefined(self) -> str: ...
    @property
    def kind(self) -> str: ...


class LabelMetric(Metric, Protocol):
    """A smooth functional of label counts."""

    def value(self, counts: LabelCounts) -> Floats:
        """Return float64[S]; NaN where it cannot be computed."""
        ...

    def gradient(self, counts: LabelCounts) -> Gradient:
        """Return the derivative at ``counts``; zeros where the value is NaN."""
        ...


class MomentMetric(Metric, Protocol):
    """A smooth functional of the weighted means of terms.

    ``terms`` are SQL scalar expressions over ``{label}``, ``{prediction}``, ``{label_probability}``, ``{square_sum}`` (sum of
    squared class probabilities), ``{exact_match}``, ``{number:NAME}``, and the constants ``{label_centre}`` and
    ``{prediction_centre}`` near the means; plain arithmetic that every SQL engine has.
    """

    @property
    def terms(self) -> tuple[str, ...]: ...

    def value(self, means: Floats) -> Floats:
        """Return float64[S] for means float64[S, T]."""
        ...

    def gradient(self, means: Floats) -> Floats:
        """Return float64[S, T]."""
        ...


class RankMetric(Metric, Protocol):
    """A functional of how positives and negatives are ranked: of their weights at each distinct score."""

    def rank(self, at: Thresholds) -> Ranked:
        """Return value and influence; NaN with zero influence where it cannot be computed."""
        ...

    def slack(self, at: Thresholds) -> Floats:
        """Return float64[T]: the most that the value could change if examples of a threshold had different scores after all."""
        ...


class ArrayMetric(Metric, Protocol):
    """A functional of the examples' own numbers: quantiles, bins, correlated ranks.

    ``needs`` names the arrays: "confidences" or "numbers" (regression). ``sorted``: must the sample be sorted by score?
    """

    @property
    def needs(self) -> str: ...

    @property
    def sorted(self) -> bool: ...

    @property
    def supports_weights(self) -> bool: ...

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        """Return the value and influence[N], so that value(data) ≈ value(truth) + weighted mean of influence.

        NaN with zero influence where it cannot be computed.
        """
        ...


def divide(numerator: Floats, denominator: Floats, otherwise: float = np.nan) -> Floats:
    """Return numerator / denominator elementwise, ``otherwise`` where the denominator is 0."""
    result = np.full(np.broadcast(numerator, denominator).shape, otherwise, dtype=np.float64)
    np.divide(numerator, denominator, out=result, where=np.not_equal(denominator, 0))
    return result


def sum_by(code: NDArray[np.integer[Any]], values: Floats, size: int) -> Floats:
    """Return float64[size]: the sums of ``values`` with each code 0 … size − 1."""
    return np.bincount(code, values, size).astype(np.float64, copy=False)


def sum_in_any_order(code: NDArray[np.integer[Any]], values: Floats, size: int) -> Floats:
    """Return the same sums to the last digit whatever the order of the rows: of values rounded to 2⁻⁵² / N of the largest."""
    largest = max(float(values.max(initial=0)), -float(values.min(initial=0))) * len(values)
    exponent = int(np.frexp(largest)[1]) - 52
    if not 0 < largest < np.inf or abs(exponent) > 1000:
        return sum_by(code, values, size)
    whole = values * np.ldexp(1.0, -exponent)
    sums: Floats = sum_by(code, np.rint(whole, out=whole), size) * np.ldexp(1.0, exponent)
    return sums


def sum_whole_by(code: NDArray[np.integer[Any]], values: Integers, size: int) -> Integers:
    """Return int64[size]: the same of whole numbers, exactly: the doubles that bincount adds hold them below 2⁵³."""
    return np.bincount(code, values, size).astype(np.int64)
