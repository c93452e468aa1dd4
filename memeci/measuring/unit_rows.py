"""Rows of a tally by unit, as one slice set sees them: counts per slice and label, and sums over rows by slice or by unit."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from memeci.measurements import Floats
from memeci.measuring.entries import find_entries
from memeci.measuring.units import weigh_slices
from memeci.metrics.metric import Gradient, LabelCounts, average_counts
from memeci.sums import divide, sum_by
from memeci.tallies import CellTally, Codes, MultilabelTally, SliceSet, Tallies


class Rows(Protocol):
    """What the label metrics need of a tally, whatever its form. R rows, S slices."""

    slice_set: SliceSet
    base_counts: LabelCounts
    cand_counts: LabelCounts
    mean_counts: LabelCounts

    def influence(self, base: Gradient, cand: Gradient) -> Floats:
        """Return float64[R]: influence of one row's unit of weight on candidate − baseline.

        Centred within the slice where a row is of single examples; of sums `UnitInfluence.standard_error` takes the mean off.
        """
        ...

    def swap_effect(self, gradient: Gradient) -> Floats:
        """Return float64[R]: what swapping the row's two predictions takes from candidate − baseline, per unit of weight."""
        ...

    def sum_by_unit(self, values: Floats, n_units: int) -> Floats:
        """Return float64[S, U]: weighted sums over rows by slice and unit, as shares of the slice's weight."""
        ...


class CellRows:
    """Rows of joint cells (y, b, c) by unit."""

    def __init__(self, cells: CellTally, tallies: Tallies, slice_set: SliceSet) -> None:
        assert cells.unit is not None  # noqa: S101 - without units `label_cells` measures
        self.slice_set = slice_set
        slices, n_slices = slice_set.membership[cells.leaf], len(slice_set.keys)
        keep = np.flatnonzero(slices >= 0)
        self.slice, self.n_slices = slices[keep], n_slices
        self.weight, self.unit = cells.weight[keep], cells.unit[keep]
        self.positive, self.n_labels = tallies.positive, len(tallies.labels)
        codes = [column[keep] for column in (cells.label, cells.base, cells.cand)]
        keys = [self.slice * self.n_labels + code for code in codes]
        self.entries = find_entries(n_slices, self.n_labels, keys)
        self.label, self.base, self.cand = (self.entries.place[key] for key in keys)
        self.total: Floats = sum_by(self.slice, self.weight, n_slices)
        self.support = self._share(self.label, self.weight)
        self.base_counts = self._counts(self.base)
        self.cand_counts = self._counts(self.cand)
        self.mean_counts = average_counts(self.base_counts, self.cand_counts)

    def _share(self, entry: Codes, weight: Floats) -> Floats:
        return divide(sum_by(entry, weight, len(self.entries.label)), self.entries.runs.spread(self.total), 0.0)

    def _counts(self, predicted: Codes) -> LabelCounts:
        right = self._share(self.label, self.weight * (predicted == self.label))
        shares, support = self._share(predicted, self.weight), self.support
        present = (support > 0) | (shares > 0)
        return LabelCounts(self.entries.runs, self.entries.label, right, shares, support, present, self.n_labels, self.positive)

    def _one_side(self, gradient: Gradient, predicted: Codes) -> Floats:
        return np.asarray(np.where(predicted == self.label, gradient.true[self.label], 0.0) + gradient.predicted[predicted])

    def influence(self, base: Gradient, cand: Gradient) -> Floats:
        by_support = cand.support[self.label] - base.support[self.label]
        influence = self._one_side(cand, self.cand) - self._one_side(base, self.base) + by_support
        mean = divide(sum_by(self.slice, self.weight * influence, self.n_slices), self.total, 0.0)
        return np.asarray(influence - mean[self.slice])

    def swap_effect(self, gradient: Gradient) -> Floats:
        return self._one_side(gradient, self.cand) - self._one_side(gradient, self.base)

    def sum_by_unit(self, values: Floats, n_units: int) -> Floats:
        flat = self.slice * n_units + self.unit
        sums = sum_by(flat, divide(self.weight * values, self.total[self.slice], 0.0), self.n_slices * n_units)
        return sums.reshape(self.n_slices, n_units)


class MultilabelRows:
    """Rows of sums by unit and label: an example may add to several."""

    def __init__(self, tally: MultilabelTally, tallies: Tallies, slice_set: SliceSet) -> None:
        slices = slice_set.membership[tally.leaf]
        keep = slices >= 0
        self.tally = MultilabelTally(*(getattr(tally, name)[keep] for name in tally.__struct_fields__))
        self.slice, self.n_slices, self.n_labels = slices[keep], len(slice_set.keys), len(tallies.labels)
        self.slice_set = slice_set
        self.total = weigh_slices(tallies, slice_set)
        self.entry = self.slice * self.n_labels + self.tally.label
        self.entries = find_entries(self.n_slices, self.n_labels, [np.arange(self.n_slices * self.n_labels)])
        t, support = self.tally, self._share(self.tally.support)
        self.base_counts = self._counts(t.base_true, t.base_predicted, support)
        self.cand_counts = self._counts(t.cand_true, t.cand_predicted, support)
        self.mean_counts = average_counts(self.base_counts, self.cand_counts)

    def _counts(self, true: Floats, predicted: Floats, support: Floats) -> LabelCounts:
        everywhere = np.ones(len(self.entries.label), dtype=bool)
        shares = self._share(true), self._share(predicted), support
        return LabelCounts(self.entries.runs, self.entries.label, *shares, everywhere, self.n_labels)

    def _share(self, sums: Floats) -> Floats:
        return divide(sum_by(self.entry, sums, len(self.entries.label)), self.entries.runs.spread(self.total), 0.0)

    def influence(self, base: Gradient, cand: Gradient) -> Floats:
        t = self.tally
        by_cand = self._weigh(cand, t.cand_true, t.cand_predicted)
        by_base = self._weigh(base, t.base_true, t.base_predicted)
        return np.asarray(by_cand - by_base + (cand.support - base.support)[self.entry] * t.support)

    def swap_effect(self, gradient: Gradient) -> Floats:
        t = self.tally
        return self._weigh(gradient, t.cand_true - t.base_true, t.cand_predicted - t.base_predicted)

    def _weigh(self, gradient: Gradient, true: Floats, predicted: Floats) -> Floats:
        return np.asarray(gradient.true[self.entry] * true + gradient.predicted[self.entry] * predicted)

    def sum_by_unit(self, values: Floats, n_units: int) -> Floats:
        flat = self.slice * n_units + self.tally.unit
        return sum_by(flat, divide(values, self.total[self.slice], 0.0), self.n_slices * n_units).reshape(self.n_slices, n_units)
