"""What a metric is: a name, a direction, and a functional of one kind of tally with its derivative.

A new metric is one file here or one line in the table of ``memeci/metrics/__init__.py``; the contract tests run on it by themselves.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.runs import Runs
from memeci.metrics.sample import Sample
from memeci.metrics.thresholds import Ranked, Thresholds
from memeci.records import Direction, Task, Unit

CLASSIFICATION = frozenset({Task.BINARY, Task.MULTICLASS})
BINARY = frozenset({Task.BINARY})


class LabelCounts(msgspec.Struct, frozen=True):
    """Label counts of S slices, as shares of the slice's weight: E entries, one for each label that occurs in a slice.

    runs               the slice of each entry, ascending: a slice of few labels costs no more than those
    label              int64[E]
    true               float64[E]  predicted and true (t)
    predicted, support float64[E]  (q), (s)
    present            bool[E]     labels that take part in a macro average
    n_labels           K, of which some may occur nowhere
    positive           index of the positive label, for binary metrics
    """

    runs: Runs
    label: NDArray[np.int64]
    true: Floats
    predicted: Floats
    support: Floats
    present: NDArray[np.bool_]
    n_labels: int
    positive: int | None = None

    @property
    def n_slices(self) -> int:
        return self.runs.n_slices

    def total(self, values: Floats) -> Floats:
        """Return float64[S]: the sums of float64[E] over the labels of each slice."""
        return self.runs.total(values)

    def spread(self, by_slice: Floats) -> Floats:
        """Return float64[E]: each slice's number at all its labels."""
        return self.runs.spread(by_slice)

    def find(self, label: int | None) -> NDArray[np.int64]:
        """Return the entries of one label: at most one a slice, none for None."""
        return np.flatnonzero(self.label == label) if label is not None else np.zeros(0, dtype=np.int64)


class Gradient(msgspec.Struct, frozen=True):
    """Derivatives of a label metric by true, predicted and support: float64[E] each."""

    true: Floats
    predicted: Floats
    support: Floats


class ExampleNumber(msgspec.Struct, frozen=True):
    """A number of every example that tells better from worse: a term (see MomentMetric) and which way is better.

    A metric that has one says so as ``example_number``. For RMSE or R² it is no summand of the metric, but orders two errors on one
    example as the metric does.
    """

    term: str
    direction: Direction


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
    squared class probabilities), ``{exact_match}``, ``{wrong_labels}`` (of several an example), ``{number:NAME}``, and the
    constants ``{label_centre}`` and ``{prediction_centre}`` near the means; arithmetic that every SQL engine has.
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


def find_base_gradient(metric: LabelMetric, counts: LabelCounts, *, has_baseline: bool) -> Gradient:
    """Return the gradient at the baseline's counts, or zeros where there is none."""
    if has_baseline:
        return metric.gradient(counts)
    nothing = np.zeros_like(counts.true)
    return Gradient(nothing, nothing, nothing)


def average_counts(a: LabelCounts, b: LabelCounts) -> LabelCounts:
    """Return the counts midway between two models'."""
    true, predicted, present = (a.true + b.true) / 2, (a.predicted + b.predicted) / 2, a.present | b.present
    return LabelCounts(a.runs, a.label, true, predicted, a.support, present, a.n_labels, a.positive)
