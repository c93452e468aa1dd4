"""Confusion counts → a small square of pearls: the six classes with the most mistakes where there are more."""

from __future__ import annotations

import math
from collections import defaultdict

import msgspec

from memeci.memes.captions import shorten
from memeci.records import Confusion, Evaluation

MAX_CLASSES = 6


class Pearl(msgspec.Struct, frozen=True):
    """One cell. ``role`` is seen from the focus class: tp, fp, fn, tn_hit (another class, right), tn_miss.

    ``size`` is between 0 and 1, so that areas are as counts.
    """

    true: int
    predicted: int
    count: int
    baseline: int
    role: str
    size: float


class Matrix(msgspec.Struct, frozen=True):
    """``rows[i][j]`` is true class i predicted as j. The four totals are of the whole matrix, also where classes are hidden."""

    labels: tuple[str, ...]
    rows: tuple[tuple[Pearl, ...], ...]
    focus: int
    n_classes: int
    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def k(self) -> int:
        return len(self.labels)

    @property
    def hidden(self) -> int:
        return self.n_classes - len(self.labels)


def build_matrix(evaluation: Evaluation, focus_label: str | None = None) -> Matrix | None:
    """Return the matrix to draw; None where there are no counts. The focus is ``focus_label``, the positive class, or the worst."""
    confusion = evaluation.confusion
    if confusion is None or not confusion.cells or not confusion.labels:
        return None
    mistakes = _count_mistakes(confusion)
    focus = _find_focus(confusion, mistakes, focus_label if focus_label is not None else evaluation.positive_label)
    worst = sorted(range(len(confusion.labels)), key=lambda i: (i != focus, -mistakes[i], i))[:MAX_CLASSES]
    shown = sorted(worst)
    counts = {(cell.true, cell.predicted): (cell.candidate, cell.baseline) for cell in confusion.cells}
    largest = max((counts.get((i, j), (0, 0))[0] for i in shown for j in shown), default=0)
    rows = tuple(tuple(_build_pearl(counts, i, j, focus, largest) for j in shown) for i in shown)
    total = sum(cell.candidate for cell in confusion.cells)
    tp = counts.get((focus, focus), (0, 0))[0]
    fp = sum(cell.candidate for cell in confusion.cells if cell.predicted == focus and cell.true != focus)
    fn = sum(cell.candidate for cell in confusion.cells if cell.true == focus and cell.predicted != focus)
    labels = tuple(shorten(confusion.labels[i], 14) or f"#{i + 1}" for i in shown)
    return Matrix(labels, rows, shown.index(focus), len(confusion.labels), tp, fp, fn, total - tp - fp - fn)


def _build_pearl(counts: dict[tuple[int, int], tuple[int, int]], i: int, j: int, focus: int, largest: int) -> Pearl:
    count, baseline = counts.get((i, j), (0, 0))
    if i == focus:
        role = "tp" if j == focus else "fn"
    elif j == focus:
        role = "fp"
    else:
        role = "tn_hit" if i == j else "tn_miss"
    return Pearl(i, j, count, baseline, role, math.sqrt(count / largest) if largest else 0.0)


def _count_mistakes(confusion: Confusion) -> dict[int, int]:
    mistakes: dict[int, int] = defaultdict(int)
    for cell in confusion.cells:
        if cell.true != cell.predicted and max(cell.true, cell.predicted) < len(confusion.labels):
            mistakes[cell.true] += cell.candidate
            mistakes[cell.predicted] += cell.candidate
    return mistakes


def _find_focus(confusion: Confusion, mistakes: dict[int, int], label: str | None) -> int:
    if label is not None and label in confusion.labels:
        return confusion.labels.index(label)
    return max(range(len(confusion.labels)), key=lambda i: (mistakes[i], -i))
