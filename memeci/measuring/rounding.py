"""Scores as whole numbers in the same order. Rounding may make two scores equal, and never turns them round."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from memeci.measurements import Floats, Integers
from memeci.measuring.row_blocks import split_rows

TINY = 2.0**-60


class Rounding(msgspec.Struct, frozen=True):
    """Maps scores from ``low`` to ``high`` to whole numbers from 0 to at most 2**bits.

    In equal steps of the score or (``logit``) of about its log odds. The latter tells apart what a sure model says: 0.99999 and 0.999999.
    """

    low: float
    high: float
    bits: int
    logit: bool = False

    def apply(self, score: Floats) -> Integers:
        """Return the step of each score."""
        return self._apply_logit(score) if self.logit else self._apply_evenly(score)

    def _apply_evenly(self, score: Floats) -> Integers:
        scaled = score - self.low
        scaled *= (2.0**self.bits - 1) / (self.high - self.low)
        return scaled.astype(np.int64)

    def _apply_logit(self, score: Floats) -> Integers:
        # The bits of a positive double, read as a whole number, grow like its logarithm, and where the double grows.
        first, last = _compute_log_odds(np.array([self.low, self.high])).tolist()
        odds = _compute_log_odds(score)
        odds -= first
        excess = (last - first).bit_length() - self.bits
        return odds >> excess if excess > 0 else odds


def fit_roundings(score: Floats, bits: int) -> list[Rounding]:
    """Return the ways to map these scores, first the one that is likelier to keep different ones apart.

    None fits where all are equal, or all but equal, or some are infinite: the list is empty.
    """
    low, high = _find_range(score)
    if not 0 < high - low < np.inf or not np.isfinite(2.0**bits / (high - low)):
        return []
    plain = Rounding(low, high, bits)
    if low < 0 or high > 1:
        return [plain]
    ways = [plain, Rounding(low, high, bits, logit=True)]
    sure = sum(np.count_nonzero(part < 2.0**-8) + np.count_nonzero(part > 1 - 2.0**-8) for part in _split(score))
    return ways if sure < len(score) / 2 else ways[::-1]


def _find_range(score: Floats) -> tuple[float, float]:
    low, high = np.transpose([(part.min(), part.max()) for part in _split(score)])
    return float(low.min()), float(high.max())


def _split(score: Floats) -> Iterator[Floats]:
    return (score[rows] for rows in split_rows(len(score)))


def _compute_log_odds(score: Floats) -> Integers:
    # A little more, so that 0 and 1 are not infinitely far out. It takes nothing from scores above 2⁻¹¹².
    return (score + TINY).view(np.int64) - (1.0 - score + TINY).view(np.int64)
