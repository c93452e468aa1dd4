"""Label metrics on every slice: values from counts, the delta method on joint cells or by unit, and the effect of swaps.

Sources: the derivatives of `ratios` and `agreement`; a cell (y, b, c) has influence
[∂t_y 1(c=y) + ∂q_c + ∂s_y] at the candidate's counts − [∂t_y 1(b=y) + ∂q_b + ∂s_y] at the baseline's, centred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from memeci.measurements import Floats
from memeci.metrics.cell_counts import LabelValues, measure_cells
from memeci.metrics.cell_groups import Atoms
from memeci.metrics.cell_rows import CellRows, MultilabelRows, Rows
from memeci.metrics.metric import LabelMetric
from memeci.metrics.part import Part, PartBlock, UnitInfluence, explain_missing
from memeci.metrics.runs import Codes
from memeci.metrics.tallies import SliceSet, Tallies

# Slices × labels held at once by the rows of units; a set with more is measured in parts.
DENSE_LIMIT = 500_000


def measure_labels(tallies: Tallies, metrics: Sequence[LabelMetric], positions: Sequence[int]) -> Part:
    """Return the part of all label metrics."""
    atoms: Atoms | None = None
    if tallies.cells is not None and tallies.cells.unit is None:
        atoms = Atoms(tallies.cells)
        found = measure_cells(tallies.cells, tallies, metrics, atoms)
    else:
        found = _measure_units(tallies, metrics)
    if not tallies.has_baseline:
        found.base[:] = np.nan
    reasons = explain_missing([m.undefined for m in metrics], found.base, found.cand, has_baseline=tallies.has_baseline)
    none = np.full(found.base.shape, -1.0)
    swaps = () if atoms is None else (atoms.count, atoms.imbalance)
    return Part(np.array(positions), found.base, found.cand, found.se, found.se_plus, none, none, reasons, found.blocks, *swaps)


def _measure_units(tallies: Tallies, metrics: Sequence[LabelMetric]) -> LabelValues:
    """Return the same from the sums of units: groups, weights, several labels an example."""
    arrays = np.full((3, len(tallies.leaves.slices), len(metrics)), np.nan)
    blocks: list[PartBlock] = []
    first = 0
    for slice_set in tallies.leaves.sets:
        for rows, start, width in _row_sets(tallies, slice_set):
            at = slice(first + start, first + start + width)
            measured = _SetLabels(rows, metrics, tallies)
            se, found = measured.errors_and_blocks(first + start)
            arrays[:, at] = measured.base_values, measured.cand_values, se
            blocks.extend(found)
        first += len(slice_set.keys)
    base, cand, se = arrays
    return LabelValues(base, cand, se, se, tuple(blocks))


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
        yield CellRows(tallies.cells, tallies, _shift(slice_set, start, width)[tallies.cells.leaf], width), start, width


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

    def errors_and_blocks(self, first: int) -> tuple[Floats, list[PartBlock]]:
        """Return standard errors and swap effects by unit."""
        influence = np.stack([self._influence(m) for m in self.metrics], axis=1)
        effects = np.stack([self.rows.swap_effect(m.gradient(self.rows.mean_counts)) for m in self.metrics], axis=1)
        return self._from_units(influence, effects, first)

    def _influence(self, metric: LabelMetric) -> Floats:
        """Return float64[R]: a row's influence on candidate − baseline, centred within its slice."""
        gradients = self.rows.base_gradient(metric), metric.gradient(self.rows.cand_counts)
        return self.rows.centre(self.rows.influence(*gradients))

    def _from_units(self, influence: Floats, effects: Floats, first: int) -> tuple[Floats, list[PartBlock]]:
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
        return se, blocks
