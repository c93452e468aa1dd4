"""The joint cells of some slices, counted by the labels that occur in each. Knows no metric.

An *entry* is a pair of slice and label that occurs. The cost is that of the entries and of the cells that differ between the models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.measuring.cell_groups import Atoms, CellGroup
from memeci.measuring.entries import Entries, find_entries
from memeci.metrics.metric import LabelCounts, average_counts
from memeci.metrics.runs import Runs, build_runs
from memeci.sums import divide, sum_by
from memeci.tallies import Codes, Tallies


class _Keys(NamedTuple):
    """Slice · K + label of the labels and of both predictions, int64[R] each; where they are the same, one array."""

    label: Codes
    base: Codes
    cand: Codes


class ChunkRows:
    """One group's cells: the entries of their label and of what was predicted (behind all entries where that is right).

    ``concordant``: both models predict the same; ``right``: and it is right.
    """

    def __init__(self, group: CellGroup, keys: _Keys, entries: Entries) -> None:
        self.runs, self.n = build_runs(group.slice, entries.runs.n_slices), group.n
        self.concordant, self.right = keys.cand is keys.base, keys.cand is keys.label
        self.label, n_entries = entries.place[keys.label], len(entries.label)
        self.predicted_base = self.label if keys.base is keys.label else entries.place[keys.base]
        self.predicted_cand = self.predicted_base if self.concordant else entries.place[keys.cand]
        if self.concordant:
            self.base = self.cand = self.label + n_entries if self.right else self.predicted_base
        else:
            self.base, self.cand = (p + (p == self.label) * n_entries for p in (self.predicted_base, self.predicted_cand))


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
    table                                        examples of each entry
    base_counts, cand_counts, mean_counts        of both models, and midway between them
    wrong                            int64[E]    the entry predicted most in the slice besides the entry's own; None for one label
    """

    def __init__(self, groups: Sequence[CellGroup], n_slices: int, tallies: Tallies) -> None:
        self.tallies, self.n_slices, self.n_labels = tallies, n_slices, len(tallies.labels)
        keys = [_find_keys(group, self.n_labels) for group in groups]
        self.entries = find_entries(n_slices, self.n_labels, [key for three in keys for key in three])
        self.rows = [ChunkRows(group, three, self.entries) for group, three in zip(groups, keys, strict=True)]
        self.total = self.sum([rows.n for rows in self.rows])
        self.table = t = self._count()
        support = t.right + t.broken + t.fixed + t.wrong
        self.base_counts = self._share(t.right + t.broken, t.right + t.broken + t.taken + t.taken_base, support)
        self.cand_counts = self._share(t.right + t.fixed, t.right + t.fixed + t.taken + t.taken_cand, support)
        self.mean_counts = average_counts(self.base_counts, self.cand_counts)
        self.wrong = _find_wrong(self.entries.runs, self.cand_counts.predicted) if self.n_labels > 1 else None

    def sum(self, by_group: Sequence[Floats]) -> Floats:
        """Return float64[S]: the sums of numbers float64[R] of each group's cells."""
        return sum((rows.runs.total(values) for rows, values in zip(self.rows, by_group, strict=True)), start=np.zeros(self.n_slices))

    def _share(self, right: Floats, predicted: Floats, support: Floats) -> LabelCounts:
        total, e = self.entries.runs.spread(self.total), self.entries
        true, said, share = (divide(counts, total, 0.0) for counts in (right, predicted, support))
        return LabelCounts(e.runs, e.label, true, said, share, (support > 0) | (predicted > 0), self.n_labels, self.tallies.positive)

    def _count(self) -> ClassTable:
        right, broken, fixed, wrong, taken, taken_base, taken_cand = (list[tuple[Codes, Floats]]() for _ in range(7))
        for rows in self.rows:
            if rows.right:
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

    def _add_up(self, parts: Sequence[tuple[Codes, Floats]]) -> Floats:
        sums = np.zeros(len(self.entries.label))
        for entry, n in parts:
            sums += sum_by(entry, n, len(sums))
        return sums

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
