"""Scores ranked exactly, by sorting them once for all slices."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers
from memeci.measuring.example_order import sort_examples, split_examples
from memeci.measuring.rounding import Rounding, fit_roundings
from memeci.measuring.scored import Scores, SetResult
from memeci.metrics.metric import RankMetric
from memeci.metrics.thresholds import Ranked, Thresholds
from memeci.sums import sum_by
from memeci.tallies import SliceSet

MIN_SCORE_BITS = 36
"""Fewer bits for a score would make too many different ones equal."""


class SortedScores(msgspec.Struct, frozen=True, dict=True):
    """Examples of one model by score, ascending; ties by label and unit, so that no sum depends on the order of the file.

    positive uint8[N], 0 or 1 · unit, leaf int[N] · ``place`` int64[N] grows where the score does, None where it always does
    """

    positive: NDArray[np.uint8]
    unit: NDArray[Any]
    leaf: NDArray[np.int32]
    place: Integers | None
    weight: Floats | None = None

    def measure(self, slice_set: SliceSet, metrics: tuple[RankMetric, ...], n_units: int) -> SetResult:
        result = SetResult.empty(len(slice_set.keys), n_units, len(metrics))
        for s, part in enumerate(self._split(slice_set)):
            result.positives[s] = part.positive.sum()
            result.negatives[s] = len(part.positive) - result.positives[s]
            for m, metric in enumerate(metrics):
                ranked = metric.rank(part.thresholds)
                result.values[s, m] = ranked.value
                result.sums[s, :, m] = part.sum_by_unit(ranked, n_units)
        return result

    @cached_property
    def thresholds(self) -> Thresholds:
        """Shared by all metrics: made once."""
        positive: NDArray[Any] = self.positive.astype(np.int64) if self.weight is None else self.positive * self.weight
        negative = (1 if self.weight is None else self.weight) - positive
        if self.place is None:
            return Thresholds(positive, negative)
        return Thresholds(np.add.reduceat(positive, self._starts), np.add.reduceat(negative, self._starts))

    def sum_by_unit(self, ranked: Ranked, n_units: int) -> Floats:
        """Return float64[U]: influence times weight, over the whole weight."""
        total = self.thresholds.positives + self.thresholds.negatives
        influence = np.where(self.positive, self._spread(ranked.positive), self._spread(ranked.negative))
        if self.weight is not None:
            influence *= self.weight
        return sum_by(self.unit, influence, n_units) / (total or 1.0)

    def _spread(self, by_threshold: Floats) -> Floats:
        if self.place is None:
            return by_threshold
        return np.repeat(by_threshold, np.diff(self._starts, append=len(self.place)))

    @cached_property
    def _starts(self) -> Integers:
        """Where each threshold begins."""
        place = self.place
        return np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if place is not None and len(place) else np.zeros(0, np.int64)

    def _split(self, slice_set: SliceSet) -> list[SortedScores]:
        """Return the examples of each slice of the set."""
        if not slice_set.columns:
            return [self]
        return [self._take(rows) for rows in split_examples(slice_set, self.leaf)]

    def _take(self, rows: Integers) -> SortedScores:
        place = None if self.place is None else self.place[rows]
        weight = None if self.weight is None else self.weight[rows]
        return SortedScores(self.positive[rows], self.unit[rows], self.leaf[rows], place, weight)


def sort_scores(scores: Scores) -> SortedScores:
    """Return the examples sorted. Those without weight are left out: they must not decide where a curve begins."""
    # Below a few thousand examples it does not matter how.
    packings = _list_packings(scores) if scores.weight is None and len(scores.score) >= 4096 else []
    for packing in packings:
        found = packing.sort(scores)
        if found is not None:
            return found
    return _sort_rows(scores)


def _sort_rows(scores: Scores) -> SortedScores:
    rows = sort_examples(scores.score, scores.label, scores.weight)
    score = scores.score[rows]
    place = np.cumsum(np.r_[False, score[1:] != score[:-1]]) if len(score) else np.zeros(0, np.int64)
    return SortedScores(
        positive=(scores.label[rows] > 0).astype(np.uint8),
        unit=scores.unit[rows],
        leaf=scores.leaf[rows],
        place=place,
        weight=None if scores.weight is None else scores.weight[rows],
    )


def _list_packings(scores: Scores) -> list[_Packing]:
    """Return the ways to pack, the likeliest to succeed first; none where the scores, or what goes with them, do not fit."""
    leaf_bits, unit_bits = (int(column.max()).bit_length() for column in (scores.leaf, scores.unit))
    score_bits = 61 - leaf_bits - unit_bits
    fitting = fit_roundings(scores.score, score_bits) if score_bits >= MIN_SCORE_BITS else []
    return [_Packing(rounding, leaf_bits, unit_bits) for rounding in fitting]


class _Packing(msgspec.Struct, frozen=True):
    """How an example fits into 62 bits: a rounded score above its leaf, label and unit. Sorting whole numbers needs no gathering after."""

    rounding: Rounding
    leaf_bits: int
    unit_bits: int

    def sort(self, scores: Scores) -> SortedScores | None:
        """Return None if rounding made different scores equal."""
        keys = self._pack(scores)
        keys.sort()
        positive = ((keys >> self.unit_bits) & 1).astype(np.uint8)
        unit = (keys & ((1 << self.unit_bits) - 1)).astype(scores.unit.dtype)
        keys >>= self.unit_bits + 1
        leaf = (keys & ((1 << self.leaf_bits) - 1)).astype(np.int32) if self.leaf_bits else np.broadcast_to(np.int32(0), keys.shape)
        keys >>= self.leaf_bits
        n_rises = int(np.count_nonzero(keys[1:] != keys[:-1]))
        if n_rises < len(keys) - 1 and n_rises != _count_rises(scores.score):
            return None
        return SortedScores(positive, unit, leaf, None if n_rises == len(keys) - 1 else keys)

    def _pack(self, scores: Scores) -> Integers:
        keys = self.rounding.apply(scores.score)
        if self.leaf_bits:
            keys <<= self.leaf_bits
            keys |= scores.leaf
        keys <<= 1
        keys |= scores.label > 0
        keys <<= self.unit_bits
        keys |= scores.unit
        return keys


def _count_rises(score: Floats) -> int:
    """Return how many distinct scores there are, less one."""
    ordered = np.sort(score)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1]))
