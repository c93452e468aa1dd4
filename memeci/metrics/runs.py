"""Sums over rows that lie together by slice, and which labels occur in which slice. Knows no metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.tallies import Codes


class Runs(msgspec.Struct, frozen=True):
    """R rows in ascending order of their slice; ``starts`` says where each of the ``filled`` slices begins.

    >>> runs = build_runs(np.array([0, 0, 2]), 3)
    >>> runs.total(np.array([1.0, 2.0, 5.0])).tolist()
    [3.0, 0.0, 5.0]
    """

    slice: Codes
    n_slices: int
    filled: Codes
    starts: Codes

    def total(self, values: Floats) -> Floats:
        """Return float64[S]: the sums of float64[R] by slice."""
        sums = np.zeros(self.n_slices)
        if len(self.filled):
            sums[self.filled] = np.add.reduceat(values, self.starts)
        return sums

    def find_largest(self, values: Floats) -> Codes:
        """Return the row of the largest value of each filled slice, the first of equal ones."""
        largest = np.maximum.reduceat(values, self.starts)
        rows = np.flatnonzero(values == np.repeat(largest, np.diff(self.starts, append=len(values))))
        return np.asarray(rows[np.searchsorted(rows, self.starts)])

    def spread(self, by_slice: NDArray[Any]) -> NDArray[Any]:
        """Return each slice's number at all its rows."""
        return np.asarray(by_slice[self.slice])


def build_runs(slices: Codes, n_slices: int) -> Runs:
    """Return the runs of ascending ``slices`` int64[R]."""
    bounds = np.searchsorted(slices, np.arange(n_slices + 1))
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    return Runs(slices, n_slices, filled, bounds[filled])


class Entries(msgspec.Struct, frozen=True):
    """The E pairs of slice and label that occur. ``place`` int64[S·K] gives the entry of slice · K + label, where it is one."""

    runs: Runs
    label: Codes
    place: Codes


def find_entries(n_slices: int, n_labels: int, keys: Sequence[Codes]) -> Entries:
    """Return the entries of all ``keys``, each slice · K + label; the first two labels are entries of every slice."""
    occurs = np.zeros(n_slices * n_labels, dtype=bool)
    occurs.reshape(n_slices, n_labels)[:, :2] = True
    for key in {id(key): key for key in keys}.values():
        occurs[key] = True
    found = np.flatnonzero(occurs)
    place = np.zeros(len(occurs), dtype=np.int64)
    place[found] = np.arange(len(found))
    slices, label = np.divmod(found, max(n_labels, 1))
    return Entries(build_runs(slices, n_slices), label, place)
