"""Label metrics on every slice: values from counts, the delta method on joint cells or by unit, and the effect of swaps.

Sources: the derivatives of `ratios` and `agreement`; a cell (y, b, c) has influence
[∂t_y 1(c=y) + ∂q_c + ∂s_y] at the candidate's counts − [∂t_y 1(b=y) + ∂q_b + ∂s_y] at the baseline's, centred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from memeci.measurements import Floats
from memeci.metrics.cell_rows import CellRows, MultilabelRows, Rows
from memeci.metrics.cell_swaps import Atoms, build_blocks, measure_errors, merge_cells
from memeci.metrics.metric import LabelMetric
from memeci.metrics.part import Part, PartBlock, UnitInfluence, explain_missing
from memeci.metrics.tallies import Codes, SliceSet, Tallies

# Slice × label counts held at once, for each metric; a set with more is measured in parts.
DENSE_LIMIT = 500_000


def measure_labels(tallies: Tallies, metrics: Sequence[LabelMetric], positions: Sequence[int]) -> Part:
    """Return the part of all label metrics."""
    shape = (len(tallies.leaves.slices), len(metrics))
    arrays = [np.full(shape, np.nan) for _ in range(4)]
    baseline, candidate, se, se_plus = arrays
    atoms = Atoms(tallies.cells) if tallies.cells is not None and tallies.cells.unit is None else None
    blocks: list[PartBlock] = []
    first = 0
    for slice_set in tallies.leaves.sets:
        for rows, start, width in _row_sets(tallies, slice_set):
            measured = _SetLabels(rows, metrics, tallies)
            at = slice(first + start, first + start + width)
            baseline[at], candidate[at] = measured.base_values, measured.cand_values
            if atoms is not None and isinstance(rows, CellRows):
                se[at], se_plus[at] = measure_errors(rows, metrics)
                slices = _shift(slice_set, start, width)
                blocks.extend(build_blocks(rows, metrics, atoms, slices, first + start))
            else:
                se[at], se_plus[at], found = measured.errors_and_blocks(first + start)
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


def _row_sets(tallies: Tallies, slice_set: SliceSet) -> Iterator[tuple[Rows, int, int]]:
    """Yield (rows, first slice, number of slices): as many slices at once as DENSE_LIMIT allows."""
    n_slices, n_labels = len(slice_set.keys), len(tallies.labels)
    if tallies.multilabel is not None:
        yield MultilabelRows(tallies.multilabel, tallies, slice_set), 0, n_slices
        return
    assert tallies.cells is not None  # noqa: S101 - the plan asked for them
    step = max(DENSE_LIMIT // max(n_labels, 1), 1)
    for start in range(0, n_slices, step):
        width = min(step, n_slices - start)
        cells, slices = tallies.cells, _shift(slice_set, start, width)[tallies.cells.leaf]
        if cells.unit is None:
            cells, slices = merge_cells(cells, slices, width, n_labels)
        yield CellRows(cells, tallies, slices, width), start, width


def _shift(slice_set: SliceSet, start: int, width: int) -> Codes:
    """Return int64[leaves]: the slices from ``start`` on as 0 … width − 1, all others as −1."""
    inside = (slice_set.membership >= start) & (slice_set.membership < start + width)
    return np.where(inside, slice_set.membership - start, -1)


class _SetLabels:
    """All label metrics on the slices of one set."""

    def __init__(self, rows: Rows, metrics: Sequence[LabelMetric], tallies: Tallies) -> None:
        self.rows, self.metrics, self.tallies = rows, metrics, tallies
        self.base_values = np.stack([m.value(rows.base_counts) for m in metrics], axis=1)
        self.cand_values = np.stack([m.value(rows.cand_counts) for m in metrics], axis=1)

    def errors_and_blocks(self, first: int) -> tuple[Floats, Floats, list[PartBlock]]:
        """Return standard errors and swap effects by unit."""
        influence = np.stack([self._influence(m) for m in self.metrics], axis=1)
        effects = np.stack([self.rows.swap_effect(m.gradient(self.rows.mean_counts)) for m in self.metrics], axis=1)
        return self._from_units(influence, effects, first)

    def _influence(self, metric: LabelMetric) -> Floats:
        """Return float64[R]: a row's influence on candidate − baseline, centred within its slice."""
        gradients = self.rows.base_gradient(metric), metric.gradient(self.rows.cand_counts)
        return self.rows.centre(self.rows.influence(*gradients))

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
