"""Moment metrics on every slice: a function of weighted means, with the delta method by unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.measuring.part import NOT_IN_BASELINE, Part, PartBlock, UnitInfluence, build_unit_blocks, explain_missing
from memeci.metrics.metric import MomentMetric
from memeci.sums import divide, sum_by
from memeci.tallies import MomentTally, SliceSet, Tallies


def measure_moments(tallies: Tallies, metrics: Sequence[MomentMetric], positions: Sequence[int]) -> Part:
    """Return the part of all moment metrics."""
    assert tallies.moments is not None  # noqa: S101 - the plan asked for them
    shapes = (len(tallies.leaves.slices), len(metrics))
    baseline, candidate, se, se_fixed = (np.full(shapes, np.nan) for _ in range(4))
    blocks: list[PartBlock] = []
    first = 0
    for slice_set in tallies.leaves.sets:
        rows = slice(first, first + len(slice_set.keys))
        measured = _SetMoments(tallies.moments, slice_set, tallies.n_units, metrics)
        baseline[rows], candidate[rows] = measured.base_values, measured.cand_values
        # Without a baseline these are the errors of the candidate's own values.
        se[rows], se_fixed[rows] = measured.standard_errors(has_baseline=tallies.has_baseline)
        if tallies.has_baseline:
            blocks.extend(measured.blocks(first))
        first += len(slice_set.keys)
    if not tallies.has_baseline:
        baseline[:] = np.nan
    reasons = explain_missing([m.undefined for m in metrics], baseline, candidate, has_baseline=tallies.has_baseline)
    reasons[np.isnan(baseline) & _lacks_columns(tallies.moments, metrics) & tallies.has_baseline] = NOT_IN_BASELINE
    return Part(np.array(positions), baseline, candidate, se, se, reasons, tuple(blocks), se_fixed=se_fixed)


def _lacks_columns(tally: MomentTally, metrics: Sequence[MomentMetric]) -> NDArray[np.bool_]:
    """Return bool[M]: whether the baseline has none of the numbers a metric is made of."""
    unknown = {term for term, column in zip(tally.terms, tally.base.T, strict=True) if np.isnan(column).all()}
    return np.array([not unknown.isdisjoint(m.terms) for m in metrics])


class _SetMoments:
    """All moment metrics on the slices of one set. Sums of terms by row are float64[R, T], their means float64[S, T]."""

    def __init__(self, tally: MomentTally, slice_set: SliceSet, n_units: int, metrics: Sequence[MomentMetric]) -> None:
        slices = slice_set.membership[tally.leaf]
        keep = slices >= 0
        self.n_units, self.n_slices, self.metrics = n_units, len(slice_set.keys), metrics
        self.slice, self.weight = slices[keep], tally.weight[keep]
        self.flat = self.slice * n_units + tally.unit[keep]
        self.total = sum_by(self.slice, self.weight, self.n_slices)
        self.base, self.cand = tally.base[keep], tally.cand[keep]
        self.base_means, self.cand_means = self._means(self.base), self._means(self.cand)
        self.terms = [[tally.terms.index(term) for term in metric.terms] for metric in metrics]
        self.base_values, self.cand_values = self._values(self.base_means), self._values(self.cand_means)

    def _means(self, sums: Floats) -> Floats:
        columns = [divide(sum_by(self.slice, column, self.n_slices), self.total) for column in sums.T]
        return np.stack(columns, axis=1)

    def _values(self, means: Floats) -> Floats:
        return np.stack([m.value(means[:, terms]) for m, terms in zip(self.metrics, self.terms, strict=True)], axis=1)

    def standard_errors(self, *, has_baseline: bool) -> tuple[Floats, Floats]:
        """Return float64[S, M] twice, from the influence of each unit on candidate − baseline: see `UnitInfluence.standard_errors`."""
        influence = UnitInfluence.empty(self.n_slices, self.n_units, len(self.metrics))
        influence.shares[:] = self._sum_by_unit(divide(self.weight, self.total[self.slice], 0.0))
        sides = [(self.cand, self.cand_means, 1.0)] + [(self.base, self.base_means, -1.0)] * has_baseline
        for side, means, sign in sides:
            centred = side - self.weight[:, None] * means[self.slice]
            influence.sums[:] += sign * self._project(centred, means)
        return influence.standard_errors(self.cand_values - self.base_values if has_baseline else np.zeros_like(self.cand_values))

    def blocks(self, first: int) -> tuple[PartBlock, ...]:
        """Return the effect of each unit on delta, by the gradient midway between the sides: any swap leaves that where it is."""
        effects = self._project(self.cand - self.base, (self.base_means + self.cand_means) / 2)
        return build_unit_blocks(effects, self._sum_by_unit(self.weight) > 0, first)

    def _project(self, sums: Floats, means: Floats) -> Floats:
        """Return float64[S, U, M]: sums of terms times the gradient at ``means``, by unit, as shares of the slice's weight."""
        projected = np.empty((self.n_slices, self.n_units, len(self.metrics)))
        for m, (metric, terms) in enumerate(zip(self.metrics, self.terms, strict=True)):
            gradient = np.nan_to_num(metric.gradient(means[:, terms]))
            contribution = (np.nan_to_num(sums[:, terms]) * gradient[self.slice]).sum(axis=1)
            projected[:, :, m] = self._sum_by_unit(divide(contribution, self.total[self.slice], 0.0))
        return projected

    def _sum_by_unit(self, values: Floats) -> Floats:
        return sum_by(self.flat, values, self.n_slices * self.n_units).reshape(self.n_slices, self.n_units)
