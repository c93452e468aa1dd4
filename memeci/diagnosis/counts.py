"""One class against the rest, from the confusion counts; and how far beyond chance a change of a rate lies."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum

import msgspec

from memeci.records import Confusion, ConfusionCell, Evaluation


class Side(Enum):
    BASELINE = "baseline"
    CANDIDATE = "candidate"


class ClassCounts(msgspec.Struct, frozen=True):
    """Counts of one class against the rest, on one side."""

    label: str
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def positives(self) -> int:
        return self.true_positive + self.false_negative

    @property
    def negatives(self) -> int:
        return self.false_positive + self.true_negative

    @property
    def recall(self) -> float | None:
        return self.true_positive / self.positives if self.positives else None


class Margins(msgspec.Struct, frozen=True):
    """Totals of a confusion matrix on one side, by index of the label."""

    diagonal: dict[int, int]
    true: dict[int, int]
    predicted: dict[int, int]
    n: int


def count_margins(confusion: Confusion, side: Side) -> Margins:
    """Return row, column and diagonal sums in one pass over the cells. Exact only where ``confusion.omitted`` is 0."""
    diagonal: dict[int, int] = defaultdict(int)
    true: dict[int, int] = defaultdict(int)
    predicted: dict[int, int] = defaultdict(int)
    known = len(confusion.labels)
    for cell in confusion.cells:
        if cell.true >= known or cell.predicted >= known:
            continue  # a record from outside may say anything
        count = _count(cell, side)
        true[cell.true] += count
        predicted[cell.predicted] += count
        if cell.true == cell.predicted:
            diagonal[cell.true] += count
    return Margins(diagonal, true, predicted, sum(true.values()))


def iterate_classes(evaluation: Evaluation) -> Iterator[tuple[ClassCounts | None, ClassCounts]]:
    """Yield (baseline, candidate) counts: of the positive class where there is one, else of every class.

    Yields nothing where the matrix is missing or was cut. The baseline is None where there is none.
    """
    confusion = evaluation.confusion
    if confusion is None or confusion.omitted:
        return
    candidate = count_margins(confusion, Side.CANDIDATE)
    baseline = count_margins(confusion, Side.BASELINE) if confusion.has_baseline else None
    for index, label in enumerate(confusion.labels):
        if evaluation.positive_label is None or label == evaluation.positive_label:
            yield (count_class(baseline, index, label) if baseline else None, count_class(candidate, index, label))


def count_class(margins: Margins, index: int, label: str) -> ClassCounts:
    hit = margins.diagonal.get(index, 0)
    false_positive = margins.predicted.get(index, 0) - hit
    false_negative = margins.true.get(index, 0) - hit
    return ClassCounts(label, hit, false_positive, false_negative, margins.n - hit - false_positive - false_negative)


def compute_z(before: int, n_before: int, after: int, n_after: int) -> float:
    """Return how many standard errors ``after``/``n_after`` lies above ``before``/``n_before``.

    Counts as if the two sides were independent. They are the same examples, mostly with the same answer, so the true
    standard error is smaller and this is cautious. One success and one failure are added to each side, so that 0 of n
    has an error too (Agresti and Caffo, The American Statistician 54, 2000).
    """
    p, q = (before + 1) / (n_before + 2), (after + 1) / (n_after + 2)
    return (q - p) / math.sqrt(p * (1 - p) / (n_before + 2) + q * (1 - q) / (n_after + 2))


def _count(cell: ConfusionCell, side: Side) -> int:
    return cell.baseline if side is Side.BASELINE else cell.candidate
