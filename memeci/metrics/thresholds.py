"""One model's scores as a ranking: the weight of positives and negatives at each distinct score, and nothing else."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats


class Thresholds(msgspec.Struct, frozen=True, dict=True):
    """Weights at T distinct scores, ascending: counts (int64[T]), or float64[T] with sample weights. No threshold is without examples."""

    positive: NDArray[Any]
    negative: NDArray[Any]

    @cached_property
    def positive_below(self) -> Floats:
        """Weight of positives with a smaller score."""
        return _sum_below(self.positive)

    @cached_property
    def negative_below(self) -> Floats:
        return _sum_below(self.negative)

    def sum_from_top(self) -> tuple[Floats, Floats]:
        """Return the weight of positives and of negatives with the same score or a higher one.

        Added from the top: taken from the total, a heavy weight far below would leave none of the digits of light ones above it.
        """
        positive, negative = (np.cumsum(weight[::-1])[::-1].astype(np.float64) for weight in (self.positive, self.negative))
        return positive, negative

    @cached_property
    def positives(self) -> float:
        return float(self.positive_below[-1] + self.positive[-1]) if len(self.positive) else 0.0

    @cached_property
    def negatives(self) -> float:
        return float(self.negative_below[-1] + self.negative[-1]) if len(self.negative) else 0.0


class Ranked(msgspec.Struct, frozen=True):
    """A metric's value, and the influence of one positive and of one negative example at each threshold: float64[T] each.

    Influence is scaled so that value(data) ≈ value(truth) + weighted mean of influence.
    """

    value: float
    positive: Floats
    negative: Floats

    @classmethod
    def undefined(cls, thresholds: Thresholds) -> Ranked:
        nothing = np.zeros(len(thresholds.positive))
        return cls(np.nan, nothing, nothing)


def _sum_below(weight: NDArray[Any]) -> Floats:
    below: Floats = (np.cumsum(weight) - weight).astype(np.float64, copy=False)
    return below
