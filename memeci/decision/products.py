"""The statistics of all tests in all redraws: wide matrix products, the same to the last bit on every machine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memeci.decision.bundles import Rows, build_rows
from memeci.decision.redraw import Source, redraw_imbalances
from memeci.measurements import Floats, Integers, SwapBlock, Swaps

Table: TypeAlias = "NDArray[np.floating[Any]]"

STACK_BYTES = 1 << 24
"""What the effects of the tests redrawn at once take at most, and their statistics as much; one block of swaps stays whole."""

MAX_ROUNDING = 4e-3
"""How far a statistic may be off where numbers of 32 bits make it twice as fast. Every doubt counts for "nothing changed", so the level
holds; counts of flips lie further apart than that, so their p-values stay exact."""


def draw_statistics(source: Source, swaps: Swaps, unit: Floats, n_draws: int) -> Iterator[tuple[Integers, Table, Floats]]:
    """Yield some tests at a time: which, float[J, B] delta / unit in each redraw, and how far off each may be.

    unit  float64[all tests]  the standard error that each is divided by, negative where a lower value is better
    """
    rows = build_rows(source, swaps, len(unit))
    redraws = _Redraws(redraw_imbalances(source, rows.count, n_draws), rows.count)
    for tests, effects in _stack_blocks(swaps, rows, STACK_BYTES // (8 * max(len(rows.count), n_draws))):
        np.divide(effects, unit[tests, None], out=effects)
        yield tests, *redraws.multiply(effects)


def _stack_blocks(swaps: Swaps, rows: Rows, at_once: int) -> Iterator[tuple[Integers, Floats]]:
    """Yield (tests, effects float64[tests, R]) of many blocks at once: one wide product is far faster than many thin ones."""
    waiting: list[SwapBlock] = []
    size = 0
    for block in swaps.blocks:
        waiting.append(block)
        size += len(block.tests)
        if size >= at_once or block is swaps.blocks[-1]:
            yield np.concatenate([b.tests for b in waiting]), np.concatenate([rows.gather(b) for b in waiting])
            waiting, size = [], 0


class _Redraws:
    """All redraws of the rows: ``drawn`` float64[R, B], whole numbers of at most ``count`` int64[R]."""

    def __init__(self, drawn: Floats, count: Integers) -> None:
        self.drawn, self.items = drawn, count.astype(np.float64)

    @cached_property
    def _coarse(self) -> NDArray[np.float32]:
        return self.drawn.astype(np.float32)

    def multiply(self, effects: Floats) -> tuple[Table, Floats]:
        """Return effects @ drawn, and how far each test's statistics may be off, float64[J].

        The effects are rounded to a binary grid so coarse that every sum of them is exact: sums of multiples of 2^-q below 2^53 (in
        32 bits, 2^24) are exact in any order, whatever BLAS, thread count or processor adds them.
        """
        exponent = math.ceil(math.log2(float((np.abs(effects) @ self.items).max(initial=1.0))))
        can_be_coarse = math.ldexp(float(self.items.sum()), exponent - 23 - 1) <= MAX_ROUNDING
        rounded = _round(effects, (23 if can_be_coarse else 51) - exponent)
        product = rounded.astype(np.float32) @ self._coarse if can_be_coarse else rounded @ self.drawn
        rounded -= effects
        return product, np.abs(rounded, out=rounded) @ self.items


def _round(effects: Floats, n_bits: int) -> Floats:
    """Return the nearest multiples of 2^-n_bits."""
    rounded = effects * 2.0**n_bits
    np.rint(rounded, out=rounded)
    rounded *= 2.0**-n_bits
    return rounded
