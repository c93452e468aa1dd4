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
    return rows[order_stably(score[rows])]


def order_stably(values: Floats) -> NDArray[np.int64]:
    """Return np.argsort(values, kind="stable"), in less than half the time where values hardly repeat.

    Sorts integers that hold a rounded value above its position; the few that rounding made equal are put in order afterwards.
    """
    n = len(values)
    low, high = (float(values.min()), float(values.max())) if n else (0.0, 0.0)
    if n < 4096 or not 0 < high - low < np.inf:
        return np.argsort(values, kind="stable")
    position_bits = n.bit_length()
    scale = (2.0 ** (63 - position_bits) - 1) / (high - low)
    packed = ((values - low) * scale).astype(np.int64)
    packed <<= position_bits
    packed |= np.arange(n)
    packed.sort()
    order = packed & ((1 << position_bits) - 1)
    packed >>= position_bits
    return _reorder_equal(values, packed, order)


def _reorder_equal(values: Floats, rounded: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``order`` with rows of one rounded value put in the order of their values; many of those, and all are sorted anew."""
    same = rounded[1:] == rounded[:-1]
    if not same.any():
        return order
    among = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    if len(among) > len(order) // 4:
        return np.argsort(values, kind="stable")
    rows = order[among]
    order[among] = rows[np.lexsort((rows, values[rows], rounded[among]))]
    return order


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
    distinct: bool
    """No two scores are equal."""


def sum_ties(sample: Sample) -> TiedSums:
    """Return cumulative weights for labels 0/1 sorted by score, ascending. One pass, float64."""
    label, score, weight = sample.label, sample.score, sample.weight
    n = len(label)
    positive = label if weight is None else label * weight
    weights = np.ones(n) if weight is None else weight
    cumulative_positive, cumulative = np.zeros(n + 1), np.zeros(n + 1)
    np.cumsum(positive, out=cumulative_positive[1:])
    np.cumsum(weights, out=cumulative[1:])
    cumulative_negative = cumulative - cumulative_positive
    rises = score[1:] != score[:-1]
    sums = (cumulative_positive, cumulative_negative)
    distinct = bool(rises.all())
    parts = _sum_alone(*sums) if distinct else _sum_tied(rises, *sums)
    return TiedSums(*parts, float(cumulative_positive[-1]), float(cumulative_negative[-1]), distinct)


def _sum_alone(positive: Floats, negative: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Where no two scores are equal."""
    return positive[:-1], np.diff(positive), negative[:-1], np.diff(negative)


def _sum_tied(rises: NDArray[np.bool_], positive: Floats, negative: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    starts = np.flatnonzero(np.r_[True, rises])
    ends = np.r_[starts[1:], len(rises) + 1]

    def spread(values: Floats) -> Floats:
        return np.repeat(values, ends - starts)

    return (
        spread(positive[starts]),
        spread(positive[ends] - positive[starts]),
        spread(negative[starts]),
        spread(negative[ends] - negative[starts]),
    )
