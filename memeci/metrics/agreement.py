"""Agreement of whole label vectors: accuracy, balanced accuracy, Matthews correlation, Cohen's kappa, Hamming loss."""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import CLASSIFICATION, ExampleNumber, Gradient, LabelCounts
from memeci.records import Direction, Task, Unit
from memeci.sums import divide


class Accuracy(msgspec.Struct, frozen=True):
    """Share of examples predicted right: Σ_k t_k. Empty data: cannot be computed.

    >>> import numpy as np
    >>> from memeci.metrics.runs import build_runs
    >>> true, predicted, support = np.array([[0.5, 0.25], [0.75, 0.25], [0.5, 0.5]])
    >>> counts = LabelCounts(build_runs(np.array([0, 0]), 1), np.array([0, 1]), true, predicted, support, support > 0, n_labels=2)
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
        return np.where(counts.total(counts.support) > 0, counts.total(counts.true), np.nan)

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
        return divide(counts.total(recalls), _count_classes(counts))

    def gradient(self, counts: LabelCounts) -> Gradient:
        by_true = divide(1.0, counts.support * counts.spread(_count_classes(counts)), 0.0)
        return Gradient(by_true, np.zeros_like(by_true), -divide(counts.true, counts.support, 0.0) * by_true)


def _count_classes(counts: LabelCounts) -> Floats:
    return counts.total((counts.support > 0).astype(np.float64))


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
        predicted, support = _spreads(counts)
        agreement = counts.total(counts.true) - counts.total(counts.support * counts.predicted)
        return divide(agreement, np.sqrt(predicted * support))

    def gradient(self, counts: LabelCounts) -> Gradient:
        predicted, support = _spreads(counts)
        value = np.nan_to_num(self.value(counts))
        inverse = counts.spread(divide(1.0, np.sqrt(predicted * support), 0.0))
        q, s = counts.predicted, counts.support
        by_predicted = q * counts.spread(divide(value, predicted, 0.0)) - s * inverse
        by_support = s * counts.spread(divide(value, support, 0.0)) - q * inverse
        return Gradient(inverse, by_predicted, by_support)


def _spreads(counts: LabelCounts) -> tuple[Floats, Floats]:
    """Return float64[S] each: 1 − Σq² and 1 − Σs²."""
    return _positive(1 - counts.total(counts.predicted**2)), _positive(1 - counts.total(counts.support**2))


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
        expected = counts.total(counts.support * counts.predicted)
        agreement = counts.total(counts.true) - expected
        return np.where(counts.total(counts.support) > 0, divide(agreement, _positive(1 - expected)), np.nan)

    def gradient(self, counts: LabelCounts) -> Gradient:
        expected = counts.total(counts.support * counts.predicted)
        room = _positive(1 - expected)
        by_expected = counts.spread(divide(counts.total(counts.true) - 1, room**2, 0.0))
        by_true = counts.spread(divide(1.0, room, 0.0))
        return Gradient(by_true, counts.support * by_expected, counts.predicted * by_expected)


class HammingLoss(msgspec.Struct, frozen=True):
    """Share of (example, label) pairs predicted wrong: Σ_k (s_k + q_k − 2 t_k) / K. No labels: cannot be computed."""

    name: str = "hamming_loss"
    direction: Direction = Direction.LOWER
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = frozenset({Task.MULTILABEL})
    undefined: str = "there are no labels"
    kind = "label"
    example_number = ExampleNumber("{wrong_labels}", Direction.LOWER)

    def value(self, counts: LabelCounts) -> Floats:
        wrong = counts.total(counts.support + counts.predicted - 2 * counts.true)
        return divide(wrong, np.full(len(wrong), float(counts.n_labels)))

    def gradient(self, counts: LabelCounts) -> Gradient:
        share = np.full_like(counts.true, 1 / max(1, counts.n_labels))
        return Gradient(-2 * share, share, share)
