"""Metrics of how scores rank the positives: ROC-AUC and average precision, with the influence of each example.

Sources: DeLong 1988 and Sun & Xu 2014 (placements); average precision as scikit-learn sums it, Σ (R_n − R_{n−1}) P_n.
"""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import BINARY
from memeci.metrics.thresholds import Ranked, Thresholds
from memeci.records import Direction, Task, Unit

NO_BOTH = "both a positive and a negative example are needed"
NO_POSITIVE = "there are no positive examples"


class RocAuc(msgspec.Struct, frozen=True):
    """P(score of a positive > score of a negative) + ½ P(equal). Without both classes: cannot be computed.

    Influence of a positive: (W / P)·(placement − AUC), placement = share of negatives below it, ties counting half.

    >>> import numpy as np
    >>> RocAuc().rank(Thresholds(positive=np.array([0, 1, 0, 1]), negative=np.array([1, 0, 1, 0]))).value
    0.75
    """

    name: str = "roc_auc"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = BINARY
    undefined: str = NO_BOTH
    needs: str = "scores"
    kind = "rank"

    def rank(self, at: Thresholds) -> Ranked:
        positives, negatives = at.positives, at.negatives
        if positives <= 0 or negatives <= 0:
            return Ranked.undefined(at)
        total = positives + negatives
        below = at.negative_below + 0.5 * at.negative
        # Of counts every product and sum is a multiple of ½ below 2⁵³: exact, in any order.
        value = float(np.dot(at.positive.astype(np.float64, copy=False), below) / (positives * negatives))
        of_positive = _scale(below, 1 / negatives, -value, total / positives)
        above = at.positive_below + 0.5 * at.positive
        return Ranked(value, of_positive, _scale(above, -1 / positives, 1 - value, total / negatives))

    def slack(self, at: Thresholds) -> Floats:
        return 0.5 * at.positive * at.negative.astype(np.float64) / max(at.positives * at.negatives, 1e-300)


class AveragePrecision(msgspec.Struct, frozen=True):
    """Σ over positives of the precision at their score, over the number of positives. No positives: cannot be computed.

    Influence with TP, FP and n counted at each threshold: positive j (N/P)(prec_j − AP + Σ_{pos i: s_i ≤ s_j} FP_i / n_i²),
    negative j −(N/P) Σ_{pos i: s_i ≤ s_j} TP_i / n_i²; checked against the jackknife.

    >>> import numpy as np
    >>> round(AveragePrecision().rank(Thresholds(positive=np.array([0, 1, 0, 1]), negative=np.array([1, 0, 1, 0]))).value, 6)
    0.833333
    """

    name: str = "average_precision"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = BINARY
    undefined: str = NO_POSITIVE
    needs: str = "scores"
    kind = "rank"

    def rank(self, at: Thresholds) -> Ranked:
        positives = at.positives
        if positives <= 0:
            return Ranked.undefined(at)
        true_positives, n = at.sum_from_top()
        n += true_positives
        precision = np.divide(true_positives, n, out=true_positives)
        value = float(np.dot(at.positive.astype(np.float64, copy=False), precision) / positives)
        share = np.divide(at.positive, n, out=n)
        gain = np.cumsum(share)
        # FP / n² = (1 − precision) / n, and TP / n² = precision / n.
        loss = np.cumsum(np.multiply(share, precision, out=share), out=share)
        gain -= loss
        gain += precision
        factor = (positives + at.negatives) / positives
        return Ranked(value, _scale(gain, 1.0, -value, factor), _scale(loss, -1.0, 0.0, factor))

    def slack(self, at: Thresholds) -> Floats:
        """Each of a threshold's positives has a precision between those with all its negatives before it, and with none."""
        most = at.positives - at.positive_below
        every = at.negatives - at.negative_below
        every += most
        later = at.positive - 1
        lowest = most - later
        lowest /= every - later
        every -= at.negative
        slack: Floats = np.divide(most, np.maximum(every, 1e-300, out=every), out=most)
        slack -= lowest
        np.maximum(slack, 0.0, out=slack)
        slack *= at.positive
        slack /= max(at.positives, 1e-300)
        return slack


def _scale(values: Floats, factor: float, shift: float, scale: float) -> Floats:
    """Return (values · factor + shift) · scale, in place: a pass over memory costs as much as the arithmetic."""
    values *= factor * scale
    values += shift * scale
    return values
