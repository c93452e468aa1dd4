"""Array metrics on every slice: quantiles, bins, correlated ranks. Examples are sorted only where a metric asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.measuring.example_order import sort_examples, split_examples
from memeci.measuring.part import InfluenceTable, Part
from memeci.metrics.metric import ArrayMetric
from memeci.metrics.sample import Sample
from memeci.sums import sum_by, sum_in_any_order
from memeci.tallies import ScoreArrays, SliceSet, Tallies

WEIGHTS_UNKNOWN = "it has no accepted definition with sample weights"


def measure_array(tallies: Tallies, metrics: Sequence[ArrayMetric], positions: Sequence[int]) -> Part:
    """Return the part of all array metrics."""
    jobs = _list_jobs(tallies, metrics)
    table = _ArrayTable(tallies, len(metrics), jobs)
    for job in jobs:
        table.add(job)
    return table.build([WEIGHTS_UNKNOWN if table.weightless[i] else m.undefined for i, m in enumerate(metrics)], positions)


class _Job(msgspec.Struct, frozen=True):
    """Metrics to run on some arrays, and their ``columns`` among all metrics. ``ordered``: the examples are to be sorted first."""

    arrays: ScoreArrays
    metrics: tuple[ArrayMetric, ...]
    columns: tuple[int, ...]
    ordered: bool


def _list_jobs(tallies: Tallies, metrics: Sequence[ArrayMetric]) -> list[_Job]:
    """Return one job per set of arrays and order. Sums of weights owe nothing to the order of the file only if it is a given one."""
    sources = {"numbers": tallies.scores, "confidences": tallies.confidences}
    jobs: dict[tuple[int, bool], _Job] = {}
    for column, metric in enumerate(metrics):
        arrays = sources.get(metric.needs)
        if arrays is not None:
            ordered = metric.sorted or arrays.weight is not None
            known = jobs.get((id(arrays), ordered), _Job(arrays, (), (), ordered))
            jobs[id(arrays), ordered] = replace(known, metrics=(*known.metrics, metric), columns=(*known.columns, column))
    return list(jobs.values())


class _ArrayTable(InfluenceTable):
    """``weightless`` bool[M]: the metric cannot be computed with the weights that there are."""

    def __init__(self, tallies: Tallies, n_metrics: int, jobs: Sequence[_Job]) -> None:
        super().__init__(tallies, n_metrics, has_jobs=bool(jobs))
        self.weightless = np.zeros(n_metrics, dtype=bool)

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
        order = sort_examples(score, label, arrays.weight) if job.ordered else None
        first = 0
        for slice_set in self.tallies.leaves.sets:
            for index, rows in enumerate(_split(order, arrays.leaf, slice_set)):
                sample = Sample(label[rows], score[rows], None if arrays.weight is None else arrays.weight[rows])
                self._add_slice(first + index, sample, arrays.unit[rows], job, sign)
            first += len(slice_set.keys)

    def _add_slice(self, index: int, sample: Sample, unit: NDArray[np.int32], job: _Job, sign: float) -> None:
        total = float(len(sample.label) if sample.weight is None else sample.weight.sum()) or 1.0
        side = self.candidate if sign > 0 else self.baseline
        add = sum_by if job.ordered else sum_in_any_order
        for column, metric in zip(job.columns, job.metrics, strict=True):
            value, influence = self._measure(sample, metric, column)
            side[index, column] = value
            weighted = influence if sample.weight is None else influence * sample.weight
            self.influence.sums[index, :, column] += sign * add(unit, weighted, self.tallies.n_units) / total

    def _measure(self, sample: Sample, metric: ArrayMetric, column: int) -> tuple[float, Floats]:
        if sample.weight is not None and not metric.supports_weights:
            self.weightless[column] = True
            return np.nan, np.zeros(len(sample.label))
        return metric.measure(sample)


def _split(order: NDArray[np.int64] | None, leaf: NDArray[np.int32], slice_set: SliceSet) -> list[Any]:
    """Return for each slice of the set an index of its rows, in the order given; in that of the arrays if None."""
    if not slice_set.columns:
        return [slice(None) if order is None else order]
    if order is None:
        return split_examples(slice_set, leaf)
    return [order[rows] for rows in split_examples(slice_set, leaf[order])]
