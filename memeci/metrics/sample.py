"""The examples of one slice, and an order of them that owes nothing to the order of the file. Knows no metric."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.tallies import SliceSet


def sort_examples(score: Floats, label: Floats, weight: Floats | None) -> NDArray[np.int64]:
    """Return the order by score; ties by label and weight, so that no sum depends on the order of the rows in the file.

    Examples without weight are left out: they must not decide where a curve begins.
    """
    rows = np.arange(len(label)) if weight is None else np.flatnonzero(weight > 0)
    if weight is not None:
        rows = rows[np.argsort(weight[rows], kind="stable")]
    rows = rows[_order_labels(label[rows])]
    return rows[order_stably(score[rows])]


def split_examples(slice_set: SliceSet, leaf: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return for each slice of the set its rows, as they come; ``leaf`` int32[N]."""
    n_slices = len(slice_set.keys)
    # int16 sorts by radix: the cost stays near that of one pass.
    slices = slice_set.membership.astype(np.int16 if n_slices < 2**15 else np.int64)[leaf]
    by_slice = np.argsort(slices, kind="stable")
    bounds = np.searchsorted(slices[by_slice], np.arange(n_slices + 1))
    return [by_slice[start:stop] for start, stop in itertools.pairwise(bounds)]


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


class Sample(msgspec.Struct, frozen=True):
    """The examples of one slice as one model scored them. float64[N] each.

    Sorted by score, ascending, where the metric asks for that. ``label`` is 1 or 0 (or the number to predict); ``weight``
    is None when all are 1.
    """

    label: Floats
    score: Floats
    weight: Floats | None = None
