"""Moment metrics on every slice: a function of weighted means, with the delta method by unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import Metric, MomentMetric, divide, sum_by
from memeci.metrics.part import NOT_IN_BASELINE, Part, PartBlock, UnitInfluence, explain_missing
from memeci.metrics.tallies import MomentTally, SliceSet, Tallies


def measure_moments(tallies: Tallies, metrics: Sequence[Metric], positions: Sequence[int]) -> Part:
    """Return the part of all moment metrics."""
    assert tallies.moments is not None  # noqa: S101 - the plan asked for them
    shapes = (len(tallies.leaves.slices), len(metrics))
    baseline, candidate, se = np.full(shapes, np.nan), np.full(shapes, np.nan), np.full(shapes, np.nan)
    blocks: list[PartBlock] = []
    first = 0
    for slice_set in tallies.leaves.sets:
        rows = slice(first, first + len(slice_set.keys))
        measured = _SetMoments(tallies.moments, slice_set, tallies.n_units)
        baseline[rows], candidate[rows], influence = measured.evaluate(metrics)  # type: ignore[arg-type]
        if tallies.has_baseline:
            se[rows] = influence.standard_error()
            blocks.extend(influence.blocks(candidate[rows] - baseline[rows], first))
        first += len(slice_set.keys)
    if not tallies.has_baseline:
        baseline[:] = np.nan
    reasons = explain_missing([m.undefined for m in metrics], baseline, candidate, has_baseline=tallies.has_baseline)
    reasons[np.isnan(baseline) & _lacks_columns(tallies.moments, metrics) & tallies.has_baseline] = NOT_IN_BASELINE
    none = np.full(shapes, -1.0)
    return Part(np.array(positions), baseline, candidate, se, se, none, none, reasons, tuple(blocks))


def _lacks_columns(tally: MomentTally, metrics: Sequence[Metric]) -> NDArray[np.bool_]:
    """Return bool[M]: whether the baseline has none of the numbers a metric is made of."""
    unknown = {term for term, column in zip(tally.terms, tally.base.T, strict=True) if np.isnan(column).all()}
    return np.array([not unknown.isdisjoint(m.terms) for m in metrics])  # type: ignore[attr-defined]


class _SetMoments:
    """The moments of one slice set: sums of all terms by slice, and influence by unit."""

    def __init__(self, tally: MomentTally, slice_set: SliceSet, n_units: int) -> None:
        slices = slice_set.membership[tally.leaf]
        keep = slices >= 0
        self.tally, self.n_units, self.n_slices = tally, n_units, len(slice_set.keys)
        self.slice, self.unit, self.weight = slices[keep], tally.unit[keep], tally.weight[keep]
        self.base, self.cand = tally.base[keep], tally.cand[keep]
        self.total = sum_by(self.slice, self.weight, self.n_slices)

    def evaluate(self, metrics: Sequence[MomentMetric]) -> tuple[Floats, Floats, UnitInfluence]:
        influence = UnitInfluence.empty(self.n_slices, self.n_units, len(metrics))
        flat = self.slice * self.n_units + self.unit
        share = divide(self.weight, self.total[self.slice], 0.0)
        influence.shares[:] = sum_by(flat, share, self.n_slices * self.n_units).reshape(self.n_slices, self.n_units)
        values = []
        for side, sign in ((self.base, -1.0), (self.cand, 1.0)):
            column_values = []
            for m, metric in enumerate(metrics):
                picked = side[:, [self.tally.terms.index(term) for term in metric.terms]]
                means = self._means(picked)
                column_values.append(metric.value(means))
                gradient = np.nan_to_num(metric.gradient(means))
                centred = picked - self.weight[:, None] * means[self.slice]
                contribution = divide((centred * gradient[self.slice]).sum(axis=1), self.total[self.slice], 0.0)
                sums = sum_by(flat, contribution, self.n_slices * self.n_units)
                influence.sums[:, :, m] += sign * sums.reshape(self.n_slices, self.n_units)
            values.append(np.stack(column_values, axis=1))
        return values[0], values[1], influence

    def _means(self, sums: Floats) -> Floats:
        columns = [divide(sum_by(self.slice, column, self.n_slices), self.total) for column in sums.T]
        return np.stack(columns, axis=1)
