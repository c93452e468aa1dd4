"""One model's scored examples, and what a rank metric found on the slices of a set. Says nothing of how the scores were ranked."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import RankMetric
from memeci.tallies import ScoreArrays, SliceSet


class Scores(msgspec.Struct, frozen=True):
    """N examples as one model scored them, in the order of the file.

    score float64[N] · label[N], positive where > 0 · leaf, unit int[N] · ``weight`` float64[N], None when all are 1
    """

    score: Floats
    label: NDArray[Any]
    leaf: NDArray[np.int32]
    unit: NDArray[Any]
    weight: Floats | None = None

    def take(self, rows: NDArray[np.int64]) -> Scores:
        weight = None if self.weight is None else self.weight[rows]
        return Scores(self.score[rows], self.label[rows], self.leaf[rows], self.unit[rows], weight)


def list_sides(arrays: ScoreArrays, *, has_baseline: bool) -> list[Scores]:
    """Return the candidate's scores, then the baseline's."""
    before = arrays.label if arrays.base_label is None else arrays.base_label
    sides = [(arrays.cand, arrays.label)] + ([(arrays.base, before)] if has_baseline else [])
    return [Scores(score, label, arrays.leaf, arrays.unit, arrays.weight) for score, label in sides]


class SetResult(msgspec.Struct, frozen=True):
    """M metrics of one model on the S slices of a set, for U units.

    values    float64[S, M]     NaN where a metric cannot be computed
    sums      float64[S, U, M]  influence summed by unit, over the slice's weight
    slack     float64[S, M]     how far a value may be from that of unrounded scores; 0 where they were not rounded
    positives, negatives  float64[S]  examples
    """

    values: Floats
    sums: Floats
    slack: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def empty(cls, n_slices: int, n_units: int, n_metrics: int) -> SetResult:
        shape = (n_slices, n_metrics)
        return cls(np.zeros(shape), np.zeros((n_slices, n_units, n_metrics)), np.zeros(shape), np.zeros(n_slices), np.zeros(n_slices))


class RankedSide(Protocol):
    """One model's scores, ranked in one way or another."""

    def measure(self, slice_set: SliceSet, metrics: tuple[RankMetric, ...], n_units: int) -> SetResult: ...
