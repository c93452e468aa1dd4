"""Label metrics where examples are independent: values, standard errors and swap effects straight from joint cells.

Metrics of a single class are measured by `class_cells`, all classes at once. Sources: see `label_part`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from memeci.measurements import Floats
from memeci.measuring.cell_chunk import Chunk, ChunkRows
from memeci.measuring.cell_groups import Atoms, SlicedAtoms, group_cells, slice_atoms, split_cells
from memeci.measuring.class_cells import build_ratio_blocks, gather_ratios
from memeci.measuring.part import LabelValues, PartBlock
from memeci.metrics.metric import Gradient, LabelMetric, find_base_gradient
from memeci.sums import divide
from memeci.tallies import CellTally, Codes, SliceSet, Tallies

CACHE_ENTRIES = 12_288
"""Slices × labels, and cells, taken at once: what the processor's cache holds."""


def measure_cells(cells: CellTally, tallies: Tallies, metrics: Sequence[LabelMetric], atoms: Atoms) -> LabelValues:
    """Return all label metrics on all slices; ``cells`` are those of ``tallies``, without units."""
    kinds, n_labels = split_cells(cells), len(tallies.labels)
    arrays = np.empty((4, len(tallies.leaves.slices), len(metrics)))
    ratios = gather_ratios(metrics, tallies.positive, n_labels)
    of_class = {m for ratio in ratios for m in ratio.positions.tolist()}
    whole = np.array([m for m in range(len(metrics)) if m not in of_class], dtype=np.int64)
    blocks: list[PartBlock] = []
    first = 0
    for sets in _batch_sets(tallies.leaves.sets, n_labels):
        groups, sliced = [group_cells(kind, sets, n_labels) for kind in kinds], slice_atoms(atoms, sets)
        n_slices = sum(len(slice_set.keys) for slice_set in sets)
        for start, stop in _list_chunks(n_slices, n_labels):
            parts = [part for group in groups for part in group.cut(start, stop, max(CACHE_ENTRIES, n_labels))]
            chunk = Chunk(parts, stop - start, tallies)
            swapped, found = sliced.cut(start, stop), arrays[:, first + start : first + stop]
            for m in whole:
                found[:, :, m] = _measure(chunk, metrics[m])
            if len(whole):
                blocks.extend(_build_blocks(chunk, [metrics[m] for m in whole], whole, atoms, swapped, first + start))
            for ratio in ratios:
                found[:, :, ratio.positions] = ratio.measure(chunk)
            blocks.extend(build_ratio_blocks(ratios, chunk, atoms, swapped, first + start))
        first += n_slices
    base, cand, se, se_plus = arrays
    return LabelValues(base, cand, se, se_plus, tuple(blocks))


def _batch_sets(sets: Sequence[SliceSet], n_labels: int) -> Iterator[list[SliceSet]]:
    """Yield sets that fit into one chunk together: many small steps cost more than a large one."""
    batch: list[SliceSet] = []
    for slice_set in sets:
        if batch and sum(len(one.keys) for one in (*batch, slice_set)) * n_labels > CACHE_ENTRIES:
            yield batch
            batch = []
        batch.append(slice_set)
    yield batch


def _list_chunks(n_slices: int, n_labels: int) -> Iterator[tuple[int, int]]:
    step = max(CACHE_ENTRIES // max(n_labels, 1), 1)
    return ((start, min(start + step, n_slices)) for start in range(0, n_slices, step))


def _measure(chunk: Chunk, metric: LabelMetric) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the values of both models, SE and SE⁺ of each slice."""
    base = find_base_gradient(metric, chunk.base_counts, has_baseline=chunk.tallies.has_baseline)
    cand = metric.gradient(chunk.cand_counts)
    tables, support = (_lay_out(base), _lay_out(cand)), cand.support - base.support
    influences = [_read_influence(rows, *tables, support) for rows in chunk.rows]
    mean = divide(chunk.sum([rows.n * one for rows, one in zip(chunk.rows, influences, strict=True)]), chunk.total, 0.0)
    squares = chunk.sum([_square_off(rows, mean, one) for rows, one in zip(chunk.rows, influences, strict=True)])
    extra = _add_pseudo_flips(chunk, *tables, support, mean)
    values = metric.value(chunk.base_counts), metric.value(chunk.cand_counts)
    return *values, divide(np.sqrt(squares), chunk.total), divide(np.sqrt(squares + extra), chunk.total)


def _read_influence(rows: ChunkRows, base: Floats, cand: Floats, support: Floats) -> Floats:
    """Return float64[R]: influence of one example on candidate − baseline, not centred. For tables see `_lay_out`."""
    influence = (cand - base).take(rows.base) if rows.concordant else cand.take(rows.cand) - base.take(rows.base)
    return influence + support.take(rows.label) if support.any() else influence


def _square_off(rows: ChunkRows, mean: Floats, influence: Floats) -> Floats:
    """Return float64[R]: n times the squared distance from the slice's mean."""
    distance = influence - rows.runs.spread(mean)
    return np.asarray(rows.n * distance * distance)


def _add_pseudo_flips(chunk: Chunk, base: Floats, cand: Floats, support: Floats, mean: Floats) -> Floats:
    """Return float64[S]: Σ over true classes of ½ (influence of right→wrong)² + ½ (wrong→right)².

    ``mean`` float64[S] is the mean influence, taken off each flip's. The wrong class is the one predicted most in the
    slice besides the true one.
    """
    if chunk.wrong is None:
        return np.zeros(chunk.n_slices)
    runs, n_entries = chunk.entries.runs, len(support)
    centre = support - runs.spread(mean)
    broken = cand.take(chunk.wrong) - base[n_entries:] + centre
    fixed = cand[n_entries:] - base.take(chunk.wrong) + centre
    return runs.total((broken * broken + fixed * fixed) * (0.5 * (chunk.cand_counts.support > 0)))


def _build_blocks(
    chunk: Chunk, metrics: Sequence[LabelMetric], places: Codes, atoms: Atoms, sliced: SlicedAtoms, first: int
) -> list[PartBlock]:
    """Return the swap effects of each slice's atoms on metrics over all labels, whose ``places`` in the part are given."""
    share = chunk.entries.runs.spread(divide(1.0, chunk.total, 0.0))
    tables = [_lay_out(metric.gradient(chunk.mean_counts), share) for metric in metrics]
    effects = np.empty((len(metrics), len(sliced.atom)))
    for rows in (slice(start, start + CACHE_ENTRIES) for start in range(0, len(sliced.atom), CACHE_ENTRIES)):
        swaps = chunk.find_swaps(atoms, sliced.slice[rows], sliced.atom[rows])
        for m, table in enumerate(tables):
            np.subtract(table.take(swaps.marked_high), table.take(swaps.marked_low), out=effects[m, rows])
    bounds = np.searchsorted(sliced.slice, np.arange(chunk.n_slices + 1))
    return [PartBlock(first + s, sliced.atom[a:b], effects[:, a:b].T, places) for s, (a, b) in enumerate(itertools.pairwise(bounds))]


def _lay_out(gradient: Gradient, factor: Floats | float = 1.0) -> Floats:
    """Return float64[2E]: what a wrong prediction of each entry's label adds, then what a right one does."""
    return np.concatenate([gradient.predicted * factor, (gradient.predicted + gradient.true) * factor])
