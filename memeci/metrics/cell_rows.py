"""Rows of a tally as one slice set sees them: counts per slice and label, and sums over rows by slice or by unit."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import Gradient, LabelCounts, LabelMetric, divide, sum_by
from memeci.metrics.tallies import CellTally, Codes, MultilabelTally, SliceSet, Tallies


class Rows(Protocol):
    """What the label metrics need of a tally, whatever its form. R rows, S slices."""

    n_slices: int
    base_counts: LabelCounts
    cand_counts: LabelCounts
    mean_counts: LabelCounts

    def base_gradient(self, metric: LabelMetric) -> Gradient:
        """Return the gradient at the baseline's counts; zeros without a baseline: errors are then those of the candidate's values."""
        ...

    def influence(self, base: Gradient, cand: Gradient) -> Floats:
        """Return float64[R]: influence of one row's unit of weight on candidate − baseline, not centred."""
        ...

    def centre(self, influence: Floats) -> Floats:
        """Return the same less its mean within the slice."""
        ...

    def swap_effect(self, gradient: Gradient) -> Floats:
        """Return float64[R]: what swapping the row's two predictions takes from candidate − baseline, per unit of weight."""
        ...

    def sum_by_unit(self, values: Floats, n_units: int) -> Floats:
        """Return float64[S, U]: weighted sums over rows by slice and unit, as shares of the slice's weight."""
        ...

    def unit_shares(self, tallies: Tallies) -> Floats:
        """Return float64[S, U]: each unit's part of the slice's weight."""
        ...


def find_base_gradient(metric: LabelMetric, counts: LabelCounts, *, has_baseline: bool) -> Gradient:
    """Return the gradient at the baseline's counts, or zeros where there is none."""
    if has_baseline:
        return metric.gradient(counts)
    nothing = np.zeros_like(counts.true)
    return Gradient(nothing, nothing, nothing)


class CellRows:
    """Rows of joint cells (y, b, c)."""

    def __init__(self, cells: CellTally, tallies: Tallies, slices: Codes, n_slices: int) -> None:
        self.has_baseline = tallies.has_baseline
        keep = np.flatnonzero(slices >= 0)
        self.slice, self.n_slices = slices[keep], n_slices
        self.n, self.weight = cells.n[keep], cells.weight[keep]
        self.unit = None if cells.unit is None else cells.unit[keep]
        self.label, self.base, self.cand = (column[keep] for column in (cells.label, cells.base, cells.cand))
        self.positive = tallies.positive
        self.n_labels = len(tallies.labels)
        self.total: Floats = sum_by(self.slice, self.weight, n_slices)
        self.support = self._share(self.label, self.weight)
        self.base_counts = self._counts(self.base)
        self.cand_counts = self._counts(self.cand)
        self.mean_counts = self._mean()

    def _share(self, code: Codes, weight: Floats) -> Floats:
        sums = sum_by(self.slice * self.n_labels + code, weight, self.n_slices * self.n_labels)
        return divide(sums.reshape(self.n_slices, self.n_labels), self.total[:, None], 0.0)

    def _counts(self, predicted: Codes) -> LabelCounts:
        right = self._share(self.label, self.weight * (predicted == self.label))
        shares = self._share(predicted, self.weight)
        return LabelCounts(right, shares, self.support, (self.support > 0) | (shares > 0), self.positive)

    def _mean(self) -> LabelCounts:
        a, b = self.base_counts, self.cand_counts
        present = a.present | b.present
        return LabelCounts((a.true + b.true) / 2, (a.predicted + b.predicted) / 2, self.support, present, self.positive)

    def _at(self, array: Floats, code: Codes) -> Floats:
        return np.broadcast_to(array, (self.n_slices, self.n_labels))[self.slice, code]

    def _one_side(self, gradient: Gradient, predicted: Codes) -> Floats:
        right = np.where(predicted == self.label, self._at(gradient.true, self.label), 0.0)
        return right + self._at(gradient.predicted, predicted)

    def base_gradient(self, metric: LabelMetric) -> Gradient:
        return find_base_gradient(metric, self.base_counts, has_baseline=self.has_baseline)

    def influence(self, base: Gradient, cand: Gradient) -> Floats:
        by_support = self._at(cand.support, self.label) - self._at(base.support, self.label)
        return self._one_side(cand, self.cand) - self._one_side(base, self.base) + by_support

    def centre(self, influence: Floats) -> Floats:
        mean = divide(sum_by(self.slice, self.weight * influence, self.n_slices), self.total, 0.0)
        return influence - mean[self.slice]

    def swap_effect(self, gradient: Gradient) -> Floats:
        return self._one_side(gradient, self.cand) - self._one_side(gradient, self.base)

    def sum_by_unit(self, values: Floats, n_units: int) -> Floats:
        assert self.unit is not None  # noqa: S101 - asked only where there are units
        flat = self.slice * n_units + self.unit
        sums = sum_by(flat, divide(self.weight * values, self.total[self.slice], 0.0), self.n_slices * n_units)
        return sums.reshape(self.n_slices, n_units)

    def unit_shares(self, tallies: Tallies) -> Floats:
        return self.sum_by_unit(np.ones(len(self.weight)), tallies.n_units)

    def pseudo_flips(self, base: Gradient, cand: Gradient, mean: Floats) -> Floats:
        """Return float64[S]: Σ over true classes of ½ (influence of right→wrong)² + ½ (wrong→right)².

        ``mean`` float64[S] is the mean influence, taken off each flip's. The wrong class is the one predicted most in the
        slice besides the true one.
        """
        shape = (self.n_slices, self.n_labels)
        predicted = self.cand_counts.predicted
        if self.n_labels < 2:
            return np.zeros(self.n_slices)
        top = np.argsort(-predicted, axis=1, kind="stable")[:, :2]
        classes = np.broadcast_to(np.arange(self.n_labels), shape)
        wrong = np.where(classes == top[:, :1], top[:, 1:2], top[:, :1])
        cand_right, base_right = cand.true + cand.predicted, base.true + base.predicted
        cand_wrong = np.take_along_axis(np.broadcast_to(cand.predicted, shape), wrong, axis=1)
        base_wrong = np.take_along_axis(np.broadcast_to(base.predicted, shape), wrong, axis=1)
        by_support = cand.support - base.support
        broken = cand_wrong - base_right + by_support
        fixed = cand_right - base_wrong + by_support
        flips: Floats = (0.5 * ((broken - mean[:, None]) ** 2 + (fixed - mean[:, None]) ** 2) * (self.support > 0)).sum(axis=1)
        return flips


class MultilabelRows:
    """Rows of sums by unit and label: an example may add to several."""

    def __init__(self, tally: MultilabelTally, tallies: Tallies, slice_set: SliceSet) -> None:
        self.has_baseline = tallies.has_baseline
        slices = slice_set.membership[tally.leaf]
        keep = slices >= 0
        self.tally = MultilabelTally(*(getattr(tally, name)[keep] for name in tally.__struct_fields__))
        self.slice, self.n_slices, self.n_labels = slices[keep], len(slice_set.keys), len(tallies.labels)
        self.slice_set = slice_set
        self.total = weigh_slice_set(tallies, slice_set)
        support = self._share(self.tally.support)
        everywhere = np.ones((self.n_slices, self.n_labels), dtype=bool)
        t = self.tally
        self.base_counts = LabelCounts(self._share(t.base_true), self._share(t.base_predicted), support, everywhere)
        self.cand_counts = LabelCounts(self._share(t.cand_true), self._share(t.cand_predicted), support, everywhere)
        a, b = self.base_counts, self.cand_counts
        self.mean_counts = LabelCounts((a.true + b.true) / 2, (a.predicted + b.predicted) / 2, support, everywhere)
        self._mean = np.zeros(self.n_slices)

    def _share(self, sums: Floats) -> Floats:
        flat = sum_by(self.slice * self.n_labels + self.tally.label, sums, self.n_slices * self.n_labels)
        return divide(flat.reshape(self.n_slices, self.n_labels), self.total[:, None], 0.0)

    def _at(self, array: Floats) -> Floats:
        return np.broadcast_to(array, (self.n_slices, self.n_labels))[self.slice, self.tally.label]

    def base_gradient(self, metric: LabelMetric) -> Gradient:
        return find_base_gradient(metric, self.base_counts, has_baseline=self.has_baseline)

    def influence(self, base: Gradient, cand: Gradient) -> Floats:
        t = self.tally
        return (
            self._at(cand.true) * t.cand_true
            + self._at(cand.predicted) * t.cand_predicted
            - self._at(base.true) * t.base_true
            - self._at(base.predicted) * t.base_predicted
            + (self._at(cand.support) - self._at(base.support)) * t.support
        )

    def centre(self, influence: Floats) -> Floats:
        # A row is a sum over examples: the mean is taken off per unit, in UnitInfluence.standard_error.
        return influence

    def swap_effect(self, gradient: Gradient) -> Floats:
        t = self.tally
        return self._at(gradient.true) * (t.cand_true - t.base_true) + self._at(gradient.predicted) * (t.cand_predicted - t.base_predicted)

    def sum_by_unit(self, values: Floats, n_units: int) -> Floats:
        flat = self.slice * n_units + self.tally.unit
        return sum_by(flat, divide(values, self.total[self.slice], 0.0), self.n_slices * n_units).reshape(self.n_slices, n_units)

    def unit_shares(self, tallies: Tallies) -> Floats:
        assert tallies.units is not None  # noqa: S101 - the plan asks for them with several labels an example
        slices = self.slice_set.membership[tallies.units.leaf]
        keep = slices >= 0
        flat = slices[keep] * tallies.n_units + tallies.units.unit[keep]
        sums = sum_by(flat, tallies.units.weight[keep], self.n_slices * tallies.n_units)
        return divide(sums.reshape(self.n_slices, tallies.n_units), self.total[:, None], 0.0)


def weigh_slice_set(tallies: Tallies, slice_set: SliceSet) -> Floats:
    """Return float64[S]: the weight of each slice of a set, from the totals by unit."""
    assert tallies.units is not None  # noqa: S101 - as above
    slices = slice_set.membership[tallies.units.leaf]
    keep = slices >= 0
    return sum_by(slices[keep], tallies.units.weight[keep], len(slice_set.keys))
