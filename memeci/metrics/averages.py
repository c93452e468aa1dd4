"""Per-class ratios (precision, recall, F1 …) and the ways to average them, by scikit-learn's definitions."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.metrics.metric import BINARY, CLASSIFICATION, Gradient, LabelCounts
from memeci.records import Direction, Task, Unit
from memeci.sums import divide

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

    def _list_values(self, counts: LabelCounts) -> Floats:
        """Return float64[E]: the ratio of every class, 0 for 0/0."""
        values = self.ratio.value(counts.true, counts.predicted, counts.support)
        return np.where(np.isnan(values), 0.0, values)


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

    def _find(self, counts: LabelCounts) -> NDArray[np.int64]:
        return counts.find(counts.positive if self.label is None else self.label)

    def value(self, counts: LabelCounts) -> Floats:
        if self.label is None and counts.positive is None:
            return np.full(counts.n_slices, np.nan)
        found = self._find(counts)
        parts = np.zeros((3, counts.n_slices))
        parts[:, counts.runs.slice[found]] = counts.true[found], counts.predicted[found], counts.support[found]
        return self.ratio.value(*parts)

    def gradient(self, counts: LabelCounts) -> Gradient:
        found = self._find(counts)
        dense = np.zeros((3, len(counts.label)))
        dense[:, found] = self.ratio.gradient(counts.true[found], counts.predicted[found], counts.support[found])
        return Gradient(*dense)


class Macro(_Average, frozen=True):
    """The plain mean over the classes that occur, true or predicted; 0/0 of such a class counts as 0."""

    @property
    def name(self) -> str:
        return f"macro_{self.ratio.name}"

    @property
    def undefined(self) -> str:
        return "no class occurs or was predicted"

    def value(self, counts: LabelCounts) -> Floats:
        values = self._list_values(counts)
        present = counts.present.astype(np.float64)
        return divide(counts.total(values * present), counts.total(present))

    def gradient(self, counts: LabelCounts) -> Gradient:
        present = counts.present.astype(np.float64)
        share = present * counts.spread(divide(1.0, counts.total(present), 0.0))
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
        return self.ratio.value(*_add_up(counts))

    def gradient(self, counts: LabelCounts) -> Gradient:
        return Gradient(*(counts.spread(part) for part in self.ratio.gradient(*_add_up(counts))))


def _add_up(counts: LabelCounts) -> tuple[Floats, Floats, Floats]:
    return counts.total(counts.true), counts.total(counts.predicted), counts.total(counts.support)


class Weighted(_Average, frozen=True):
    """The mean over the classes weighted by support; 0/0 of a class counts as 0."""

    @property
    def name(self) -> str:
        return f"weighted_{self.ratio.name}"

    @property
    def undefined(self) -> str:
        return "no label occurs"

    def value(self, counts: LabelCounts) -> Floats:
        values = self._list_values(counts)
        return divide(counts.total(values * counts.support), counts.total(counts.support))

    def gradient(self, counts: LabelCounts) -> Gradient:
        values = self._list_values(counts)
        inverse = divide(1.0, counts.total(counts.support), 0.0)
        share = counts.support * counts.spread(inverse)
        by_true, by_predicted, by_support = self.ratio.gradient(counts.true, counts.predicted, counts.support)
        off_mean = values - counts.spread(counts.total(share * values))
        return Gradient(share * by_true, share * by_predicted, share * by_support + off_mean * counts.spread(inverse))
