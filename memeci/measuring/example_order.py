"""An order of examples that owes nothing to the order of the file, and which examples each slice has."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.measuring.sorting import narrow, sort_codes, sort_keys
from memeci.tallies import SliceSet


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
    # Narrow before they are spread over all examples.
    slices = narrow(slice_set.membership)[leaf]
    by_slice = sort_codes(slices)
    bounds = np.searchsorted(slices[by_slice], np.arange(len(slice_set.keys) + 1))
    return [by_slice[start:stop] for start, stop in itertools.pairwise(bounds)]


def order_stably(values: Floats) -> NDArray[np.int64]:
    """Return np.argsort(values, kind="stable"), in less than half the time where values hardly repeat.

    Sorts rounded values; the few that rounding made equal are put in order afterwards.
    """
    n = len(values)
    low, high = (float(values.min()), float(values.max())) if n else (0.0, 0.0)
    if n < 4096 or not 0 < high - low < np.inf:
        return np.argsort(values, kind="stable")
    scale = (2.0 ** (63 - n.bit_length()) - 1) / (high - low)
    rounded, order = sort_keys(((values - low) * scale).astype(np.int64))
    return _reorder_equal(values, rounded, order)


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
