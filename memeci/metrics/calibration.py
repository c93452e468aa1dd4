"""Expected calibration error, and the bins behind it."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import CLASSIFICATION
from memeci.metrics.sample import Sample
from memeci.records import CalibrationBin, Direction, Task, Unit

N_BINS = 15


def find_bins(score: Floats) -> NDArray[np.int64]:
    """Return the bin 0 … 14 of each score: (low, high] of equal width, as scikit-learn's calibration_curve; 0 goes to the first."""
    return np.searchsorted(np.linspace(0, 1, N_BINS + 1)[1:-1], score)


class ExpectedCalibrationError(msgspec.Struct, frozen=True):
    """Σ over 15 equal bins of |mean score − rate of positives| × share of examples (Naeini 2015).

    The score is the positive class's probability, or with more than two classes the predicted class's, and the rate
    then that of being right. Shown, not gated by default: as a test it is badly calibrated.
    """

    name: str = "expected_calibration_error"
    direction: Direction = Direction.LOWER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = CLASSIFICATION
    undefined: str = "there are no examples"
    needs: str = "confidences"
    supports_weights: bool = True
    kind = "array"

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        label, score, weight = sample.label, sample.score, sample.weight
        if len(label) == 0:
            return np.nan, np.zeros_like(label)
        bins = find_bins(score)
        weights = np.ones_like(label) if weight is None else weight
        excess = np.bincount(bins, weights * (score - label), N_BINS)
        value = float(np.abs(excess).sum() / weights.sum())
        return value, np.sign(excess)[bins] * (score - label) - value


def build_calibration_bins(label: Floats, score: Floats, weight: Floats | None) -> tuple[CalibrationBin, ...]:
    """Return the 15 bins with their number of examples, mean score and rate; None where a bin is empty."""
    bins = find_bins(score)
    weights = np.ones_like(label) if weight is None else weight
    n = np.bincount(bins, minlength=N_BINS)
    total = np.bincount(bins, weights, N_BINS)
    scores = np.bincount(bins, weights * score, N_BINS)
    rates = np.bincount(bins, weights * label, N_BINS)
    edges = np.linspace(0, 1, N_BINS + 1)
    return tuple(
        CalibrationBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            n=int(n[i]),
            mean_score=float(scores[i] / total[i]) if total[i] > 0 else None,
            rate=float(rates[i] / total[i]) if total[i] > 0 else None,
        )
        for i in range(N_BINS)
    )
