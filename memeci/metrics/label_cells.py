"""Label metrics where examples are independent: values, standard errors and swap effects straight from joint cells.

The cost is that of the labels that occur in each slice and of the cells that differ between the models. Sources: see `label_part`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.cell_groups import Atoms, CellGroup, SlicedAtoms, group_cells, slice_atoms, split_cells
from memeci.metrics.metric import Gradient, LabelCounts, LabelMetric, average_counts, find_base_gradient
from memeci.metrics.part import PartBlock
from memeci.metrics.runs import Entries, Runs, build_runs, find_entries
from memeci.metrics.sums import divide, sum_by
from memeci.metrics.tallies import CellTally, Codes, SliceSet, Tallies

CHUNK = 12_288
"""Slices × labels, and cells, taken at once: what the processor's cache holds."""


class LabelValues(msgspec.Struct, frozen=True):
    """float64[S, M] each, and a block of swap effects for each slice."""

    base: Floats
    cand: Floats
    se: Floats
    se_plus: Floats
    blocks: tuple[PartBlock, ...]


def measure_cells(cells: CellTally, tallies: Tallies, metrics: Sequence[LabelMetric], atoms: Atoms) -> LabelValues:
    """Return all label metrics on all slices; ``cells`` are those of ``tallies``, without units."""
    kinds, n_labels = split_cells(cells), len(tallies.labels)
    arrays = np.empty((4, len(tallies.leaves.slices), len(metrics)))
    blocks: list[PartBlock] = []
    first = 0
    for sets in _batch_sets(tallies.leaves.sets, n_labels):
        groups, sliced = [group_cells(kind, sets, n_labels) for kind in kinds], slice_atoms(atoms, sets)
        n_slices = sum(len(slice_set.keys) for slice_set in sets)
        for start, stop in _list_chunks(n_slices, n_labels):
            chunk = _Chunk([part for group in groups for part in group.cut(start, stop, max(CHUNK, n_labels))], stop - start, tallies)
            for m, metric in enumerate(metrics):
                arrays[:, first + start : first + stop, m] = chunk.measure(metric)
            blocks.extend(chunk.build_blocks(metrics, atoms, sliced.cut(start, stop), first + start))
        first += n_slices
    base, cand, se, se_plus = arrays
    return LabelValues(base, cand, se, se_plus, tuple(blocks))


def _batch_sets(sets: Sequence[SliceSet], n_labels: int) -> Iterator[list[SliceSet]]:
    """Yield sets that fit into one chunk together: many small steps cost more than a large one."""
    batch: list[SliceSet] = []
    for slice_set in sets:
        if batch and sum(len(one.keys) for one in (*batch, slice_set)) * n_labels > CHUNK:
            yield batch
            batch = []
        batch.append(slice_set)
    yield batch


def _list_chunks(n_slices: int, n_labels: int) -> Iterator[tuple[int, int]]:
    step = max(CHUNK // max(n_labels, 1), 1)
    return ((start, min(start + step, n_slices)) for start in range(0, n_slices, step))


class _Keys(NamedTuple):
    """Slice · K + label of the labels and of both predictions, int64[R] each; where they are the same, one array."""

    label: Codes
    base: Codes
    cand: Codes


class _Rows:
    """One group's cells: the entries of their label and of what was predicted (behind all entries where that is right)."""

    def __init__(self, group: CellGroup, keys: _Keys, entries: Entries) -> None:
        self.runs, self.n = build_runs(group.slice, entries.runs.n_slices), group.n
        self.concordant = keys.cand is keys.base
        self.label = entries.place[keys.label]
        self.predicted_base = self.label if keys.base is keys.label else entries.place[keys.base]
        self.predicted_cand = self.predicted_base if self.concordant else entries.place[keys.cand]
        self.base = self._mark_right(self.predicted_base, len(entries.label))
        self.cand = self.base if self.concordant else self._mark_right(self.predicted_cand, len(entries.label))

    def _mark_right(self, predicted: Codes, n_entries: int) -> Codes:
        return np.asarray(predicted + (predicted == self.label) * n_entries)

    def read_influence(self, base: Floats, cand: Floats, support: Floats) -> Floats:
        """Return float64[R]: influence of one example on candidate − baseline, not centred. For tables see `_lay_out`."""
        influence = (cand - base).take(self.base) if self.concordant else cand.take(self.cand) - base.take(self.base)
        return influence + support.take(self.label) if support.any() else influence

    def square_off(self, mean: Floats, influence: Floats) -> Floats:
        """Return float64[R]: n times the squared distance from the slice's mean."""
        distance = influence - self.runs.spread(mean)
        return np.asarray(self.n * distance * distance)


class _Chunk:
    """The cells of some slices."""

    def __init__(self, groups: Sequence[CellGroup], n_slices: int, tallies: Tallies) -> None:
        self.tallies, self.n_slices, self.n_labels = tallies, n_slices, len(tallies.labels)
        keys = [_find_keys(group, self.n_labels) for group in groups]
        self.entries = find_entries(n_slices, self.n_labels, [key for three in keys for key in three])
        self.rows = [_Rows(group, three, self.entries) for group, three in zip(groups, keys, strict=True)]
        self.total = self._sum([rows.n for rows in self.rows])
        support = self._share([(rows.label, rows.n) for rows in self.rows])
        self.base_counts = self._count([(rows.predicted_base, rows.base, rows.n) for rows in self.rows], support)
        self.cand_counts = self._count([(rows.predicted_cand, rows.cand, rows.n) for rows in self.rows], support)
        self.mean_counts = average_counts(self.base_counts, self.cand_counts)
        self.wrong = _find_wrong(self.entries.runs, self.cand_counts.predicted) if self.n_labels > 1 else None

    def _share(self, parts: Sequence[tuple[Codes, Floats]]) -> Floats:
        sums = np.zeros(len(self.entries.label))
        for entry, n in parts:
            sums += sum_by(entry, n, len(sums))
        return divide(sums, self.entries.runs.spread(self.total), 0.0)

    def _count(self, parts: Sequence[tuple[Codes, Codes, Floats]], support: Floats) -> LabelCounts:
        """``parts`` have the entry predicted, the same marked where it is right, and n."""
        right = self._share([(entry, n * (marked != entry)) for entry, marked, n in parts])
        predicted = self._share([(entry, n) for entry, _, n in parts])
        present = (support > 0) | (predicted > 0)
        e, positive = self.entries, self.tallies.positive
        return LabelCounts(e.runs, e.label, right, predicted, support, present, self.n_labels, positive)

    def measure(self, metric: LabelMetric) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the values of both models, SE and SE⁺ of each slice."""
        base = find_base_gradient(metric, self.base_counts, has_baseline=self.tallies.has_baseline)
        cand = metric.gradient(self.cand_counts)
        tables, support = (_lay_out(base), _lay_out(cand)), cand.support - base.support
        influences = [rows.read_influence(*tables, support) for rows in self.rows]
        mean = divide(self._sum([rows.n * one for rows, one in zip(self.rows, influences, strict=True)]), self.total, 0.0)
        squares = self._sum([rows.square_off(mean, one) for rows, one in zip(self.rows, influences, strict=True)])
        extra = self._add_pseudo_flips(*tables, support, mean)
        values = metric.value(self.base_counts), metric.value(self.cand_counts)
        return *values, divide(np.sqrt(squares), self.total), divide(np.sqrt(squares + extra), self.total)

    def _sum(self, by_group: Sequence[Floats]) -> Floats:
        return sum((rows.runs.total(values) for rows, values in zip(self.rows, by_group, strict=True)), start=np.zeros(self.n_slices))

    def _add_pseudo_flips(self, base: Floats, cand: Floats, support: Floats, mean: Floats) -> Floats:
        """Return float64[S]: Σ over true classes of ½ (influence of right→wrong)² + ½ (wrong→right)².

        ``mean`` float64[S] is the mean influence, taken off each flip's. The wrong class is the one predicted most in the
        slice besides the true one.
        """
        if self.wrong is None:
            return np.zeros(self.n_slices)
        n_entries, centre = len(support), support - self.entries.runs.spread(mean)
        broken = cand.take(self.wrong) - base[n_entries:] + centre
        fixed = cand[n_entries:] - base.take(self.wrong) + centre
        return self.entries.runs.total((broken * broken + fixed * fixed) * (0.5 * (self.cand_counts.support > 0)))

    def build_blocks(self, metrics: Sequence[LabelMetric], atoms: Atoms, sliced: SlicedAtoms, first: int) -> list[PartBlock]:
        """Return the swap effects of each slice's atoms."""
        share = self.entries.runs.spread(divide(1.0, self.total, 0.0))
        tables = [_lay_out(metric.gradient(self.mean_counts), share) for metric in metrics]
        effects = np.empty((len(metrics), len(sliced.atom)))
        for rows in (slice(start, start + CHUNK) for start in range(0, len(sliced.atom), CHUNK)):
            low, high = self._find_atoms(atoms, sliced.slice[rows], sliced.atom[rows])
            for m, table in enumerate(tables):
                np.subtract(table.take(high), table.take(low), out=effects[m, rows])
        bounds = np.searchsorted(sliced.slice, np.arange(self.n_slices + 1))
        return [PartBlock(first + s, sliced.atom[a:b], effects[:, a:b].T) for s, (a, b) in enumerate(itertools.pairwise(bounds))]

    def _find_atoms(self, atoms: Atoms, slices: Codes, atom: Codes) -> tuple[Codes, Codes]:
        """Return the entries of both predictions of the atoms, marked where they are right."""
        at, n_entries = slices * self.n_labels, len(self.entries.label)
        label, low, high = (self.entries.place[at + code[atom]] for code in (atoms.label, atoms.low, atoms.high))
        return low + (low == label) * n_entries, high + (high == label) * n_entries


def _find_keys(group: CellGroup, n_labels: int) -> _Keys:
    at = group.slice * n_labels
    label = at + group.label
    base = label if group.base is group.label else at + group.base
    return _Keys(label, base, base if group.cand is group.base else at + group.cand)


def _lay_out(gradient: Gradient, factor: Floats | float = 1.0) -> Floats:
    """Return float64[2E]: what a wrong prediction of each entry's label adds, then what a right one does."""
    return np.concatenate([gradient.predicted * factor, (gradient.predicted + gradient.true) * factor])


def _find_wrong(runs: Runs, predicted: Floats) -> Codes:
    """Return int64[E]: the entry of the label predicted most in the slice besides the entry's own."""
    most = runs.find_largest(predicted)
    others = predicted.copy()
    others[most] = -1.0
    wrong = runs.spread(most)
    wrong[most] = runs.find_largest(others)
    return wrong
