"""The per-class ratios: precision, recall, F1, specificity, false-positive and false-negative rate.

With t, q, s the shares of true positives, predictions and support of one class (sources: scikit-learn's user guide,
section 3.4; derivatives by hand, checked against finite differences in the tests).
"""

from __future__ import annotations

import numpy as np

from memeci.measurements import Floats
from memeci.metrics.averages import Ratio
from memeci.records import Direction
from memeci.sums import divide

Parts = tuple[Floats, Floats, Floats]

# Where every prediction of a class is right, what t adds and q takes away must cancel to the last bit, or rounding looks like a
# change: hence ∂q as the ratio itself (then exactly 1) times the very inverse that ∂t is.


def _precision(t: Floats, q: Floats, s: Floats) -> Floats:
    return divide(t, q)


def _precision_gradient(t: Floats, q: Floats, s: Floats) -> Parts:
    inverse = divide(1.0, q, 0.0)
    return inverse, -divide(t, q, 0.0) * inverse, np.zeros_like(t)


def _recall(t: Floats, q: Floats, s: Floats) -> Floats:
    return divide(t, s)


def _recall_gradient(t: Floats, q: Floats, s: Floats) -> Parts:
    inverse = divide(1.0, s, 0.0)
    return inverse, np.zeros_like(t), -divide(t, s, 0.0) * inverse


def _f1(t: Floats, q: Floats, s: Floats) -> Floats:
    return divide(2 * t, s + q)


def _f1_gradient(t: Floats, q: Floats, s: Floats) -> Parts:
    size = s + q
    inverse = divide(1.0, size, 0.0)
    by_size = -divide(2 * t, size, 0.0) * inverse
    return 2 * inverse, by_size, by_size


def _specificity(t: Floats, q: Floats, s: Floats) -> Floats:
    return divide(_clear(1 - q - s + t), _clear(1 - s))


def _specificity_gradient(t: Floats, q: Floats, s: Floats) -> Parts:
    negatives = _clear(1 - s)
    inverse = divide(1.0, negatives, 0.0)
    return inverse, -inverse, divide(t - q, negatives**2, 0.0)


def _false_positive_rate(t: Floats, q: Floats, s: Floats) -> Floats:
    return divide(_clear(q - t), _clear(1 - s))


def _false_positive_rate_gradient(t: Floats, q: Floats, s: Floats) -> Parts:
    by_true, by_predicted, by_support = _specificity_gradient(t, q, s)
    return -by_true, -by_predicted, -by_support


def _false_negative_rate(t: Floats, q: Floats, s: Floats) -> Floats:
    return 1 - _recall(t, q, s)


def _false_negative_rate_gradient(t: Floats, q: Floats, s: Floats) -> Parts:
    by_true, by_predicted, by_support = _recall_gradient(t, q, s)
    return -by_true, -by_predicted, -by_support


def _clear(x: Floats) -> Floats:
    """Return x with rounding noise of shares (1 − s where s sums to 1 in 1e-16 steps) set to 0."""
    return np.where(np.abs(x) < 1e-14, 0.0, x)


PRECISION = Ratio("precision", _precision, _precision_gradient, "the class was never predicted", undefined_of_all="no label was predicted")
RECALL = Ratio("recall", _recall, _recall_gradient, "the class never occurs among the labels", undefined_of_all="no label occurs")
F1 = Ratio("f1", _f1, _f1_gradient, "the class neither occurs nor was predicted", undefined_of_all="no label occurs or was predicted")
SPECIFICITY = Ratio("specificity", _specificity, _specificity_gradient, "there are no negative examples")
FALSE_POSITIVE_RATE = Ratio(
    "false_positive_rate", _false_positive_rate, _false_positive_rate_gradient, "there are no negative examples", Direction.LOWER
)
FALSE_NEGATIVE_RATE = Ratio(
    "false_negative_rate", _false_negative_rate, _false_negative_rate_gradient, "there are no positive examples", Direction.LOWER
)
