"""Which slices explain a change: from counts of fixed and broken examples per slice. Knows no metric and no test family.

A slice's own question is whether its broken and fixed examples could be coin flips (exact sign test); with groups, whether the
groups that got worse on balance and those that got better could be. Many slices are looked at, most with few flips; the
adjustment counts only what each of them could have shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist

import msgspec
import numpy as np

from memeci.measurements import Floats, Integers, SliceKey
from memeci.records import SliceShare

EXACT_FLIPS = 2_000
"""Up to this many flips the tail is summed; beyond, a normal tail with continuity correction."""


class Counts(msgspec.Struct, frozen=True):
    """Examples of one slice: all of them, those fixed and those broken. Whole numbers, unless estimated.

    ``square`` sums the squared net changes of its units; None: each example is its own, and that is the number of flips.
    """

    n: float
    fixed: float
    broken: float
    square: float | None = None

    @property
    def net(self) -> float:
        return self.broken - self.fixed

    @property
    def variance(self) -> float:
        """Return the variance of the net change, were its direction left to chance unit by unit."""
        return self.broken + self.fixed if self.square is None else self.square

    def minus(self, other: Counts) -> Counts:
        """Return what is left without ``other``; never below zero, as overlaps may be taken out twice."""
        fixed, broken = max(self.fixed - other.fixed, 0), max(self.broken - other.broken, 0)
        square = None if self.square is None or other.square is None else max(self.square - other.square, fixed + broken)
        return Counts(max(self.n - other.n, 0), fixed, broken, square)

    def scale(self, factor: float) -> Counts:
        return Counts(self.n * factor, self.fixed * factor, self.broken * factor, None if self.square is None else self.square * factor)


class UnitCounts(msgspec.Struct, frozen=True):
    """Groups by slice whose examples there got better on balance, or worse, and the sum of squared net changes: int64[S] each."""

    better: Integers
    worse: Integers
    square: Integers


class SliceCounts(msgspec.Struct, frozen=True):
    """Candidate slices (single columns and pairs): examples, fixed and broken ones, int64[S] each. ``units`` None: no groups."""

    keys: tuple[SliceKey, ...]
    n: Integers
    fixed: Integers
    broken: Integers
    units: UnitCounts | None = None

    def at(self, i: int) -> Counts:
        square = None if self.units is None else int(self.units.square[i])
        return Counts(int(self.n[i]), int(self.fixed[i]), int(self.broken[i]), square)

    def adjust_p_values(self) -> Floats:
        if self.units is None:
            return adjust_sign_tests(self.broken, self.fixed)
        return adjust_sign_tests(self.units.worse, self.units.better)


def explain_slices(counts: SliceCounts, whole: Counts, *, alpha: float = 0.05, limit: int = 10) -> tuple[SliceShare, ...]:
    """Return the slices that changed more than the rest and by more than coin flips: first those that changed as the whole
    did, then those that changed against it (broke while all improved). The surest first: those that differ most from the rest.

    ``whole`` counts all examples. Family-wise error over all candidates is at most ``alpha``. Greedy, up to ``limit`` in each
    direction: what the slices named so far explain is taken out of the others, so that a slice is not blamed for the flips of
    another that overlaps it.
    """
    p = counts.adjust_p_values()

    def rank(i: int) -> tuple[float, int]:
        # Against what is around it: where everything got a little worse, either column of a pair that was hit has more flips.
        here = counts.at(i)
        return -_compare_rates(here, whole.minus(here)), len(counts.keys[i])

    sure = sorted(np.flatnonzero(p <= alpha).tolist(), key=rank)
    overlaps, threshold = _Overlaps(counts, whole), -NormalDist().inv_cdf(alpha / max(len(counts.n), 1))
    worse, better = ([i for i in sure if sign * counts.at(i).net > 0] for sign in (1, -1))
    # Each direction by itself: of a column of two values, what is outside of one is the other.
    ways = (worse, better) if whole.net >= 0 else (better, worse)
    chosen = [i for way in ways for i in _choose(overlaps, way, threshold)[:limit]]
    return tuple(_build_share(counts, i, whole.net, float(p[i])) for i in chosen)


def _choose(overlaps: _Overlaps, candidates: Sequence[int], threshold: float) -> list[int]:
    chosen: list[int] = []
    for i in candidates:
        if _adds(overlaps, i, chosen, threshold):
            chosen.append(i)
    return chosen


class _Overlaps:
    """What two slices have in common."""

    def __init__(self, counts: SliceCounts, whole: Counts) -> None:
        self.counts, self.whole = counts, whole
        self._index = {frozenset(key): i for i, key in enumerate(counts.keys)}

    def find(self, i: int, j: int) -> Counts:
        """Return the common examples: as counted for two columns, in proportion to size where that needs a third."""
        parts_i, parts_j = frozenset(self.counts.keys[i]), frozenset(self.counts.keys[j])
        both = parts_i | parts_j
        if len({column for column, _ in both}) < len(both):
            return Counts(0, 0, 0)
        if both in self._index:
            return self.counts.at(self._index[both])
        shared = self._index.get(parts_i & parts_j)
        around = self.whole if shared is None else self.counts.at(shared)
        return self.counts.at(j).scale(self.counts.at(i).n / around.n)

    def is_inside(self, i: int, j: int) -> bool:
        return set(self.counts.keys[j]) < set(self.counts.keys[i])


def _adds(overlaps: _Overlaps, i: int, chosen: Sequence[int], threshold: float) -> bool:
    """Return whether a slice is hit harder than what surrounds it, also without what it shares with those chosen before."""
    here = rest = overlaps.counts.at(i)
    around = [overlaps.whole]
    for j in chosen:
        if overlaps.is_inside(i, j):
            around.append(overlaps.counts.at(j))
        else:
            rest = rest.minus(overlaps.find(i, j))
    outside = overlaps.whole
    for j in chosen:
        outside = outside.minus(overlaps.counts.at(j))
    return all(_compare_rates(here, a.minus(here)) > threshold for a in around) and _compare_rates(rest, outside.minus(rest)) > threshold


def _compare_rates(here: Counts, there: Counts) -> float:
    """Return by how many standard errors the net change per example is larger here, in the direction of here."""
    if here.n <= 0 or there.n <= 0:
        return 0.0
    error = math.sqrt(here.variance / here.n**2 + there.variance / there.n**2)
    sign = 1.0 if here.net >= 0 else -1.0
    return sign * (here.net / here.n - there.net / there.n) / error if error > 0 else 0.0


def adjust_sign_tests(broken: Integers, fixed: Integers) -> Floats:
    """Return two-sided sign-test p-values, family-adjusted for the discreteness of each (Tarone 1990; Westfall & Wolfinger 1997).

    p_adj = Σ over slices of the largest p-value it could have shown that is at most p: valid however slices overlap.
    """
    flips = broken + fixed
    raw = np.array([_sign_test(int(m), int(k)) for m, k in zip(flips, np.maximum(broken, fixed), strict=True)])
    sizes, how_many = np.unique(flips, return_counts=True)
    levels, where = np.unique(raw, return_inverse=True)
    adjusted = np.zeros(len(levels))
    for m, times in zip(sizes.tolist(), how_many.tolist(), strict=True):
        adjusted += times * _attain(m, levels)
    return np.asarray(np.minimum(adjusted[where], 1.0))


def _attain(m: int, levels: Floats) -> Floats:
    """Return for each level the largest two-sided p-value of m flips that is at most that level; 0 where there is none."""
    if m > EXACT_FLIPS:
        return levels
    possible = _tails(m)
    index = np.searchsorted(possible, levels * (1 + 1e-12), side="right") - 1
    return np.where(index >= 0, possible[np.maximum(index, 0)], 0.0)


@cache
def _tails(m: int) -> Floats:
    """Return every two-sided p-value of m coin flips, ascending."""
    half = np.arange(m, (m - 1) // 2, -1)
    log_choose = np.array([math.lgamma(m + 1) - math.lgamma(k + 1) - math.lgamma(m - k + 1) for k in half])
    return np.minimum(2.0 * np.cumsum(np.exp(log_choose - m * math.log(2.0))), 1.0)


def _sign_test(m: int, k: int) -> float:
    """Return the two-sided p-value of k heads (k ≥ m/2) in m coin flips."""
    if m == 0:
        return 1.0
    if m <= EXACT_FLIPS:
        return float(_tails(m)[m - k])
    return min(1.0, math.erfc((2 * k - m - 1) / math.sqrt(m) / math.sqrt(2.0)))


def _build_share(counts: SliceCounts, i: int, total: float, p_adjusted: float) -> SliceShare:
    net = int(counts.broken[i] - counts.fixed[i])
    return SliceShare(
        slice=dict(counts.keys[i]),
        n=int(counts.n[i]),
        fixed=int(counts.fixed[i]),
        broken=int(counts.broken[i]),
        share=net / total if total else None,
        p_adjusted=p_adjusted,
    )
