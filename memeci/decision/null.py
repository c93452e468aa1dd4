"""What the statistics of a whole family do when nothing changed: the paired-swap max-T. Knows no policy and no words.

Westfall & Young (1993); Romano & Wolf (2005). All tests are redrawn together, so their correlation is respected and
need not be known: twenty metrics that say the same cost as much as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.decision.bundles import Rows, build_rows
from memeci.decision.redraw import Source, redraw_imbalances
from memeci.measurements import Floats, Integers, SwapBlock, Swaps

N_RESAMPLES = 2_000
"""Redraws at alpha = 0.01; see ``count_resamples``."""

GRID = 1e-6
"""Maxima are rounded up to this grid, so that an exact tie (statistics of counts tie often) is never a rejection."""


Table: TypeAlias = "NDArray[np.floating[Any]]"

MIN_KURTOSIS = 2.5
"""Of a redrawn statistic: 3 − 2/(number of flips that count), so about four of them."""

MAX_STACK = 2_048
"""Tests redrawn at once: bounds the memory to about 16 MB for their effects, and as much for their statistics."""

MAX_SLACK = 4e-3
"""How far a statistic may be off where numbers of 32 bits make it twice as fast. Every doubt counts for "nothing changed", so the level
holds; counts of flips lie further apart than that, so their p-values stay exact."""


class Spread(msgspec.Struct, frozen=True):
    """Per test, from the swap atoms. NaN where no atom touches the test's block.

    se0        float64[J]  √Σ count·effect²: the standard error when nothing changed; the same after any swap
    curvature  float64[J]  Σ count·effect² / Σ count·|effect|: how much variance one unit of true loss brings with it
    linear     float64[J]  Σ imbalance·effect: delta to first order, the very quantity that is redrawn
    """

    se0: Floats
    curvature: Floats
    linear: Floats


class Noise(msgspec.Struct, frozen=True):
    """Run-to-run noise of each test's difference. ``variance`` float64[J] is 2σ̂²; ``metric`` int64[J] says which
    tests share one estimate; ``degrees`` of freedom of the estimates, None when they are taken as known."""

    variance: Floats
    metric: Integers
    degrees: int | None


class Family(msgspec.Struct, frozen=True):
    """What is tested together.

    statistic  float64[J]  observed, oriented so that negative is a loss; NaN is left out
    sign       float64[J]  −1 where a lower value is better: turns the swap effects into the same orientation
    members    bool[J]     the tests that share alpha; the others get a p-value only
    weight     float64[J]  what a statistic counts when losses are compared: a test of weight w fails beyond critical / w
    se0, se    float64[J]  standard errors when nothing changed (NaN without swap atoms) and as observed
    """

    statistic: Floats
    sign: Floats
    members: NDArray[np.bool_]
    weight: Floats
    se0: Floats
    se: Floats
    noise: Noise


class Null(msgspec.Struct, frozen=True):
    """``maxima`` float64[B], sorted: the largest weighted loss of the family in each redraw. ``p_value`` float64[J], one-sided."""

    maxima: Floats
    p_value: Floats

    def critical_value(self, alpha: float) -> float:
        """Return the (1 − alpha) quantile of the maxima by the (B + 1) rule: the level is exact, not approximate."""
        if not len(self.maxima):
            return math.inf
        rank = math.ceil((1.0 - alpha) * (len(self.maxima) + 1) - 1e-9)
        return float(self.maxima[rank - 1]) if rank <= len(self.maxima) else math.inf

    def adjust(self, statistic: Floats) -> Floats:
        """Return family-adjusted p-values of weighted statistics: below ``alpha`` exactly where −statistic exceeds the critical value."""
        n_resamples = len(self.maxima)
        at_least = n_resamples - np.searchsorted(self.maxima, -statistic, side="left")
        return np.asarray(np.where(np.isnan(statistic), np.nan, (1.0 + at_least) / (n_resamples + 1.0)))


def count_resamples(alpha: float) -> int:
    """Return how many redraws leave about twenty beyond the critical value, between 2,000 and 100,000."""
    return min(max(N_RESAMPLES, math.ceil(20.0 / alpha)), 100_000)


def compute_spread(swaps: Swaps | None, n_tests: int) -> Spread:
    """Return the standard error under "nothing changed", its curvature and the first-order delta of each test."""
    variance, absolute, linear, seen = np.zeros(n_tests), np.zeros(n_tests), np.zeros(n_tests), np.zeros(n_tests, bool)
    if swaps is not None:
        count, imbalance = swaps.count.astype(np.float64), swaps.imbalance.astype(np.float64)
        for block in swaps.blocks:
            variance[block.tests], absolute[block.tests], linear[block.tests] = _add_up(block, count, imbalance)
            seen[block.tests] = True
    with np.errstate(invalid="ignore"):
        return Spread(np.where(seen, np.sqrt(variance), np.nan), variance / absolute, np.where(seen, linear, np.nan))


def _add_up(block: SwapBlock, count: Floats, imbalance: Floats) -> tuple[Floats, Floats, Floats]:
    """Return Σ count·effect², Σ count·|effect| and Σ imbalance·effect of each test of the block."""
    effects = block.effects.T
    weighted = effects * count[block.atoms]
    if block.run is not None:
        terms = (weighted * effects, np.abs(weighted), effects * imbalance[block.atoms])
        squared, absolute, linear = (np.bincount(block.run, term[0], len(block.tests)).astype(np.float64, copy=False) for term in terms)
        return squared, absolute, linear
    squared, linear = np.einsum("ja,ja->j", weighted, effects), effects @ imbalance[block.atoms]
    return squared, np.abs(weighted, out=weighted).sum(1), linear


def draw_null(swaps: Swaps | None, family: Family, seed: int, n_resamples: int) -> Null:
    """Redraw the family when nothing changed.

    Every draw counts twice, as it is and with all swaps reversed: both are equally likely. A test without swap atoms (its
    baseline has numbers but no examples) gets independent normal redraws, which can only make the family stricter (Šidák 1967).
    """
    source, n_draws = Source(seed), -(-n_resamples // 2)
    noise = _RunNoise(source, family, n_draws)
    usable = ~np.isnan(family.statistic)
    members = family.members & usable
    p_value, largest, smallest = np.full(len(usable), np.nan), np.full(n_draws, -np.inf), np.full(n_draws, np.inf)
    for tests, table, slack in _draw_statistics(source, swaps, family, n_draws):
        noise.add(tests, table)
        observed: Table = (family.statistic[tests] + GRID + slack).astype(table.dtype)[:, None]
        p_value[tests] = (1.0 + _count(table <= observed) + _count(table >= -observed)) / (2 * n_draws + 1.0)
        for weight in set(family.weight[tests[members[tests]]].tolist()):
            chosen = members[tests] & (family.weight[tests] == weight)
            rows, doubt = table[chosen], float(slack[chosen].max())
            # In 64 bits from here on: 1.1 times a tie must not be rounded below it.
            largest = np.maximum(largest, weight * (rows.max(0).astype(np.float64) + doubt))
            smallest = np.minimum(smallest, weight * (rows.min(0).astype(np.float64) - doubt))
    p_value[~usable] = np.nan
    maxima = np.concatenate([-smallest, largest]) if members.any() else np.empty(0)
    return Null(np.sort(np.ceil((maxima + 1e-9) / GRID) * GRID), p_value)


def _count(found: NDArray[np.bool_]) -> Integers:
    """Return how many are true in each row: three times as fast as count_nonzero by rows, which first makes eight bytes of each."""
    return np.asarray(np.add.reduce(found.view(np.uint8), axis=1, dtype=np.uint32), dtype=np.int64)


def _draw_statistics(source: Source, swaps: Swaps | None, family: Family, n_draws: int) -> Iterator[tuple[Integers, Table, Floats]]:
    """Yield some tests at a time: which, float[J, B] delta / se0 in each redraw (a loss is negative), and how far off each may be."""
    n_tests = len(family.se0)
    if swaps is not None:
        rows = build_rows(swaps, n_tests)
        drawn = redraw_imbalances(source, rows.count, n_draws)
        coarse = drawn.astype(np.float32)
        unit = family.sign * np.where(family.se0 == 0, 1.0, family.se0)
        for tests, effects in _stack_blocks(swaps, rows):
            np.divide(effects, unit[tests, None], out=effects)
            yield tests, *_multiply(effects, drawn, coarse, rows.count)
    unpaired = np.flatnonzero(np.isnan(family.se0))
    if len(unpaired):
        yield unpaired, source.normals((len(unpaired), n_draws)), np.zeros(len(unpaired))


def _stack_blocks(swaps: Swaps, rows: Rows) -> Iterator[tuple[Integers, Floats]]:
    """Yield (tests, effects float64[tests, R]) of many blocks at once: one wide product is far faster than many thin ones."""
    waiting: list[SwapBlock] = []
    size = 0
    for block in swaps.blocks:
        waiting.append(block)
        size += len(block.tests)
        if size >= MAX_STACK or block is swaps.blocks[-1]:
            yield np.concatenate([b.tests for b in waiting]), np.concatenate([rows.gather(b) for b in waiting])
            waiting, size = [], 0


def _multiply(effects: Floats, drawn: Floats, coarse: NDArray[np.float32], count: Integers) -> tuple[Table, Floats]:
    """Return effects @ drawn, and how far each test's statistics may be off, float64[J]: the effects are rounded to a binary grid so coarse
    that every sum of them is exact.

    Sums of multiples of 2^-q below 2^53 (in 32 bits, 2^24) are exact in any order, so the product is the same to the last bit
    whatever BLAS, thread count or processor computes it. ``coarse``: the draws in 32 bits, used where MAX_SLACK allows.
    """
    items = count.astype(np.float64)
    exponent = math.ceil(math.log2(float((np.abs(effects) @ items).max(initial=1.0))))
    can_be_coarse = math.ldexp(float(items.sum()), exponent - 23 - 1) <= MAX_SLACK
    rounded = _round(effects, (23 if can_be_coarse else 51) - exponent)
    product = rounded.astype(np.float32) @ coarse if can_be_coarse else rounded @ drawn
    rounded -= effects
    return product, np.abs(rounded, out=rounded) @ items


def _round(effects: Floats, n_bits: int) -> Floats:
    """Return the nearest multiples of 2^-n_bits."""
    rounded = effects * 2.0**n_bits
    np.rint(rounded, out=rounded)
    rounded *= 2.0**-n_bits
    return rounded


class _RunNoise:
    """Makes statistics of (swap + run noise) over √(se0² + estimated noise variance): Behrens–Fisher by simulation.

    Tests of one metric share their estimate, hence its error. Different metrics err independently: the strict case.
    """

    def __init__(self, source: Source, family: Family, n_draws: int) -> None:
        noise = family.noise
        self.source, self.variance, self.noisy = source, noise.variance, noise.variance > 0
        self.scale = np.where(np.isnan(family.se0), family.se, family.se0)
        self.metric = noise.metric
        self.ratio = {int(metric): np.ones(n_draws) for metric in sorted(set(noise.metric[self.noisy].tolist()))}
        if noise.degrees is not None:
            self.ratio = {metric: source.chi_squares(noise.degrees, n_draws) for metric in self.ratio}

    def add(self, tests: Integers, table: Table) -> None:
        """Add the noise of these tests to ``table`` float[J, B], in place."""
        rows = np.flatnonzero(self.noisy[tests])
        if len(rows):
            noisy, swapped = tests[rows], table[rows].astype(np.float64)
            variance, scale = self.variance[noisy, None], self.scale[noisy, None]
            ratio = np.stack([self.ratio[metric] for metric in self.metric[noisy].tolist()])
            run = np.sqrt(variance) * _draw_run_noise(self.source, swapped)
            table[rows] = (swapped * scale + run) / np.sqrt(scale**2 + variance * ratio)


def _draw_run_noise(source: Source, swapped: Floats) -> Floats:
    """Return float64[J, B] of unit variance, independent of ``swapped`` and correlated between tests as its rows are.

    A run that is lucky in accuracy is lucky in F1, as a flip that breaks one breaks the other: four other redraws, added up,
    carry that correlation. Rows of too few flips to be near normal get independent normals.
    """
    n_draws = swapped.shape[1]
    run = np.add.reduce([np.roll(swapped, part * n_draws // 7, axis=1) for part in (1, 2, 3, 5)]) / 2.0
    few = np.flatnonzero(np.mean(swapped**4, axis=1) < MIN_KURTOSIS)
    run[few] = source.normals((len(few), n_draws))
    return np.asarray(run)
