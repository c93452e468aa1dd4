"""Per-class ratios (precision, recall, F1 …) and the ways to average them, by scikit-learn's definitions."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import BINARY, CLASSIFICATION, Gradient, LabelCounts, divide
from memeci.records import Direction, Task, Unit

ANY_LABELS = CLASSIFICATION | {Task.MULTILABEL}


class Ratio(msgspec.Struct, frozen=True):
    """A ratio of one class as a function of its true (t), predicted (q) and support (s) shares.

    ``value(t, q, s)`` gives NaN for 0/0; ``gradient(t, q, s)`` gives (∂t, ∂q, ∂s), zeros there. ``undefined`` explains 0/0
    of one class, ``undefined_of_all`` that of the sums over all.
    """

    name: str
    value: Callable[[Floats, Floats, Floats], Floats]
    gradient: Callable[[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]
    undefined: str
    direction: Direction = Direction.HIGHER
    undefined_of_all: str = ""


class _Average(msgspec.Struct, frozen=True):
    ratio: Ratio
    unit: Unit = Unit.RATE
    tasks: frozenset[Task] = ANY_LABELS
    kind = "label"

    @property
    def direction(self) -> Direction:
        return self.ratio.direction

    @property
    def undefined(self) -> str:
        return self.ratio.undefined


class OfClass(_Average, frozen=True):
    """The ratio of one class: the positive one of a binary task (``label`` None), or the class at index ``label``.

    No positive label, or a class that does not occur here: cannot be computed.
    """

    label: int | None = None
    title: str = ""
    tasks: frozenset[Task] = BINARY

    @property
    def name(self) -> str:
        return self.title or self.ratio.name

    def _find_column(self, counts: LabelCounts) -> int | None:
        return counts.positive if self.label is None else self.label

    def value(self, counts: LabelCounts) -> Floats:
        k = self._find_column(counts)
        if k is None:
            return np.full(len(counts.true), np.nan)
        return self.ratio.value(counts.true[:, k], counts.predicted[:, k], counts.support[:, k])

    def gradient(self, counts: LabelCounts) -> Gradient:
        k = self._find_column(counts)
        dense = Gradient(*(np.zeros_like(counts.true) for _ in range(3)))
        if k is not None:
            parts = self.ratio.gradient(counts.true[:, k], counts.predicted[:, k], counts.support[:, k])
            for whole, part in zip((dense.true, dense.predicted, dense.support), parts, strict=True):
                whole[:, k] = part
        return dense


class Macro(_Average, frozen=True):
    """The plain mean over the classes that occur, true or predicted; 0/0 of such a class counts as 0."""

    @property
    def name(self) -> str:
        return f"macro_{self.ratio.name}"

    @property
    def undefined(self) -> str:
        return "no class occurs or was predicted"

    def value(self, counts: LabelCounts) -> Floats:
        values = np.nan_to_num(self.ratio.value(counts.true, counts.predicted, counts.support))
        return divide(np.sum(values * counts.present, axis=1), counts.present.sum(axis=1))

    def gradient(self, counts: LabelCounts) -> Gradient:
        share = divide(counts.present.astype(np.float64), counts.present.sum(axis=1, keepdims=True), 0.0)
        return Gradient(*(share * part for part in self.ratio.gradient(counts.true, counts.predicted, counts.support)))


class Micro(_Average, frozen=True):
    """The ratio of the sums over all classes."""

    @property
    def name(self) -> str:
        return f"micro_{self.ratio.name}"

    @property
    def undefined(self) -> str:
        return self.ratio.undefined_of_all

    def value(self, counts: LabelCounts) -> Floats:
        return self.ratio.value(counts.true.sum(axis=1), counts.predicted.sum(axis=1), counts.support.sum(axis=1))

    def gradient(self, counts: LabelCounts) -> Gradient:
        sums = [part.sum(axis=1, keepdims=True) for part in (counts.true, counts.predicted, counts.support)]
        return Gradient(*(np.broadcast_to(part, counts.true.shape) for part in self.ratio.gradient(*sums)))


class Weighted(_Average, frozen=True):
    """The mean over the classes weighted by support; 0/0 of a class counts as 0."""

    @property
    def name(self) -> str:
        return f"weighted_{self.ratio.name}"

    @property
    def undefined(self) -> str:
        return "no label occurs"

    def value(self, counts: LabelCounts) -> Floats:
        values = np.nan_to_num(self.ratio.value(counts.true, counts.predicted, counts.support))
        return divide(np.sum(values * counts.support, axis=1), counts.support.sum(axis=1))

    def gradient(self, counts: LabelCounts) -> Gradient:
        values = np.nan_to_num(self.ratio.value(counts.true, counts.predicted, counts.support))
        total = counts.support.sum(axis=1, keepdims=True)
        share = divide(counts.support, total, 0.0)
        by_true, by_predicted, by_support = self.ratio.gradient(counts.true, counts.predicted, counts.support)
        mean = np.sum(share * values, axis=1, keepdims=True)
        return Gradient(share * by_true, share * by_predicted, share * by_support + divide(values - mean, total, 0.0))
