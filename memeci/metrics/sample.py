"""The examples of one slice, sorted by score, with the cumulative sums that rank metrics share."""

from __future__ import annotations

from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats


def sort_examples(score: Floats, label: Floats, weight: Floats | None) -> NDArray[np.int64]:
    """Return the order by score; ties by label and weight, so that no sum depends on the order of the rows in the file.

    Examples without weight are left out: they must not decide where a curve begins.
    """
    rows = np.arange(len(label)) if weight is None else np.flatnonzero(weight > 0)
    if weight is not None:
        rows = rows[np.argsort(weight[rows], kind="stable")]
    rows = rows[_order_labels(label[rows])]
    return rows[np.argsort(score[rows], kind="stable")]


def _order_labels(label: Floats) -> NDArray[np.int64]:
    """Return the stable order by label; for labels 0 and 1 without sorting."""
    positive = label == 1.0
    if bool((positive | (label == 0.0)).all()):
        return np.concatenate([np.flatnonzero(~positive), np.flatnonzero(positive)])
    return np.argsort(label, kind="stable")


class Sample(msgspec.Struct, frozen=True, dict=True):
    """The examples of one slice as one model scored them, sorted by score, ascending. float64[N] each.

    ``label`` is 1 or 0 (or the number to predict); ``weight`` None when all are 1.
    """

    label: Floats
    score: Floats
    weight: Floats | None = None

    @cached_property
    def tied_sums(self) -> TiedSums:
        """Shared by the rank metrics: made once."""
        return sum_ties(self)


class TiedSums(msgspec.Struct, frozen=True):
    """Cumulative weights over scores sorted ascending. Per example i of N, float64[N], ties sharing one value.

    ``positive_below``: weight of positives with a smaller score; ``positive_at``: with the same score; likewise negative.
    """

    positive_below: Floats
    positive_at: Floats
    negative_below: Floats
    negative_at: Floats
    positives: float
    negatives: float


def sum_ties(sample: Sample) -> TiedSums:
    """Return cumulative weights for labels 0/1 sorted by score, ascending. One pass, float64."""
    label, score, weight = sample.label, sample.score, sample.weight
    positive = label if weight is None else label * weight
    negative = 1 - label if weight is None else (1 - label) * weight
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    ends = np.r_[starts[1:], len(score)]
    size = ends - starts
    cumulative_positive = np.r_[0.0, np.cumsum(positive)]
    cumulative_negative = np.r_[0.0, np.cumsum(negative)]

    def spread(values: Floats) -> Floats:
        return values if len(starts) == len(score) else np.repeat(values, size)

    return TiedSums(
        positive_below=spread(cumulative_positive[starts]),
        positive_at=spread(cumulative_positive[ends] - cumulative_positive[starts]),
        negative_below=spread(cumulative_negative[starts]),
        negative_at=spread(cumulative_negative[ends] - cumulative_negative[starts]),
        positives=float(cumulative_positive[-1]),
        negatives=float(cumulative_negative[-1]),
    )
