"""Array metrics on every slice: ranks, quantiles and bins of the examples themselves. Each model's scores are sorted once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import ArrayMetric, sum_by
from memeci.metrics.one_vs_rest import OneVsRest
from memeci.metrics.part import NOT_IN_BASELINE, Part, PartBlock, UnitInfluence, explain_missing
from memeci.metrics.sample import Sample, sort_examples
from memeci.metrics.tallies import ScoreArrays, SliceSet, Tallies

WEIGHTS_UNKNOWN = "it has no accepted definition with sample weights"


def measure_array(tallies: Tallies, metrics: Sequence[ArrayMetric], positions: Sequence[int]) -> Part:
    """Return the part of all array metrics."""
    jobs = _list_jobs(tallies, metrics)
    builder = _Builder(tallies, len(metrics), [column for job in jobs for column in job.columns])
    for job in jobs:
        builder.add(job)
    return builder.build(metrics, positions)


class _Job(msgspec.Struct, frozen=True):
    """Metrics to run on some arrays; their ``columns`` among all metrics, and the number of classes averaged over."""

    arrays: ScoreArrays
    metrics: tuple[ArrayMetric, ...]
    columns: tuple[int, ...]
    classes: int = 1


def _list_jobs(tallies: Tallies, metrics: Sequence[ArrayMetric]) -> list[_Job]:
    """Return one job per set of arrays: with two classes scores are confidences, too, and are sorted once for both."""
    sources = {"scores": tallies.scores, "numbers": tallies.scores, "confidences": tallies.confidences}
    jobs: dict[int, _Job] = {}
    for column, metric in enumerate(metrics):
        arrays = sources.get(metric.needs)
        if arrays is not None:
            known = jobs.get(id(arrays), _Job(arrays, (), ()))
            jobs[id(arrays)] = msgspec.structs.replace(known, metrics=(*known.metrics, metric), columns=(*known.columns, column))
    over = {i: m.binary for i, m in enumerate(metrics) if isinstance(m, OneVsRest)}
    classes = tallies.class_scores if over else ()
    return [*jobs.values(), *(_Job(a, tuple(over.values()), tuple(over), len(classes)) for a in classes)]


class _Builder:
    """Adds up values and influence. What no job fills stays NaN."""

    def __init__(self, tallies: Tallies, n_metrics: int, filled: Sequence[int]) -> None:
        self.tallies = tallies
        self.n_slices = len(tallies.leaves.slices)
        shape = (self.n_slices, n_metrics)
        self.baseline, self.candidate = np.full(shape, np.nan), np.full(shape, np.nan)
        self.baseline[:, filled], self.candidate[:, filled] = 0.0, 0.0
        self.positive, self.negative = np.full(shape, np.inf), np.full(shape, np.inf)
        self.influence = UnitInfluence.empty(self.n_slices, tallies.n_units, n_metrics)
        self.weightless = np.zeros(n_metrics, dtype=bool)
        self.unknown = np.zeros(n_metrics, dtype=bool)

    def add(self, job: _Job) -> None:
        arrays = job.arrays
        if self.tallies.has_baseline and np.isnan(arrays.base).any():
            self.baseline[:, list(job.columns)] = np.nan
            self.unknown[list(job.columns)] = True
        elif self.tallies.has_baseline:
            self._add_side(job, arrays.base, arrays.label if arrays.base_label is None else arrays.base_label, -1.0)
        self._add_side(job, arrays.cand, arrays.label, 1.0)

    def _add_side(self, job: _Job, score: Floats, label: Floats, sign: float) -> None:
        arrays = job.arrays
        order = sort_examples(score, label, arrays.weight)
        first = 0
        for slice_set in self.tallies.leaves.sets:
            for index, rows in enumerate(_split(order, arrays.leaf, slice_set)):
                sample = Sample(label[rows], score[rows], None if arrays.weight is None else arrays.weight[rows])
                self._add_slice(first + index, sample, arrays.unit[rows], job, sign / job.classes)
            first += len(slice_set.keys)

    def _add_slice(self, index: int, sample: Sample, unit: NDArray[np.int32], job: _Job, factor: float) -> None:
        weight = sample.weight if sample.weight is not None else np.ones(len(sample.label))
        total = weight.sum() or 1.0
        if not self.influence.shares[index].any():
            self.influence.shares[index] = sum_by(unit, weight / total, self.tallies.n_units)
        positives = float((sample.label > 0).sum())
        side = self.candidate if factor > 0 else self.baseline
        for column, metric in zip(job.columns, job.metrics, strict=True):
            self.positive[index, column] = min(self.positive[index, column], positives)
            self.negative[index, column] = min(self.negative[index, column], len(sample.label) - positives)
            value, influence = self._measure(sample, metric, column)
            side[index, column] += abs(factor) * value
            self.influence.sums[index, :, column] += factor * sum_by(unit, weight * influence / total, self.tallies.n_units)

    def _measure(self, sample: Sample, metric: ArrayMetric, column: int) -> tuple[float, Floats]:
        if sample.weight is not None and not metric.supports_weights:
            self.weightless[column] = True
            return np.nan, np.zeros(len(sample.label))
        return metric.measure(sample)

    def build(self, metrics: Sequence[ArrayMetric], positions: Sequence[int]) -> Part:
        has_baseline = self.tallies.has_baseline
        # Without a baseline these are the errors of the candidate's own values.
        se = self.influence.standard_error()
        blocks: tuple[PartBlock, ...] = ()
        if has_baseline:
            blocks = self.influence.blocks(self.candidate - self.baseline)
        else:
            self.baseline[:] = np.nan
        undefined = [WEIGHTS_UNKNOWN if self.weightless[i] else m.undefined for i, m in enumerate(metrics)]
        reasons = explain_missing(undefined, self.baseline, self.candidate, has_baseline=has_baseline)
        reasons[np.isnan(self.baseline) & ~np.isnan(self.candidate) & self.unknown] = NOT_IN_BASELINE
        ranks = np.array([m.needs in {"scores", "class_scores"} for m in metrics])
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
