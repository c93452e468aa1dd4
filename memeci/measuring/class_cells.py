"""Ratios of single classes (`recall[spam]`), all classes at once: the cost is that of the labels that occur, however many are asked for.

One class against the rest is a table of eight numbers, so values, errors and swap effects of a thousand classes come from one
pass over the cells. The results are those of `label_cells`, metric by metric.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats
from memeci.measuring.cell_chunk import Chunk
from memeci.measuring.cell_groups import Atoms, SlicedAtoms
from memeci.measuring.part import PartBlock
from memeci.metrics.averages import OfClass, Ratio
from memeci.metrics.metric import LabelCounts, LabelMetric
from memeci.sums import divide, sum_by
from memeci.tallies import Codes


class _Slopes(msgspec.Struct, frozen=True):
    """float64[E] each: what one example adds to its class's ratio as a right prediction, as a wrong one, and as an example of the class."""

    right: Floats
    taken: Floats
    support: Floats


class ClassRatio(msgspec.Struct, frozen=True):
    """One ratio of C classes. ``positions`` int64[C] says where in the list of metrics each is; ``place`` int64[K] which of the C a
    label is, −1 for none."""

    ratio: Ratio
    positions: Codes
    place: Codes

    def measure(self, chunk: Chunk) -> NDArray[np.float64]:
        """Return float64[4, S, C]: the values of both models, SE and SE⁺."""
        found = np.zeros((4, chunk.n_slices, len(self.positions)))
        found[:2] = self.ratio.value(*np.zeros((3, 1)))  # of a label that does not occur in the slice
        entries = np.flatnonzero(self.place[chunk.entries.label] >= 0)
        base, cand = (self.ratio.value(*_list_parts(counts)) for counts in (chunk.base_counts, chunk.cand_counts))
        at = chunk.entries.runs.slice[entries], self.place[chunk.entries.label[entries]]
        for row, values in zip(found, (base, cand, *self._measure_errors(chunk)), strict=True):
            row[at] = values[entries]
        return found

    def _measure_errors(self, chunk: Chunk) -> tuple[Floats, Floats]:
        """Return SE and SE⁺, float64[E] each."""
        nothing = np.zeros(len(chunk.entries.label))
        base = self._find_slopes(chunk.base_counts) if chunk.tallies.has_baseline else _Slopes(nothing, nothing, nothing)
        cand, table = self._find_slopes(chunk.cand_counts), chunk.table
        support, total = cand.support - base.support, chunk.entries.runs.spread(chunk.total)
        influences = (
            (table.right, cand.right - base.right + support),
            (table.broken, support - base.right),
            (table.fixed, cand.right + support),
            (table.wrong, support),
            (table.taken, cand.taken - base.taken),
            (table.taken_base, -base.taken),
            (table.taken_cand, cand.taken),
        )
        mean = divide(sum(n * influence for n, influence in influences), total, 0.0)
        rest = total - sum(n for n, _ in influences)
        squares = rest * mean**2 + sum(n * (influence - mean) ** 2 for n, influence in influences)
        extra = _add_pseudo_flips(chunk, base, cand, mean)
        return divide(np.sqrt(squares), total, 0.0), divide(np.sqrt(squares + extra), total, 0.0)

    def _find_slopes(self, counts: LabelCounts) -> _Slopes:
        by_true, by_predicted, by_support = self.ratio.gradient(*_list_parts(counts))
        return _Slopes(by_true + by_predicted, by_predicted, by_support)

    def find_effects(self, chunk: Chunk) -> Floats:
        """Return float64[2E]: what a wrong prediction of each entry's label adds midway between the models, then what a right one does."""
        slopes, share = self._find_slopes(chunk.mean_counts), chunk.entries.runs.spread(divide(1.0, chunk.total, 0.0))
        return np.concatenate([slopes.taken * share, slopes.right * share])


def build_ratio_blocks(ratios: Sequence[ClassRatio], chunk: Chunk, atoms: Atoms, sliced: SlicedAtoms, first: int) -> Iterator[PartBlock]:
    """Yield the swap effects of each slice's atoms: each atom acts on the two classes that were predicted."""
    effects = [ratio.find_effects(chunk) for ratio in ratios]
    bounds = np.searchsorted(sliced.slice, np.arange(chunk.n_slices + 1)) if ratios else np.zeros(0)
    for s, (start, stop) in enumerate(itertools.pairwise(bounds)):
        swaps = chunk.find_swaps(atoms, sliced.slice[start:stop], sliced.atom[start:stop])
        label, atom = (np.concatenate(pair) for pair in (chunk.entries.label[[swaps.low, swaps.high]], [sliced.atom[start:stop]] * 2))
        for ratio, effect in zip(ratios, effects, strict=True):
            run, change = ratio.place[label], np.concatenate([-effect[swaps.marked_low], effect[swaps.marked_high]])
            if len(run) and run.min() < 0:
                kept = np.flatnonzero(run >= 0)
                yield PartBlock(first + s, atom[kept], change[kept, None], ratio.positions, run[kept])
            else:
                yield PartBlock(first + s, atom, change[:, None], ratio.positions, run)


def gather_ratios(metrics: Sequence[LabelMetric], positive: int | None, n_labels: int) -> list[ClassRatio]:
    """Return the metrics of single known classes, by ratio. A class that is asked for twice comes in two of them."""
    asked = [(m, metric.ratio, _find_label(metric, positive)) for m, metric in enumerate(metrics) if isinstance(metric, OfClass)]
    waiting = [(m, ratio, label) for m, ratio, label in asked if label is not None]
    gathered = []
    while waiting:
        place, positions, later = np.full(n_labels, -1), list[int](), list[tuple[int, Ratio, int]]()
        for m, ratio, label in waiting:
            if ratio is waiting[0][1] and place[label] < 0:
                place[label] = len(positions)
                positions.append(m)
            else:
                later.append((m, ratio, label))
        gathered.append(ClassRatio(waiting[0][1], np.array(positions), place))
        waiting = later
    return gathered


def _find_label(metric: OfClass, positive: int | None) -> int | None:
    return positive if metric.label is None else metric.label


def _list_parts(counts: LabelCounts) -> tuple[Floats, Floats, Floats]:
    return counts.true, counts.predicted, counts.support


def _add_pseudo_flips(chunk: Chunk, base: _Slopes, cand: _Slopes, mean: Floats) -> Floats:
    """Return float64[E]: Σ over the true classes of the slice of ½ (influence of right→wrong)² + ½ (wrong→right)².

    Of the flips of other classes only those towards this class move its ratio; the others are as far from ``mean`` as nothing is.
    """
    if chunk.wrong is None:
        return np.zeros_like(mean)
    occurs, support = chunk.cand_counts.support > 0, cand.support - base.support - mean
    towards = sum_by(chunk.wrong, occurs.astype(np.float64), len(mean))
    others = chunk.entries.runs.spread(chunk.entries.runs.total(occurs.astype(np.float64))) - occurs - towards
    own = (support - base.right) ** 2 + (support + cand.right) ** 2
    return 0.5 * (occurs * own + towards * ((cand.taken - mean) ** 2 + (base.taken + mean) ** 2) + others * 2 * mean**2)
