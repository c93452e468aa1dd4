"""Agreement of whole label vectors: accuracy, balanced accuracy, Matthews correlation, Cohen's kappa, Hamming loss."""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import CLASSIFICATION, Gradient, LabelCounts, divide
from memeci.records import Direction, Task, Unit


class Accuracy(msgspec.Struct, frozen=True):
    """Share of examples predicted right: Σ_k t_k. Empty data: cannot be computed.

    >>> import numpy as np
    >>> counts = LabelCounts(np.array([[0.5, 0.25]]), np.array([[0.75, 0.25]]), np.array([[0.5, 0.5]]), np.array([[True, True]]))
    >>> float(Accuracy().value(counts)[0])
    0.75
    """

    name: str = "accuracy"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = CLASSIFICATION
    undefined: str = "there are no examples"
    kind = "label"

    def value(self, counts: LabelCounts) -> Floats:
        return np.where(counts.support.sum(axis=1) > 0, counts.true.sum(axis=1), np.nan)

    def gradient(self, counts: LabelCounts) -> Gradient:
        zero = np.zeros_like(counts.true)
        return Gradient(np.ones_like(counts.true), zero, zero)


class BalancedAccuracy(msgspec.Struct, frozen=True):
    """Mean recall over the classes that occur among the labels: mean of t_k / s_k. No labels: cannot be computed."""

    name: str = "balanced_accuracy"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = CLASSIFICATION
    undefined: str = "there are no examples"
    kind = "label"

    def value(self, counts: LabelCounts) -> Floats:
        recalls = divide(counts.true, counts.support, 0.0)
        return divide(recalls.sum(axis=1), (counts.support > 0).sum(axis=1))

    def gradient(self, counts: LabelCounts) -> Gradient:
        classes = (counts.support > 0).sum(axis=1, keepdims=True)
        by_true = divide(np.ones_like(counts.true), counts.support * classes, 0.0)
        by_support = -divide(counts.true, counts.support**2 * classes, 0.0)
        return Gradient(by_true, np.zeros_like(counts.true), by_support)


class MatthewsCorrelation(msgspec.Struct, frozen=True):
    """(A − E) / √(Q·S) with A = Σt, E = Σ s·q, Q = 1 − Σq², S = 1 − Σs² (Gorodkin 2004).

    One class only, true or predicted: cannot be computed.
    """

    name: str = "mcc"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = CLASSIFICATION
    undefined: str = "all labels, or all predictions, are of one class"
    kind = "label"

    def value(self, counts: LabelCounts) -> Floats:
        _, spread_predicted, spread_support, root = _spreads(counts)
        agreement = counts.true.sum(axis=1) - (counts.support * counts.predicted).sum(axis=1)
        computable = (spread_predicted > 0) & (spread_support > 0)
        return np.where(computable, divide(agreement, root), np.nan)

    def gradient(self, counts: LabelCounts) -> Gradient:
        _, spread_predicted, spread_support, root = _spreads(counts)
        value = np.nan_to_num(self.value(counts))[:, None]
        inverse = divide(np.ones_like(root), root, 0.0)[:, None]
        q, s = counts.predicted, counts.support
        return Gradient(
            np.broadcast_to(inverse, q.shape),
            -s * inverse + divide(value * q, spread_predicted[:, None], 0.0),
            -q * inverse + divide(value * s, spread_support[:, None], 0.0),
        )


def _spreads(counts: LabelCounts) -> tuple[Floats, Floats, Floats, Floats]:
    expected = (counts.support * counts.predicted).sum(axis=1)
    predicted = _positive(1 - (counts.predicted**2).sum(axis=1))
    support = _positive(1 - (counts.support**2).sum(axis=1))
    return expected, predicted, support, np.sqrt(predicted * support)


def _positive(x: Floats) -> Floats:
    return np.where(x < 1e-14, 0.0, x)


class CohenKappa(msgspec.Struct, frozen=True):
    """(A − E) / (1 − E) with A = Σt and E = Σ s·q. One and the same class everywhere (E = 1): cannot be computed."""

    name: str = "cohen_kappa"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = CLASSIFICATION
    undefined: str = "all labels and all predictions are of one class"
    kind = "label"

    def value(self, counts: LabelCounts) -> Floats:
        expected = (counts.support * counts.predicted).sum(axis=1)
        computable = counts.support.sum(axis=1) > 0
        return np.where(computable, divide(counts.true.sum(axis=1) - expected, _positive(1 - expected)), np.nan)

    def gradient(self, counts: LabelCounts) -> Gradient:
        expected = (counts.support * counts.predicted).sum(axis=1)
        room = _positive(1 - expected)
        by_expected = divide(counts.true.sum(axis=1) - 1, room**2, 0.0)[:, None]
        by_true = np.broadcast_to(divide(np.ones_like(room), room, 0.0)[:, None], counts.true.shape)
        return Gradient(by_true, counts.support * by_expected, counts.predicted * by_expected)


class HammingLoss(msgspec.Struct, frozen=True):
    """Share of (example, label) pairs predicted wrong: Σ_k (s_k + q_k − 2 t_k) / K. No labels: cannot be computed."""

    name: str = "hamming_loss"
    direction: Direction = Direction.LOWER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = frozenset({Task.MULTILABEL})
    undefined: str = "there are no labels"
    kind = "label"

    def value(self, counts: LabelCounts) -> Floats:
        wrong = (counts.support + counts.predicted - 2 * counts.true).sum(axis=1)
        return divide(wrong, np.full(len(wrong), float(counts.true.shape[1])))

    def gradient(self, counts: LabelCounts) -> Gradient:
        share = np.full_like(counts.true, 1 / max(1, counts.true.shape[1]))
        return Gradient(-2 * share, share, share)
