"""Scores of very many examples ranked by bins: two passes over them in place of a sort, and a bound on what that may cost.

Counts are whole numbers and influence lies on a grid whose sums are exact, so the order of the file leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import RankMetric
from memeci.metrics.scored import Scores, SetResult
from memeci.metrics.tallies import SliceSet
from memeci.metrics.thresholds import Ranked, Thresholds

BIN_BITS = 20
"""2²⁰ bins between the lowest and the highest score."""

MAX_BIN_BITS = 22
"""Bins of all slices of a set together: smaller slices get fewer."""

CHUNK = 1 << 17
"""Examples looked at together: what is made of them stays in the processor's cache."""

Codes = NDArray[np.int32]


class BinnedScores(msgspec.Struct, frozen=True, dict=True):
    """``code`` int32[N] is twice the bin, plus one for a positive."""

    scores: Scores
    code: Codes

    def measure(self, slice_set: SliceSet, metrics: tuple[RankMetric, ...], n_units: int) -> SetResult:
        layout = _Layout.plan(slice_set, self.scores)
        counts = self._count(layout)
        result = SetResult.empty(len(slice_set.keys), n_units, len(metrics))
        for m, metric in enumerate(metrics):
            table = np.zeros(len(counts), np.float32)
            for s in range(layout.n_slices):
                inside = layout.find_codes(s)
                found, at = _find_thresholds(counts[inside])
                result.negatives[s], result.positives[s] = at.negatives, at.positives
                ranked = metric.rank(at)
                result.values[s, m] = ranked.value
                result.slack[s, m] = metric.slack(at).sum()
                table[inside] = _fill_table(ranked, found, inside.stop - inside.start)
            sums = self._sum_by_unit(layout, table, n_units)
            result.sums[:, :, m] = sums / np.maximum(result.positives + result.negatives, 1.0)[:, None]
        return result

    def measure_slack(self, slice_set: SliceSet, metrics: tuple[RankMetric, ...]) -> Floats:
        """Return float64[S, M]: the slack without that of bins in which all examples share one score, which are exact."""
        layout = _Layout.plan(slice_set, self.scores)
        counts = self._count(layout)
        slack = np.zeros((layout.n_slices, len(metrics)))
        for s in range(layout.n_slices):
            found, at = _find_thresholds(counts[layout.find_codes(s)])
            mixed = self._find_mixed(int(layout.shift[s]))[found]
            slack[s] = [metric.slack(at)[mixed].sum() for metric in metrics]
        return slack

    def _find_mixed(self, shift: int) -> NDArray[np.bool_]:
        """Return whether a bin, made of 2**shift, may hold several scores."""
        mixed, filled = (column.reshape(-1, 1 << shift) for column in self._mixed)
        return np.asarray(mixed.any(axis=1) | (filled.sum(axis=1) > 1))

    @cached_property
    def _mixed(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for each bin whether it holds several scores, and whether it holds any."""
        one, filled, mixed = np.zeros(1 << BIN_BITS), np.zeros(1 << BIN_BITS, np.bool_), np.zeros(1 << BIN_BITS, np.bool_)
        for rows in _chunks(len(self.code)):
            bins = self.code[rows] >> 1
            one[bins] = self.scores.score[rows]
            filled[bins] = True
        for rows in _chunks(len(self.code)):
            bins = self.code[rows] >> 1
            mixed[bins[one[bins] != self.scores.score[rows]]] = True
        return mixed, filled

    def _count(self, layout: _Layout) -> NDArray[np.int64]:
        counts = np.zeros(layout.n_codes, np.int64)
        for rows in _chunks(len(self.code), max(CHUNK, 2 * layout.n_codes)):
            counts += np.bincount(layout.place(self.code[rows], self.scores.leaf[rows]), minlength=layout.n_codes)
        return counts

    def _sum_by_unit(self, layout: _Layout, table: NDArray[np.float32], n_units: int) -> Floats:
        """Return float64[S, U]: the sums of each example's entry in the table."""
        size = (layout.n_slices + 1) * n_units
        sums = np.zeros(size)
        influence = np.empty(CHUNK, np.float32)
        for rows in _chunks(len(self.code), CHUNK):
            leaf, unit = self.scores.leaf[rows], self.scores.unit[rows]
            values = influence[: len(unit)]
            # Codes are in range; "clip" says that nobody needs to check.
            np.take(table, layout.place(self.code[rows], leaf), out=values, mode="clip")
            sums += np.bincount(layout.number_units(leaf, unit, n_units), values, size)
        return sums.reshape(layout.n_slices + 1, n_units)[: layout.n_slices]


class _Layout(msgspec.Struct, frozen=True):
    """Where the bins of each slice lie in one table of counts. The last entry of each array is for examples of no slice.

    A slice of n examples of N gets about √(n/N) of all bins, so that rounding costs all slices the same share of their error.
    start  int64[S + 1]  first code · shift int64[S + 1]  2**shift bins make one · ``leaf`` int64[leaves]  the slice of each leaf
    """

    start: NDArray[np.int64]
    shift: NDArray[np.int64]
    leaf: NDArray[np.int64]
    n_codes: int

    @classmethod
    def plan(cls, slice_set: SliceSet, scores: Scores) -> _Layout:
        n_slices = len(slice_set.keys)
        if not slice_set.columns:
            return cls(np.zeros(2, np.int64), np.zeros(2, np.int64), slice_set.membership, 2 << BIN_BITS)
        leaf = np.where(slice_set.membership < 0, n_slices, slice_set.membership)
        by_leaf = sum((np.bincount(scores.leaf[rows], minlength=len(leaf)) for rows in _chunks(len(scores.leaf))), np.zeros(len(leaf)))
        share = np.bincount(leaf, by_leaf, n_slices + 1)[:n_slices] / max(len(scores.leaf), 1)
        shift = np.floor(-0.5 * np.log2(np.maximum(share, 2.0**-30))).astype(np.int64).clip(0, BIN_BITS)
        while (total := int((1 << (BIN_BITS - shift)).sum())) > 1 << MAX_BIN_BITS and (shift < BIN_BITS).any():
            shift = np.minimum(shift + 1, BIN_BITS)
        shift = np.r_[shift, BIN_BITS]
        start = np.r_[0, np.cumsum(2 << (BIN_BITS - shift))]
        return cls(start[:-1], shift, leaf, 2 * (total + 1))

    @property
    def n_slices(self) -> int:
        return len(self.start) - 1

    def find_codes(self, s: int) -> slice:
        start = int(self.start[s])
        return slice(start, start + (2 << (BIN_BITS - int(self.shift[s]))))

    def place(self, code: Codes, leaf: NDArray[np.int32]) -> NDArray[Any]:
        """Return the codes within the table of all slices."""
        if self._whole:
            return code
        slices = self.leaf[leaf]
        placed = code >> (self.shift[slices] + 1)
        placed <<= 1
        placed += self.start[slices]
        placed += code & 1
        return placed

    def number_units(self, leaf: NDArray[np.int32], unit: NDArray[Any], n_units: int) -> NDArray[Any]:
        return unit if self._whole else self.leaf[leaf] * n_units + unit

    @property
    def _whole(self) -> bool:
        return self.n_codes == 2 << BIN_BITS


def bin_scores(scores: Scores) -> BinnedScores:
    """Return the examples with the bin of each. Infinite scores share a bin with whatever is beyond reckoning: their slack says so."""
    low, high = float(scores.score.min()), float(scores.score.max())
    with np.errstate(over="ignore"):
        scale = ((1 << BIN_BITS) - 0.5) / (high - low) if 0 < high - low < np.inf else 0.0
    code = np.empty(len(scores.score), np.int32)
    for rows in _chunks(len(code)):
        chunk = code[rows]
        if scale:
            steps = scores.score[rows] - low
            steps *= scale
            chunk[:] = steps
        else:
            chunk[:] = 0
        chunk <<= 1
        chunk |= scores.label[rows] > 0
    return BinnedScores(scores, code)


def _find_thresholds(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], Thresholds]:
    """Return the bins with examples, and their counts."""
    negative, positive = counts[0::2], counts[1::2]
    found = np.flatnonzero(negative + positive)
    return found, Thresholds(positive[found], negative[found])


def _fill_table(ranked: Ranked, found: NDArray[np.int64], size: int) -> NDArray[np.float32]:
    """Return influence by code, in 2⁻²³ steps of the largest: float32 holds them, and float64 every sum of them."""
    table = np.zeros(size)
    table[2 * found], table[2 * found + 1] = ranked.negative, ranked.positive
    largest = float(np.abs(table).max(initial=0.0))
    step = np.ldexp(1.0, int(np.frexp(largest)[1]) - 23) if largest > 0 else 1.0
    return (np.rint(table / step) * step).astype(np.float32)


def _chunks(n: int, size: int = CHUNK) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
