"""What the swap atoms alone say of each test: its standard error when nothing changed, and its change to first order."""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats, SwapBlock, Swaps
from memeci.sums import sum_by


class Spread(msgspec.Struct, frozen=True):
    """Per test, from the swap atoms. NaN where no atom touches the test's block.

    se0        float64[J]  √Σ count·effect²: the standard error when nothing changed; the same after any swap
    curvature  float64[J]  Σ count·effect² / Σ count·|effect|: how much variance one unit of true loss brings with it
    linear     float64[J]  Σ imbalance·effect: delta to first order, the very quantity that is redrawn
    """

    se0: Floats
    curvature: Floats
    linear: Floats


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
        squared, absolute, linear = (sum_by(block.run, term[0], len(block.tests)) for term in terms)
        return squared, absolute, linear
    # Not by BLAS, whose order of adding up is the processor's own.
    squared, linear = np.einsum("ja,ja->j", weighted, effects), np.einsum("ja,a->j", effects, imbalance[block.atoms])
    return squared, np.abs(weighted, out=weighted).sum(1), linear
