"""The joint cells of some slices, counted by the labels that occur in each. Knows no metric.

An *entry* is a pair of slice and label that occurs. The cost is that of the entries and of the cells that differ between the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.cell_groups import Atoms, CellGroup
from memeci.metrics.metric import LabelCounts, average_counts
from memeci.metrics.runs import Entries, Runs, build_runs, find_entries
from memeci.metrics.sums import divide, sum_by
from memeci.metrics.tallies import Codes, Tallies


class _Keys(NamedTuple):
    """Slice · K + label of the labels and of both predictions, int64[R] each; where they are the same, one array."""

    label: Codes
    base: Codes
    cand: Codes


class ChunkRows:
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


class ClassTable(msgspec.Struct, frozen=True):
    """Examples of each entry, float64[E], by what both models said: of the class where "right" or "wrong", of the others
    where they were "taken" for it.

    right, broken, fixed, wrong     of the class: right in both models, in the baseline alone, in the candidate alone, in neither
    taken, taken_base, taken_cand   of other classes: taken for it by both models, by the baseline alone, by the candidate alone
    """

    right: Floats
    broken: Floats
    fixed: Floats
    wrong: Floats
    taken: Floats
    taken_base: Floats
    taken_cand: Floats


class SwapEntries(NamedTuple):
    """Where both predictions of the atoms of some slices lie, int64[R]: their entries, and the same marked where they are right."""

    low: Codes
    high: Codes
    marked_low: Codes
    marked_high: Codes


class Chunk:
    """The cells of some slices.

    total                            float64[S]  examples of each slice
    base_counts, cand_counts, mean_counts        of both models, and midway between them
    wrong                            int64[E]    the entry predicted most in the slice besides the entry's own; None for one label
    """

    def __init__(self, groups: Sequence[CellGroup], n_slices: int, tallies: Tallies) -> None:
        self.tallies, self.n_slices, self.n_labels = tallies, n_slices, len(tallies.labels)
        keys = [_find_keys(group, self.n_labels) for group in groups]
        self.entries = find_entries(n_slices, self.n_labels, [key for three in keys for key in three])
        self.rows = [ChunkRows(group, three, self.entries) for group, three in zip(groups, keys, strict=True)]
        self.total = self.sum([rows.n for rows in self.rows])
        support = self._share([(rows.label, rows.n) for rows in self.rows])
        self.base_counts = self._count([(rows.predicted_base, rows.base, rows.n) for rows in self.rows], support)
        self.cand_counts = self._count([(rows.predicted_cand, rows.cand, rows.n) for rows in self.rows], support)
        self.mean_counts = average_counts(self.base_counts, self.cand_counts)
        self.wrong = _find_wrong(self.entries.runs, self.cand_counts.predicted) if self.n_labels > 1 else None

    def sum(self, by_group: Sequence[Floats]) -> Floats:
        """Return float64[S]: the sums of numbers float64[R] of each group's cells."""
        return sum((rows.runs.total(values) for rows, values in zip(self.rows, by_group, strict=True)), start=np.zeros(self.n_slices))

    def _share(self, parts: Sequence[tuple[Codes, Floats]]) -> Floats:
        return divide(self._add_up(parts), self.entries.runs.spread(self.total), 0.0)

    def _add_up(self, parts: Sequence[tuple[Codes, Floats]]) -> Floats:
        sums = np.zeros(len(self.entries.label))
        for entry, n in parts:
            sums += sum_by(entry, n, len(sums))
        return sums

    def _count(self, parts: Sequence[tuple[Codes, Codes, Floats]], support: Floats) -> LabelCounts:
        """``parts`` have the entry predicted, the same marked where it is right, and n."""
        right = self._share([(entry, n * (marked != entry)) for entry, marked, n in parts])
        predicted = self._share([(entry, n) for entry, _, n in parts])
        present = (support > 0) | (predicted > 0)
        e, positive = self.entries, self.tallies.positive
        return LabelCounts(e.runs, e.label, right, predicted, support, present, self.n_labels, positive)

    @cached_property
    def class_table(self) -> ClassTable:
        right, broken, fixed, wrong, taken, taken_base, taken_cand = (list[tuple[Codes, Floats]]() for _ in range(7))
        for rows in self.rows:
            if rows.concordant and rows.predicted_base is rows.label:
                right.append((rows.label, rows.n))
            elif rows.concordant:
                wrong.append((rows.label, rows.n))
                taken.append((rows.predicted_base, rows.n))
            else:
                was_right, is_right = rows.base != rows.predicted_base, rows.cand != rows.predicted_cand
                broken.append((rows.label, rows.n * was_right))
                fixed.append((rows.label, rows.n * is_right))
                wrong.append((rows.label, rows.n * ~(was_right | is_right)))
                taken_base.append((rows.predicted_base, rows.n * ~was_right))
                taken_cand.append((rows.predicted_cand, rows.n * ~is_right))
        return ClassTable(*map(self._add_up, (right, broken, fixed, wrong, taken, taken_base, taken_cand)))

    def find_swaps(self, atoms: Atoms, slices: Codes, atom: Codes) -> SwapEntries:
        """Return where the predictions of atoms lie; ``slices`` are counted from the chunk's first."""
        at, n_entries = slices * self.n_labels, len(self.entries.label)
        label, low, high = (self.entries.place[at + code[atom]] for code in (atoms.label, atoms.low, atoms.high))
        return SwapEntries(low, high, low + (low == label) * n_entries, high + (high == label) * n_entries)


def _find_keys(group: CellGroup, n_labels: int) -> _Keys:
    at = group.slice * n_labels
    label = at + group.label
    base = label if group.base is group.label else at + group.base
    return _Keys(label, base, base if group.cand is group.base else at + group.cand)


def _find_wrong(runs: Runs, predicted: Floats) -> Codes:
    """Return int64[E]: the entry of the label predicted most in the slice besides the entry's own."""
    most = runs.find_largest(predicted)
    others = predicted.copy()
    others[most] = -1.0
    wrong = runs.spread(most)
    wrong[most] = runs.find_largest(others)
    return wrong
