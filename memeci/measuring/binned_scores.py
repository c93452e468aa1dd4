"""Scores of very many examples ranked by bins: two passes over them in place of a sort, and a bound on what that may cost.

Counts are whole numbers and influence lies on a grid whose sums are exact, so the order of the file leaves no trace.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.measuring.rounding import fit_roundings
from memeci.measuring.row_blocks import ROWS_AT_ONCE, split_rows
from memeci.measuring.scored import Scores, SetResult
from memeci.metrics.metric import RankMetric
from memeci.metrics.thresholds import Ranked, Thresholds
from memeci.tallies import SliceSet

BIN_BITS = 19
"""2¹⁹ bins of equal width between the lowest and the highest score; twice as many, of the log odds, for a model sure of itself.

Their counts fit into a processor's cache. With twice as many, counting and looking up take twice the time.
"""

MORE_BITS = 2
"""Up to four times as many for all slices of a set together: smaller slices get fewer."""


class BinnedScores(msgspec.Struct, frozen=True, dict=True):
    """``code`` int32[N] is twice the bin, one of 2**bits, plus one for a positive; ``counts`` int64[2 · 2**bits]: how often each occurs."""

    scores: Scores
    code: NDArray[np.int32]
    counts: NDArray[np.int64]
    bits: int

    @property
    def thresholds(self) -> Thresholds:
        """Of all examples, by bin."""
        return _find_thresholds(self.counts)[1]

    def measure(self, slice_set: SliceSet, metrics: tuple[RankMetric, ...], n_units: int, *, pure: bool = False) -> SetResult:
        """``pure``: find out which bins hold one score only. They are exact, and leave no slack."""
        layout = _Layout.plan(slice_set, self.scores, self.bits)
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
                slack = metric.slack(at)
                result.slack[s, m] = (slack[self._find_mixed(int(layout.shift[s]))[found]] if pure else slack).sum()
                _fill_table(table[inside], ranked, found)
            sums = self._sum_by_unit(layout, table, n_units)
            result.sums[:, :, m] = sums / np.maximum(result.positives + result.negatives, 1.0)[:, None]
        return result

    def refine(self, slice_set: SliceSet, metrics: tuple[RankMetric, ...]) -> tuple[Floats, Floats]:
        """Return values and slack alone, float64[S, M] each: coarse bins, off by less than an error, have influence right."""
        layout = _Layout.plan(slice_set, self.scores, self.bits)
        counts = self._count(layout)
        values, slack = (np.zeros((layout.n_slices, len(metrics))) for _ in range(2))
        for s in range(layout.n_slices):
            _, at = _find_thresholds(counts[layout.find_codes(s)])
            values[s] = [metric.rank(at).value for metric in metrics]
            slack[s] = [metric.slack(at).sum() for metric in metrics]
        return values, slack

    def _find_mixed(self, shift: int) -> NDArray[np.bool_]:
        """Return whether a bin, made of 2**shift, may hold several scores."""
        mixed, filled = (column.reshape(-1, 1 << shift) for column in self._mixed_and_filled)
        return np.asarray(mixed.any(axis=1) | (filled.sum(axis=1) > 1))

    def is_heaviest_pure(self) -> bool:
        """Return whether all examples of the bin that matters most share one score. If not, looking at the others is not worth it."""
        heaviest = int(np.argmax(self.counts[0::2] * self.counts[1::2]))
        inside = (self.scores.score[rows][self.code[rows] >> 1 == heaviest] for rows in split_rows(len(self.code)))
        scores = np.concatenate([*inside, np.empty(0)])
        return len(scores) == 0 or bool(scores.min() == scores.max())

    @cached_property
    def _mixed_and_filled(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for each bin whether it holds several scores, and whether it holds any."""
        n_bins = 1 << self.bits
        one, filled, mixed = np.zeros(n_bins), np.zeros(n_bins, np.bool_), np.zeros(n_bins, np.bool_)
        for rows in split_rows(len(self.code)):
            bins = self.code[rows] >> 1
            one[bins] = self.scores.score[rows]
            filled[bins] = True
        for rows in split_rows(len(self.code)):
            bins = self.code[rows] >> 1
            mixed[bins[one[bins] != self.scores.score[rows]]] = True
        return mixed, filled

    def _count(self, layout: _Layout) -> NDArray[np.int64]:
        if layout.whole:
            return self.counts
        counts = np.zeros(layout.n_codes, np.int64)
        for rows in split_rows(len(self.code), _rows_per_table(layout.n_codes)):
            counts += np.bincount(layout.place(self.code[rows], self.scores.leaf[rows]), minlength=layout.n_codes)
        return counts

    def _sum_by_unit(self, layout: _Layout, table: NDArray[np.float32], n_units: int) -> Floats:
        """Return float64[S, U]: the sums of each example's entry in the table."""
        size = (layout.n_slices + 1) * n_units
        sums = np.zeros(size)
        influence = np.empty(ROWS_AT_ONCE, np.float32)
        for rows in split_rows(len(self.code), ROWS_AT_ONCE):
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
    bits: int
    whole: bool

    @classmethod
    def plan(cls, slice_set: SliceSet, scores: Scores, bits: int) -> _Layout:
        n_slices = len(slice_set.keys)
        if not slice_set.columns:
            return cls(np.array([0, 2 << bits]), np.array([0, bits]), slice_set.membership, bits, whole=True)
        leaf = np.where(slice_set.membership < 0, n_slices, slice_set.membership)
        by_leaf = sum((np.bincount(scores.leaf[rows], minlength=len(leaf)) for rows in split_rows(len(scores.leaf))), np.zeros(len(leaf)))
        share = np.bincount(leaf, by_leaf, n_slices + 1)[:n_slices] / max(len(scores.leaf), 1)
        shift = np.floor(-0.5 * np.log2(np.maximum(share, 2.0**-30))).astype(np.int64).clip(0, bits)
        while int((1 << (bits - shift)).sum()) > 1 << (bits + MORE_BITS) and (shift < bits).any():
            shift = np.minimum(shift + 1, bits)
        shift = np.r_[shift, bits]
        start = np.r_[0, np.cumsum(2 << (bits - shift[:-1]))]
        return cls(start, shift, leaf, bits, whole=False)

    @property
    def n_slices(self) -> int:
        return len(self.start) - 1

    @property
    def n_codes(self) -> int:
        return int(self.start[-1]) + (0 if self.whole else 2)

    def find_codes(self, s: int) -> slice:
        return slice(int(self.start[s]), int(self.start[s + 1]))

    def place(self, code: NDArray[np.int32], leaf: NDArray[np.int32]) -> NDArray[Any]:
        """Return the codes within the table of all slices."""
        if self.whole:
            return code
        slices = self.leaf[leaf]
        placed = code >> (self.shift[slices] + 1)
        placed <<= 1
        placed += self.start[slices]
        placed += code & 1
        return placed

    def number_units(self, leaf: NDArray[np.int32], unit: NDArray[Any], n_units: int) -> NDArray[Any]:
        return unit if self.whole else self.leaf[leaf] * n_units + unit


def choose_bits(n: int) -> int:
    """Return the bits for n examples: one more for each four times as many beyond 2²⁴, for standard errors fall with the root of n."""
    return BIN_BITS + max(0, (n - 1).bit_length() - 23) // 2


def bin_scores(scores: Scores, bits: int | None = None) -> BinnedScores:
    """Return the examples in 2**bits bins or twice as many. Where scores cannot be rounded all share one, and their slack says so."""
    bits = choose_bits(len(scores.score)) if bits is None else bits
    rounding = next(iter(fit_roundings(scores.score, bits)), None)
    if rounding is not None and rounding.logit:
        bits += 1
        rounding = replace(rounding, bits=bits)
    n, n_codes = len(scores.score), 2 << bits
    code, counts = np.empty(n, np.int32), np.zeros(n_codes, np.int64)
    # Counted in rows enough to be worth a table of their own, as the integers that numpy would make of ``code``.
    wide = np.empty(min(n, _rows_per_table(n_codes)), np.int64)
    for block in split_rows(n, len(wide)):
        for rows in split_rows(block.stop, start=block.start):
            codes = wide[rows.start - block.start : rows.stop - block.start]
            np.left_shift(rounding.apply(scores.score[rows]) if rounding is not None else 0, 1, out=codes)
            codes |= scores.label[rows] > 0
            code[rows] = codes
        counts += np.bincount(wide[: block.stop - block.start], minlength=n_codes)
    return BinnedScores(scores, code, counts, bits)


def _find_thresholds(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], Thresholds]:
    """Return the bins with examples, and their counts."""
    negative, positive = counts[0::2], counts[1::2]
    found = np.flatnonzero(negative + positive)
    return found, Thresholds(positive[found], negative[found])


def _fill_table(table: NDArray[np.float32], ranked: Ranked, found: NDArray[np.int64]) -> None:
    """Enter influence by code, in 2⁻²³ steps of the largest: float32 holds them, and float64 every sum of them."""
    sides = (ranked.negative, ranked.positive)
    largest = max(float(max(-side.min(initial=0.0), side.max(initial=0.0))) for side in sides)
    exponent = int(np.frexp(largest)[1]) - 23 if largest > 0 else 0
    for label, side in enumerate(sides):
        steps = np.rint(np.ldexp(side, -exponent))
        table[label::2][found] = np.ldexp(steps, exponent)


def _rows_per_table(n_codes: int) -> int:
    """Return how many rows to count at once: adding up their tables costs little beside."""
    return max(ROWS_AT_ONCE, n_codes)
