"""How much of each slice is each unit's, from the totals by unit. U units, S slices of a set."""

from __future__ import annotations

import numpy as np

from memeci.measurements import Floats
from memeci.sums import sum_by
from memeci.tallies import SliceSet, Tallies


def share_units(tallies: Tallies, slice_set: SliceSet) -> Floats:
    """Return float64[S, U]: each unit's part of the slice's weight, 0 where that is 0."""
    assert tallies.units is not None  # noqa: S101 - given wherever some tally has units
    n_slices, n_units = len(slice_set.keys), tallies.n_units
    slices = slice_set.membership[tallies.units.leaf]
    keep = slices >= 0
    flat = slices[keep] * n_units + tallies.units.unit[keep]
    weights = sum_by(flat, tallies.units.weight[keep], n_slices * n_units).reshape(n_slices, n_units)
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(total > 0, total, 1.0)


def weigh_slices(tallies: Tallies, slice_set: SliceSet) -> Floats:
    """Return float64[S]: the weight of each slice."""
    assert tallies.units is not None  # noqa: S101 - as above
    slices = slice_set.membership[tallies.units.leaf]
    keep = slices >= 0
    return sum_by(slices[keep], tallies.units.weight[keep], len(slice_set.keys))
