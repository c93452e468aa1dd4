"""Sums over rows that lie together by slice. Knows no metric."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers


class Runs(msgspec.Struct, frozen=True):
    """R rows in ascending order of their slice; ``starts`` says where each of the ``filled`` slices begins.

    >>> runs = build_runs(np.array([0, 0, 2]), 3)
    >>> runs.total(np.array([1.0, 2.0, 5.0])).tolist()
    [3.0, 0.0, 5.0]
    """

    slice: Integers
    n_slices: int
    filled: Integers
    starts: Integers

    def total(self, values: Floats) -> Floats:
        """Return float64[S]: the sums of float64[R] by slice."""
        sums = np.zeros(self.n_slices)
        if len(self.filled):
            sums[self.filled] = np.add.reduceat(values, self.starts)
        return sums

    def find_largest(self, values: Floats) -> Integers:
        """Return the row of the largest value of each filled slice, the first of equal ones."""
        largest = np.maximum.reduceat(values, self.starts)
        rows = np.flatnonzero(values == np.repeat(largest, np.diff(self.starts, append=len(values))))
        return np.asarray(rows[np.searchsorted(rows, self.starts)])

    def spread(self, by_slice: NDArray[Any]) -> NDArray[Any]:
        """Return each slice's number at all its rows."""
        return np.asarray(by_slice[self.slice])


def build_runs(slices: Integers, n_slices: int) -> Runs:
    """Return the runs of ascending ``slices`` int64[R]."""
    bounds = np.searchsorted(slices, np.arange(n_slices + 1))
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    return Runs(slices, n_slices, filled, bounds[filled])
