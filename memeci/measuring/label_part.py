"""Label metrics on every slice: values from counts, the delta method on joint cells or by unit, and the effect of swaps.

Sources: the derivatives of `ratios` and `agreement`; a cell (y, b, c) has influence
[∂t_y 1(c=y) + ∂q_c + ∂s_y] at the candidate's counts − [∂t_y 1(b=y) + ∂q_b + ∂s_y] at the baseline's, centred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from memeci.measurements import Floats
from memeci.measuring.cell_groups import Atoms
from memeci.measuring.label_cells import measure_cells
from memeci.measuring.part import LabelValues, Part, PartBlock, UnitInfluence, build_unit_blocks, explain_missing
from memeci.measuring.unit_rows import CellRows, MultilabelRows, Rows
from memeci.measuring.units import share_units
from memeci.metrics.metric import LabelMetric, find_base_gradient
from memeci.tallies import SliceSet, Tallies

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
    part = Part(np.array(positions), found.base, found.cand, found.se, found.se_plus, reasons, found.blocks, se_fixed=found.se_fixed)
    return part if atoms is None else replace(part, atom_count=atoms.count, atom_imbalance=atoms.imbalance)


def _measure_units(tallies: Tallies, metrics: Sequence[LabelMetric]) -> LabelValues:
    """Return the same from the sums of units: groups, weights, several labels an example."""
    arrays = np.full((4, len(tallies.leaves.slices), len(metrics)), np.nan)
    blocks: list[PartBlock] = []
    first = 0
    for whole_set in tallies.leaves.sets:
        for slice_set in _cut_set(tallies, whole_set):
            rows = _build_rows(tallies, slice_set)
            at = slice(first, first + len(slice_set.keys))
            for m, metric in enumerate(metrics):
                arrays[:2, at, m] = metric.value(rows.base_counts), metric.value(rows.cand_counts)
            base, cand = arrays[:2, at]
            change = cand - base if tallies.has_baseline else np.zeros_like(cand)
            arrays[2, at], arrays[3, at], effects = _measure_changes(rows, metrics, tallies, first, change)
            blocks.extend(effects)
            first = at.stop
    base, cand, se, se_fixed = arrays
    return LabelValues(base, cand, se, se, tuple(blocks), se_fixed)


def _cut_set(tallies: Tallies, slice_set: SliceSet) -> Iterator[SliceSet]:
    """Yield the slices of a set in parts, as many at once as DENSE_LIMIT allows."""
    step = max(DENSE_LIMIT // max(len(tallies.labels), 1), 1)
    for start in range(0, len(slice_set.keys), step):
        keys = slice_set.keys[start : start + step]
        inside = (slice_set.membership >= start) & (slice_set.membership < start + len(keys))
        yield SliceSet(slice_set.columns, keys, np.where(inside, slice_set.membership - start, -1))


def _build_rows(tallies: Tallies, slice_set: SliceSet) -> Rows:
    if tallies.multilabel is not None:
        return MultilabelRows(tallies.multilabel, tallies, slice_set)
    assert tallies.cells is not None  # noqa: S101 - the plan asked for them
    return CellRows(tallies.cells, tallies, slice_set)


def _measure_changes(
    rows: Rows, metrics: Sequence[LabelMetric], tallies: Tallies, first: int, change: Floats
) -> tuple[Floats, Floats, tuple[PartBlock, ...]]:
    """Return the two standard errors of ``change`` = candidate − baseline, float64[S, M] each, and the swap effects by unit."""
    influence = UnitInfluence.empty(len(rows.slice_set.keys), tallies.n_units, len(metrics))
    influence.shares[:] = share_units(tallies, rows.slice_set)
    swapped = np.zeros_like(influence.sums)
    for m, metric in enumerate(metrics):
        base = find_base_gradient(metric, rows.base_counts, has_baseline=tallies.has_baseline)
        influence.sums[:, :, m] = rows.sum_by_unit(rows.influence(base, metric.gradient(rows.cand_counts)), tallies.n_units)
        swapped[:, :, m] = rows.sum_by_unit(rows.swap_effect(metric.gradient(rows.mean_counts)), tallies.n_units)
    return *influence.standard_errors(change), build_unit_blocks(swapped, influence.shares > 0, first)
