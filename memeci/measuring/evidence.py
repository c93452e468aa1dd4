"""What a report shows besides the tests, from the same tallies: confusion, classes, flips, ROC, calibration."""

from __future__ import annotations

import math

import numpy as np

from memeci.measurements import Integers
from memeci.measuring.binned_scores import bin_scores
from memeci.measuring.example_order import sort_examples
from memeci.measuring.scored import Scores, list_sides
from memeci.measuring.sorted_scores import sort_scores
from memeci.metrics.calibration import build_calibration_bins
from memeci.metrics.thresholds import Thresholds
from memeci.records import CalibrationBin, ClassMetrics, Confusion, ConfusionCell, RocCurve
from memeci.sums import divide, sum_by
from memeci.tallies import ScoreArrays, Tallies

MAX_CELLS = 20_000
MAX_CLASSES_SHOWN = 1_000
MAX_ROC_POINTS = 64
ROC_BINS_ABOVE = 100_000


def build_confusion(tallies: Tallies) -> Confusion | None:
    """Return the confusion counts of both models, most frequent cells first; None for tasks without."""
    cells = tallies.cells
    if cells is None:
        return None
    size = len(tallies.labels)
    found: dict[tuple[int, int], list[int]] = {}
    for column, predicted in enumerate((cells.base, cells.cand)):
        keys, inverse = np.unique(cells.label * size + predicted, return_inverse=True)
        counts: Integers = np.zeros(len(keys), dtype=np.int64)
        np.add.at(counts, inverse.reshape(-1), cells.n)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            found.setdefault(divmod(key, size), [0, 0])[column] += count
    ordered = sorted(found.items(), key=lambda item: (-max(item[1]), item[0]))
    shown = tuple(ConfusionCell(t, p, n[0] if tallies.has_baseline else 0, n[1]) for (t, p), n in ordered[:MAX_CELLS])
    labels, shown = _keep_labels(tallies.labels, shown)
    return Confusion(labels, shown, tallies.has_baseline, max(0, len(ordered) - MAX_CELLS))


def _keep_labels(labels: tuple[str, ...], cells: tuple[ConfusionCell, ...]) -> tuple[tuple[str, ...], tuple[ConfusionCell, ...]]:
    """Return labels and cells as they are; of very many labels only those that some cell has, numbered anew."""
    if len(labels) <= MAX_CLASSES_SHOWN:
        return labels, cells
    used = sorted({code for cell in cells for code in (cell.true, cell.predicted)})
    code = {old: new for new, old in enumerate(used)}
    renumbered = tuple(ConfusionCell(code[c.true], code[c.predicted], c.baseline, c.candidate) for c in cells)
    return tuple(labels[k] for k in used), renumbered


def build_classes(tallies: Tallies) -> tuple[ClassMetrics, ...]:
    """Return precision, recall and F1 of each class for both models; of the MAX_CLASSES_SHOWN most frequent ones where there are more."""
    cells = tallies.cells
    if cells is None:
        return ()
    size = len(tallies.labels)
    support = sum_by(cells.label, cells.weight, size)
    examples = sum_by(cells.label, cells.n.astype(np.float64), size)
    sides = []
    for predicted in (cells.base, cells.cand):
        true = sum_by(cells.label, cells.weight * (predicted == cells.label), size)
        count = sum_by(predicted, cells.weight, size)
        sides.append([divide(true, count), divide(true, support), divide(2 * true, support + count)])
    base, cand = sides
    chosen = np.sort(np.argsort(-support, kind="stable")[:MAX_CLASSES_SHOWN])
    return tuple(
        ClassMetrics(
            tallies.labels[k],
            int(examples[k]),
            *(_finite(column[k]) for column in cand),
            *(_finite(column[k]) if tallies.has_baseline else None for column in base),
        )
        for k in chosen
    )


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def count_flips(tallies: Tallies) -> tuple[int, int, int] | None:
    """Return (fixed, broken, changed but wrong both times); None for tasks without labels or without a baseline."""
    cells = tallies.cells
    if cells is None or not tallies.has_baseline:
        return None
    right_before, right_now = cells.base == cells.label, cells.cand == cells.label
    changed = (cells.base != cells.cand) & ~right_before & ~right_now
    fixed, broken, changed_wrong = (int(cells.n[rows].sum()) for rows in (~right_before & right_now, right_before & ~right_now, changed))
    return fixed, broken, changed_wrong


def build_roc(scores: ScoreArrays | None, *, has_baseline: bool) -> RocCurve | None:
    """Return both ROC curves, thinned to MAX_ROC_POINTS; None without scores or with one class only."""
    if scores is None or not _has_both_classes(scores):
        return None
    sides = list_sides(scores, has_baseline=has_baseline and not np.isnan(scores.base).any())
    traces = [_trace(_find_thresholds(side)) for side in sides]
    return RocCurve(traces[0], traces[1] if len(traces) > 1 else None)


def _has_both_classes(scores: ScoreArrays) -> bool:
    label = scores.label if scores.weight is None else scores.label[scores.weight > 0]
    return len(label) > 0 and 0 < float(label.mean()) < 1


def _find_thresholds(scores: Scores) -> Thresholds:
    """Return the thresholds of a curve to look at: those between bins will do, unless some bin holds a visible part of a class."""
    if scores.weight is None and len(scores.score) > ROC_BINS_ABOVE:
        found = bin_scores(scores).thresholds
        if max(found.positive.max() / found.positives, found.negative.max() / found.negatives) < 1 / MAX_ROC_POINTS:
            return found
    return sort_scores(scores).thresholds


def _trace(found: Thresholds) -> tuple[tuple[float, float], ...]:
    fpr = np.r_[0.0, (1 - found.negative_below / found.negatives)[::-1]]
    tpr = np.r_[0.0, (1 - found.positive_below / found.positives)[::-1]]
    # Points at even steps of both axes: a curve that hugs the corner keeps its corner.
    wanted = np.linspace(0, 2, MAX_ROC_POINTS - 2)
    at = {0, *(np.searchsorted(fpr + tpr, wanted, side="right").clip(1, len(fpr)) - 1).tolist(), len(fpr) - 1}
    return tuple((round(float(fpr[i]), 6), round(float(tpr[i]), 6)) for i in sorted(at))


def build_calibration(scores: ScoreArrays | None) -> tuple[CalibrationBin, ...]:
    """Return the candidate's calibration bins; none without probabilities."""
    if scores is None or len(scores.cand) == 0 or scores.cand.min() < 0 or scores.cand.max() > 1:
        return ()
    if scores.weight is None:
        return build_calibration_bins(scores.label, scores.cand, None)
    order = sort_examples(scores.cand, scores.label, scores.weight)
    return build_calibration_bins(scores.label[order], scores.cand[order], scores.weight[order])
