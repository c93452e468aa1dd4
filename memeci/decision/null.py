"""What the statistics of a whole family do when nothing changed: the paired-swap max-T. Knows no policy and no words.

Westfall & Young (1993); Romano & Wolf (2005). All tests are redrawn together, so their correlation is respected and
need not be known: twenty metrics that say the same cost as much as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.decision.products import Table, draw_statistics
from memeci.decision.redraw import Source
from memeci.decision.run_noise import Noise, RunNoise
from memeci.measurements import Floats, Integers, Swaps

N_RESAMPLES = 2_000
"""Redraws at alpha = 0.01; see ``count_resamples``."""

GRID = 1e-6
"""Maxima are rounded up to this grid, so that an exact tie (statistics of counts tie often) is never a rejection."""


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


def draw_null(swaps: Swaps | None, family: Family, seed: int, n_resamples: int) -> Null:
    """Redraw the family when nothing changed.

    Every draw counts twice, as it is and with all swaps reversed: both are equally likely. A test without swap atoms (its
    baseline has numbers but no examples) gets independent normal redraws, which can only make the family stricter (Šidák 1967).
    """
    source, n_draws = Source(seed), -(-n_resamples // 2)
    noise = RunNoise(source, family.noise, np.where(np.isnan(family.se0), family.se, family.se0), n_draws)
    usable = ~np.isnan(family.statistic)
    members = family.members & usable
    p_value, largest, smallest = np.full(len(usable), np.nan), np.full(n_draws, -np.inf), np.full(n_draws, np.inf)
    for tests, table, doubt in _draw_all(source, swaps, family, n_draws):
        noise.add(tests, table)
        observed: Table = (family.statistic[tests] + GRID + doubt).astype(table.dtype)[:, None]
        p_value[tests] = (1.0 + _count(table <= observed) + _count(table >= -observed)) / (2 * n_draws + 1.0)
        for weight in set(family.weight[tests[members[tests]]].tolist()):
            chosen = members[tests] & (family.weight[tests] == weight)
            rows, worst = table[chosen], float(doubt[chosen].max())
            # In 64 bits from here on: 1.1 times a tie must not be rounded below it.
            largest = np.maximum(largest, weight * (rows.max(0).astype(np.float64) + worst))
            smallest = np.minimum(smallest, weight * (rows.min(0).astype(np.float64) - worst))
    p_value[~usable] = np.nan
    maxima = np.concatenate([-smallest, largest]) if members.any() else np.empty(0)
    return Null(np.sort(np.ceil((maxima + 1e-9) / GRID) * GRID), p_value)


def _draw_all(source: Source, swaps: Swaps | None, family: Family, n_draws: int) -> Iterator[tuple[Integers, Table, Floats]]:
    """Yield the statistics of all tests, as `draw_statistics` does; negative for a loss."""
    if swaps is not None:
        yield from draw_statistics(source, swaps, family.sign * np.where(family.se0 == 0, 1.0, family.se0), n_draws)
    unpaired = np.flatnonzero(np.isnan(family.se0))
    if len(unpaired):
        yield unpaired, source.normals((len(unpaired), n_draws)), np.zeros(len(unpaired))


def _count(found: NDArray[np.bool_]) -> Integers:
    """Return how many are true in each row: three times as fast as count_nonzero by rows, which first makes eight bytes of each."""
    return np.asarray(np.add.reduce(found.view(np.uint8), axis=1, dtype=np.uint32), dtype=np.int64)
