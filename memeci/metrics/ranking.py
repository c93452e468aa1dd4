"""Metrics of how scores rank the positives: ROC-AUC and average precision, with the influence of each example.

Sources: DeLong 1988 and Sun & Xu 2014 (placements); average precision as scikit-learn sums it, Σ (R_n − R_{n−1}) P_n.
"""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import BINARY
from memeci.metrics.sample import Sample, TiedSums
from memeci.records import Direction, Task, Unit

NO_BOTH = "both a positive and a negative example are needed"
NO_POSITIVE = "there are no positive examples"


class RocAuc(msgspec.Struct, frozen=True):
    """P(score of a positive > score of a negative) + ½ P(equal). Without both classes: cannot be computed.

    Influence of a positive: (W / P)·(placement − AUC), placement = share of negatives below it, ties counting half.

    >>> import numpy as np
    >>> RocAuc().measure(Sample(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.35, 0.4, 0.8])))[0]
    0.75
    """

    name: str = "roc_auc"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = BINARY
    undefined: str = NO_BOTH
    needs: str = "scores"
    supports_weights: bool = True
    kind = "array"

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        label, weight, sums = sample.label, sample.weight, sample.tied_sums
        if sums.positives <= 0 or sums.negatives <= 0:
            return np.nan, np.zeros_like(label)
        of_positive = (sums.negative_below + 0.5 * sums.negative_at) / sums.negatives
        of_negative = 1 - (sums.positive_below + 0.5 * sums.positive_at) / sums.positives
        own = label if weight is None else label * weight
        value = float(np.dot(own, of_positive) / sums.positives)
        total = sums.positives + sums.negatives
        influence = np.where(label > 0, (of_positive - value) * (total / sums.positives), (of_negative - value) * (total / sums.negatives))
        return value, influence


class AveragePrecision(msgspec.Struct, frozen=True):
    """Σ over positives of the precision at their score, over the number of positives. No positives: cannot be computed.

    Influence with TP, FP and n counted at each threshold: positive j (N/P)(prec_j − AP + Σ_{pos i: s_i ≤ s_j} FP_i / n_i²),
    negative j −(N/P) Σ_{pos i: s_i ≤ s_j} TP_i / n_i²; checked against the jackknife.

    >>> import numpy as np
    >>> round(AveragePrecision().measure(Sample(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.35, 0.4, 0.8])))[0], 6)
    0.833333
    """

    name: str = "average_precision"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = BINARY
    undefined: str = NO_POSITIVE
    needs: str = "scores"
    supports_weights: bool = True
    kind = "array"

    def measure(self, sample: Sample) -> tuple[float, Floats]:
        label, weight, sums = sample.label, sample.weight, sample.tied_sums
        if sums.positives <= 0:
            return np.nan, np.zeros_like(label)
        own = label if weight is None else label * weight
        true_positives = sums.positives - sums.positive_below
        inverse = 1 / (true_positives + (sums.negatives - sums.negative_below))
        precision = true_positives * inverse
        value = float(np.dot(own, precision) / sums.positives)
        share = own * inverse
        # FP / n² = (1 − precision) / n, and TP / n² = precision / n.
        loss = _sum_up_to(share * precision, sums)
        gain = _sum_up_to(share, sums) - loss
        total = sums.positives + sums.negatives
        influence = np.where(label > 0, precision - value + gain, -loss) * (total / sums.positives)
        return value, influence


def _sum_up_to(terms: Floats, sums: TiedSums) -> Floats:
    """Return for each example the sum of terms over scores ≤ its own (ties included)."""
    cumulative = np.cumsum(terms)
    if sums.distinct:
        return cumulative
    both = sums.positive_below + sums.negative_below
    starts = np.flatnonzero(np.r_[True, both[1:] != both[:-1]])
    ends = np.r_[starts[1:], len(terms)]
    return cumulative if len(starts) == len(terms) else np.repeat(cumulative[ends - 1], ends - starts)
