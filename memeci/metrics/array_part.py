"""Array metrics on every slice: ranks, quantiles and bins of the examples themselves. Each model's scores are sorted once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import ArrayMetric, Metric, sum_by
from memeci.metrics.one_vs_rest import OneVsRest
from memeci.metrics.part import Part, PartBlock, UnitInfluence
from memeci.metrics.sample import Sample
from memeci.metrics.tallies import ScoreArrays, SliceSet, Tallies

WEIGHTS_UNKNOWN = "it has no accepted definition with sample weights"


def measure_array(tallies: Tallies, metrics: Sequence[Metric], positions: Sequence[int]) -> Part:
    """Return the part of all array metrics."""
    builder = _Builder(tallies, len(metrics))
    for arrays, binary, columns, classes in _jobs(tallies, metrics):
        builder.add(arrays, binary, columns, classes)
    return builder.build(metrics, positions)


def _jobs(tallies: Tallies, metrics: Sequence[Metric]) -> list[tuple[ScoreArrays, list[ArrayMetric], list[int], int]]:
    """Return (arrays, metrics to run on them, their columns, number of classes averaged over)."""
    jobs: list[tuple[ScoreArrays, list[ArrayMetric], list[int], int]] = []
    for needs, arrays in (("scores", tallies.scores), ("numbers", tallies.scores), ("confidences", tallies.confidences)):
        chosen = [i for i, m in enumerate(metrics) if m.needs == needs]  # type: ignore[attr-defined]
        if chosen and arrays is not None:
            jobs.append((arrays, [metrics[i] for i in chosen], chosen, 1))  # type: ignore[misc]
    over = [i for i, m in enumerate(metrics) if isinstance(m, OneVsRest)]
    for arrays in tallies.class_scores if over else ():
        jobs.append((arrays, [metrics[i].binary for i in over], over, len(tallies.class_scores)))  # type: ignore[attr-defined]
    return jobs


class _Builder:
    def __init__(self, tallies: Tallies, n_metrics: int) -> None:
        self.tallies = tallies
        self.n_slices = len(tallies.leaves.slices)
        shape = (self.n_slices, n_metrics)
        self.baseline, self.candidate = np.zeros(shape), np.zeros(shape)
        self.positive, self.negative = np.full(shape, np.inf), np.full(shape, np.inf)
        self.influence = UnitInfluence.empty(self.n_slices, tallies.n_units, n_metrics)
        self.weightless = np.zeros(n_metrics, dtype=bool)

    def add(self, arrays: ScoreArrays, metrics: list[ArrayMetric], columns: list[int], classes: int) -> None:
        for sign, score, label in (
            (-1.0, arrays.base, arrays.label if arrays.base_label is None else arrays.base_label),
            (1.0, arrays.cand, arrays.label),
        ):
            if sign < 0 and not self.tallies.has_baseline:
                continue
            order = np.argsort(score, kind="stable")
            first = 0
            for slice_set in self.tallies.leaves.sets:
                for index, rows in enumerate(_split(order, arrays.leaf, slice_set)):
                    sample = Sample(label[rows], score[rows], None if arrays.weight is None else arrays.weight[rows])
                    self._add_slice(first + index, sample, arrays.unit[rows], metrics, columns, sign / classes)
                first += len(slice_set.keys)

    def _add_slice(
        self, index: int, sample: Sample, unit: NDArray[np.int32], metrics: list[ArrayMetric], columns: list[int], factor: float
    ) -> None:
        weight = sample.weight if sample.weight is not None else np.ones(len(sample.label))
        total = weight.sum() or 1.0
        if not self.influence.shares[index].any():
            self.influence.shares[index] = sum_by(unit, weight / total, self.tallies.n_units)
        positives = float((sample.label > 0).sum())
        for column, metric in zip(columns, metrics, strict=True):
            self.positive[index, column] = min(self.positive[index, column], positives)
            self.negative[index, column] = min(self.negative[index, column], len(sample.label) - positives)
            if sample.weight is not None and not metric.supports_weights:
                self.weightless[column] = True
                value, influence = np.nan, np.zeros(len(sample.label))
            else:
                value, influence = metric.measure(sample)
            side = self.candidate if factor > 0 else self.baseline
            side[index, column] += abs(factor) * value
            self.influence.sums[index, :, column] += factor * sum_by(unit, weight * influence / total, self.tallies.n_units)

    def build(self, metrics: Sequence[Metric], positions: Sequence[int]) -> Part:
        se = np.full_like(self.baseline, np.nan)
        blocks: tuple[PartBlock, ...] = ()
        if self.tallies.has_baseline:
            se = self.influence.standard_error()
            blocks = self.influence.blocks(self.candidate - self.baseline)
        else:
            self.baseline[:] = np.nan
        undefined = np.array([m.undefined for m in metrics], dtype=object)
        undefined[self.weightless] = WEIGHTS_UNKNOWN
        reasons = np.where(np.isnan(self.candidate) | np.isnan(self.baseline) & self.tallies.has_baseline, undefined[None, :], "")
        ranks = np.array([getattr(m, "needs", "") in {"scores", "class_scores"} for m in metrics])
        positive = np.where(ranks & np.isfinite(self.positive), self.positive, -1.0)
        negative = np.where(ranks & np.isfinite(self.negative), self.negative, -1.0)
        return Part(np.array(positions), self.baseline, self.candidate, se, se, positive, negative, reasons, blocks)


def _split(order: NDArray[np.int64], leaf: NDArray[np.int32], slice_set: SliceSet) -> list[NDArray[np.int64]]:
    """Return for each slice of the set the rows of it, in the order given."""
    if not slice_set.columns:
        return [order]
    n_slices = len(slice_set.keys)
    # int16 sorts by radix: the cost stays near that of one pass.
    slices = slice_set.membership[leaf[order]].astype(np.int16 if n_slices < 2**15 else np.int64)
    by_slice = np.argsort(slices, kind="stable")
    bounds = np.searchsorted(slices[by_slice], np.arange(n_slices + 1))
    return [order[by_slice[bounds[s] : bounds[s + 1]]] for s in range(n_slices)]


__all__ = ["Floats", "measure_array"]
