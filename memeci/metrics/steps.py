"""Scores as whole numbers in the same order. Rounding may make two scores equal, and never turns them round."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats

Whole = NDArray[np.int64]

TINY = 2.0**-60


class Steps(msgspec.Struct, frozen=True):
    """Maps scores from ``low`` to ``high`` to 0 … 2**bits − 1, in equal steps of the score or (``logit``) of about its log odds.

    The latter tells apart what a sure model says: 0.99999 and 0.999999.
    """

    low: float
    high: float
    bits: int
    logit: bool = False

    def count(self, score: Floats) -> Whole:
        """Return the step of each score."""
        return self._count_logit(score) if self.logit else self._count_evenly(score)

    def _count_evenly(self, score: Floats) -> Whole:
        scaled = score - self.low
        scaled *= (2.0**self.bits - 1) / (self.high - self.low)
        return scaled.astype(np.int64)

    def _count_logit(self, score: Floats) -> Whole:
        """The bits of a positive double, read as a whole number, grow like its logarithm, and where the double grows."""
        first, last = _compute_log_odds(np.array([self.low, self.high])).tolist()
        odds = _compute_log_odds(score)
        odds -= first
        excess = (last - first).bit_length() - self.bits
        return odds >> excess if excess > 0 else odds


def fit_evenly(score: Floats, bits: int) -> Steps | None:
    """Return equal steps between the lowest and the highest score; None where all are equal or some are infinite."""
    low, high = float(score.min()), float(score.max())
    return Steps(low, high, bits) if 0 < high - low < np.inf and np.isfinite(2.0**bits / (high - low)) else None


def fit_steps(score: Floats, bits: int) -> list[Steps]:
    """Return the ways to map these scores, first the one that is likelier to keep different ones apart."""
    plain = fit_evenly(score, bits)
    if plain is None or plain.low < 0 or plain.high > 1:
        return [] if plain is None else [plain]
    ways = [plain, Steps(plain.low, plain.high, bits, logit=True)]
    sure = np.count_nonzero(np.abs(score - 0.5) > 0.5 - 2.0**-8)
    return ways if sure < len(score) / 2 else ways[::-1]


def _compute_log_odds(score: Floats) -> Whole:
    # A little more, so that 0 and 1 are not infinitely far out. It takes nothing from scores above 2⁻¹¹².
    return (score + TINY).view(np.int64) - (1.0 - score + TINY).view(np.int64)
