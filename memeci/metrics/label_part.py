"""Label metrics on every slice: values from counts, the delta method on joint cells or by unit, and the effect of swaps.

Sources: the derivatives of `ratios` and `agreement`; a cell (y, b, c) has influence
[∂t_y 1(c=y) + ∂q_c + ∂s_y] at the candidate's counts − [∂t_y 1(b=y) + ∂q_b + ∂s_y] at the baseline's, centred.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from memeci.measurements import Floats, Integers
from memeci.metrics.cell_rows import CellRows, MultilabelRows, Rows
from memeci.metrics.metric import Gradient, LabelMetric, Metric, divide
from memeci.metrics.part import Part, PartBlock, UnitInfluence, explain_missing
from memeci.metrics.tallies import CellTally, SliceSet, Tallies

# Above this many slice × label counts a set is measured slice by slice, over the labels that occur there.
DENSE_LIMIT = 4_000_000


def measure_labels(tallies: Tallies, metrics: Sequence[Metric], positions: Sequence[int]) -> Part:
    """Return the part of all label metrics."""
    shape = (len(tallies.leaves.slices), len(metrics))
    arrays = [np.full(shape, np.nan) for _ in range(4)]
    baseline, candidate, se, se_plus = arrays
    # Without a baseline nothing can be swapped; the errors are then those of the candidate's own values.
    atoms = _Atoms(tallies.cells) if tallies.cells is not None and tallies.cells.unit is None else None
    blocks: list[PartBlock] = []
    first = 0
    for slice_set in tallies.leaves.sets:
        for rows, start, width in _row_sets(tallies, slice_set):
            measured = _SetLabels(rows, metrics, tallies)  # type: ignore[arg-type]
            at = slice(first + start, first + start + width)
            baseline[at], candidate[at] = measured.base_values, measured.cand_values
            se[at], se_plus[at], found = measured.errors_and_blocks(first + start, atoms)
            blocks.extend(found)
        first += len(slice_set.keys)
    if not tallies.has_baseline:
        baseline[:] = np.nan
    reasons = explain_missing([m.undefined for m in metrics], baseline, candidate, has_baseline=tallies.has_baseline)
    none = np.full(shape, -1.0)
    places = np.array(positions)
    if atoms is None:
        return Part(places, baseline, candidate, se, se_plus, none, none, reasons, tuple(blocks))
    return Part(places, baseline, candidate, se, se_plus, none, none, reasons, tuple(blocks), atoms.count, atoms.imbalance)


def _row_sets(tallies: Tallies, slice_set: SliceSet) -> list[tuple[Rows, int, int]]:
    """Return (rows, first slice, number of slices): the whole set at once, or slice by slice where labels are many."""
    n_slices, n_labels = len(slice_set.keys), len(tallies.labels)
    if tallies.multilabel is not None:
        return [(MultilabelRows(tallies.multilabel, tallies, slice_set), 0, n_slices)]
    assert tallies.cells is not None  # noqa: S101 - the plan asked for them
    if n_slices * n_labels <= DENSE_LIMIT:
        return [(CellRows.of_set(tallies.cells, tallies, slice_set), 0, n_slices)]
    return [(CellRows.of_slice(tallies.cells, tallies, slice_set, s), s, 1) for s in range(n_slices)]


class _Atoms:
    """Discordant cell pairs {(y, b, c), (y, c, b)} at the finest division: what may be swapped.

    ``row_atom`` gives the atom of each row of the cell tally (−1 where both models agree), ``row_sign`` its orientation.
    """

    def __init__(self, cells: CellTally) -> None:
        low, high = np.minimum(cells.base, cells.cand), np.maximum(cells.base, cells.cand)
        discordant = cells.base != cells.cand
        keys = np.stack([cells.leaf, cells.label, low, high])[:, discordant]
        unique, inverse = np.unique(keys, axis=1, return_inverse=True)
        self.row_atom = np.full(len(cells.n), -1, dtype=np.int64)
        self.row_atom[discordant] = inverse.reshape(-1)
        self.row_sign = np.where(cells.base < cells.cand, 1, -1)
        n = cells.n[discordant]
        size = unique.shape[1]
        self.count: Integers = np.zeros(size, dtype=np.int64)
        np.add.at(self.count, self.row_atom[discordant], n)
        self.imbalance: Integers = np.zeros(size, dtype=np.int64)
        np.add.at(self.imbalance, self.row_atom[discordant], n * self.row_sign[discordant])


class _SetLabels:
    """All label metrics on the slices of one set."""

    def __init__(self, rows: Rows, metrics: Sequence[LabelMetric], tallies: Tallies) -> None:
        self.rows, self.metrics, self.tallies = rows, metrics, tallies
        self.base_values = np.stack([m.value(rows.base_counts) for m in metrics], axis=1)
        self.cand_values = np.stack([m.value(rows.cand_counts) for m in metrics], axis=1)

    def errors_and_blocks(self, first: int, atoms: _Atoms | None) -> tuple[Floats, Floats, list[PartBlock]]:
        influence = np.stack([self._influence(m) for m in self.metrics], axis=1)
        effects = np.stack([self.rows.swap_effect(m.gradient(self.rows.mean_counts)) for m in self.metrics], axis=1)
        if atoms is not None:
            return self._from_cells(influence, effects, atoms, first)
        return self._from_units(influence, effects, first)

    def _influence(self, metric: LabelMetric) -> Floats:
        """Return float64[R]: a row's influence on candidate − baseline, centred within its slice."""
        return self.rows.centre(self.rows.influence(*self._gradients(metric)))

    def _gradients(self, metric: LabelMetric) -> tuple[Gradient, Gradient]:
        cand = metric.gradient(self.rows.cand_counts)
        if self.tallies.has_baseline:
            return metric.gradient(self.rows.base_counts), cand
        nothing = np.zeros_like(self.rows.cand_counts.true)
        return Gradient(nothing, nothing, nothing), cand

    def _from_cells(self, influence: Floats, effects: Floats, atoms: _Atoms, first: int) -> tuple[Floats, Floats, list[PartBlock]]:
        rows = self.rows
        assert isinstance(rows, CellRows)  # noqa: S101 - only cells have atoms
        total = rows.total[:, None]
        squares = rows.sum_by_slice(rows.n[:, None] * influence**2)
        extra = np.stack([rows.pseudo_flips(*self._gradients(m)) for m in self.metrics], 1)
        se, se_plus = divide(np.sqrt(squares), total), divide(np.sqrt(squares + extra), total)
        return se, se_plus, self._cell_blocks(rows, effects, atoms, first)

    def _cell_blocks(self, rows: CellRows, effects: Floats, atoms: _Atoms, first: int) -> list[PartBlock]:
        atom = atoms.row_atom[rows.source]
        oriented = effects * atoms.row_sign[rows.source][:, None] / rows.total[rows.slice][:, None]
        discordant = np.flatnonzero(atom >= 0)
        # One row of each pair is enough: the other has the same effect with the opposite sign.
        _, one = np.unique(np.stack([rows.slice[discordant], atom[discordant]]), axis=1, return_index=True)
        chosen = discordant[one]
        bounds = np.searchsorted(rows.slice[chosen], np.arange(rows.n_slices + 1))
        return [PartBlock(first + s, atom[chosen[a:b]], oriented[chosen[a:b]]) for s, (a, b) in enumerate(itertools.pairwise(bounds))]

    def _from_units(self, influence: Floats, effects: Floats, first: int) -> tuple[Floats, Floats, list[PartBlock]]:
        rows, n_units = self.rows, self.tallies.n_units
        collected = UnitInfluence.empty(rows.n_slices, n_units, len(self.metrics))
        collected.shares[:] = rows.unit_shares(self.tallies)
        swapped = np.zeros_like(collected.sums)
        for m in range(len(self.metrics)):
            collected.sums[:, :, m] = rows.sum_by_unit(influence[:, m], n_units)
            swapped[:, :, m] = rows.sum_by_unit(effects[:, m], n_units)
        se = collected.standard_error()
        blocks = []
        for s in range(rows.n_slices):
            atoms = np.flatnonzero(collected.shares[s] > 0)
            blocks.append(PartBlock(first + s, atoms, swapped[s, atoms]))
        return se, se, blocks
