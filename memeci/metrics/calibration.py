"""Expected calibration error, and the bins behind it."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import CLASSIFICATION
from memeci.metrics.sample import Sample
from memeci.records import CalibrationBin, Direction, Task, Unit
from memeci.sums import sum_by, sum_in_any_order

N_BINS = 15


def find_bins(score: Floats) -> NDArray[np.int64]:
    """Return the bin 0 … 14 of each score: (low, high] of equal width, as scikit-learn's calibration_curve; 0 goes to the first."""
    place = score * N_BINS
    nearest = np.rint(place)
    # A product rounds: close to an edge the edge itself decides.
    close = np.flatnonzero(np.abs(np.subtract(place, nearest, out=nearest), out=nearest) < 1e-9)
    bins = np.clip(place, 0, N_BINS - 1, out=place).astype(np.int64)
    bins[close] = np.searchsorted(np.linspace(0, 1, N_BINS + 1)[1:-1], score[close])
    return bins


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
    sorted: bool = False
    supports_weights: bool = True
    kind = "array"

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        if len(sample.label) == 0:
            return np.nan, np.zeros_like(sample.label)
        bins = find_bins(sample.score)
        excess = sample.score - sample.label
        if sample.weight is None:
            total, sums = float(len(excess)), sum_in_any_order(bins, excess, N_BINS)
        else:
            total, sums = float(sample.weight.sum()), sum_by(bins, sample.weight * excess, N_BINS)
        value = float(np.abs(sums).sum() / total)
        excess *= np.sign(sums)[bins]
        excess -= value
        return value, excess


def build_calibration_bins(label: Floats, score: Floats, weight: Floats | None) -> tuple[CalibrationBin, ...]:
    """Return the 15 bins with their number of examples, mean score and rate; None where a bin is empty.

    With weights sums depend on the order of the examples.
    """
    bins = find_bins(score)
    n = np.bincount(bins, minlength=N_BINS)
    total = n if weight is None else sum_by(bins, weight, N_BINS)
    scores, rates = (
        sum_in_any_order(bins, values, N_BINS) if weight is None else sum_by(bins, weight * values, N_BINS) for values in (score, label)
    )
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
