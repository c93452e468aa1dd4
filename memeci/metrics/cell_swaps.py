"""Standard errors and swap effects straight from joint cells, for all label metrics at once: where examples are independent.

The cost is that of the cells that differ between the models. Cells are merged within a slice before anything is computed, and
the derivatives of all metrics lie side by side, so that each cell reads one row of a table.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from memeci.measurements import Floats, Integers
from memeci.metrics.cell_rows import CellRows
from memeci.metrics.metric import Gradient, LabelMetric, divide, sum_by, sum_whole_by
from memeci.metrics.part import PartBlock
from memeci.metrics.tallies import CellTally, Codes

DENSE_CELLS = 4_000_000
"""Up to this many possible cells they are counted in a table; beyond, by sorting those that occur."""


class Atoms:
    """Discordant cell pairs {(y, b, c), (y, c, b)} at the finest division: what may be swapped. ``low`` < ``high``."""

    def __init__(self, cells: CellTally) -> None:
        low, high = np.minimum(cells.base, cells.cand), np.maximum(cells.base, cells.cand)
        discordant = np.flatnonzero(low != high)
        keys = [column[discordant] for column in (cells.leaf, cells.label, low, high)]
        first, atom = _unique_rows(keys)
        self.leaf, self.label, self.low, self.high = (key[first] for key in keys)
        n = cells.n[discordant]
        sign = np.where(cells.base < cells.cand, 1, -1)[discordant]
        self.count: Integers = sum_whole_by(atom, n, len(first))
        self.imbalance: Integers = sum_whole_by(atom, n * sign, len(first))


def merge_cells(cells: CellTally, slices: Codes, size: int, n_labels: int) -> tuple[CellTally, Codes]:
    """Return the cells of each slice (0 … size − 1; −1 is left out) merged over leaves, sorted by slice, and their slices."""
    keep = np.flatnonzero(slices >= 0)
    keys = [column[keep] for column in (slices, cells.label, cells.base, cells.cand)]
    shape = (size, n_labels, n_labels, n_labels)
    if math.prod(shape) <= DENSE_CELLS:
        counts = sum_whole_by(np.ravel_multi_index(keys, shape), cells.n[keep], math.prod(shape))
        found = np.flatnonzero(counts)
        n, columns = counts[found], np.unravel_index(found, shape)
    else:
        first, row = _unique_rows(keys)
        n, columns = sum_whole_by(row, cells.n[keep], len(first)), tuple(key[first] for key in keys)
    slice_, label, base, cand = columns
    return CellTally(slice_, label, base, cand, n, n.astype(np.float64)), slice_


def measure_errors(rows: CellRows, metrics: Sequence[LabelMetric]) -> tuple[Floats, Floats]:
    """Return SE and SE⁺ of each slice and metric, float64[S, M] each."""
    base = [rows.base_gradient(metric) for metric in metrics]
    cand = [metric.gradient(rows.cand_counts) for metric in metrics]
    shape = (rows.n_slices, rows.n_labels)
    at = rows.slice * rows.n_labels
    influence = _read(_stack(cand, shape), at, rows.cand, rows.label) - _read(_stack(base, shape), at, rows.base, rows.label)
    support = [_flatten(c.support - b.support, shape) for b, c in zip(base, cand, strict=True)]
    if any(column.any() for column in support):
        influence += np.stack(support, axis=1)[at + rows.label]
    total = rows.total[:, None]
    mean = divide(_sum_columns(rows, influence * rows.weight[:, None]), total, 0.0)
    influence -= mean[rows.slice]
    squares = _sum_columns(rows, influence * influence * rows.weight[:, None])
    extra = np.stack([rows.pseudo_flips(b, c, mean[:, m]) for m, (b, c) in enumerate(zip(base, cand, strict=True))], axis=1)
    return divide(np.sqrt(squares), total), divide(np.sqrt(squares + extra), total)


def build_blocks(rows: CellRows, metrics: Sequence[LabelMetric], atoms: Atoms, slices: Codes, first: int) -> list[PartBlock]:
    """Return the swap effects of each slice's atoms; ``slices`` int64[leaves] says which slice a leaf belongs to (−1: none)."""
    of_atom = slices[atoms.leaf]
    order = np.argsort(of_atom, kind="stable")
    inside = order[np.searchsorted(of_atom[order], 0) :]
    table = _stack([metric.gradient(rows.mean_counts) for metric in metrics], (rows.n_slices, rows.n_labels))
    at = of_atom[inside] * rows.n_labels
    effects = _read(table, at, atoms.high[inside], atoms.label[inside]) - _read(table, at, atoms.low[inside], atoms.label[inside])
    effects /= rows.total[of_atom[inside]][:, None]
    bounds = np.searchsorted(of_atom[inside], np.arange(rows.n_slices + 1))
    return [PartBlock(first + s, inside[a:b], effects[a:b]) for s, (a, b) in enumerate(itertools.pairwise(bounds))]


def _stack(gradients: Sequence[Gradient], shape: tuple[int, int]) -> Floats:
    """Return float64[2·S·K, M]: what a wrong prediction of a label adds in each slice, then what a right one does."""
    wrong = np.stack([_flatten(gradient.predicted, shape) for gradient in gradients], axis=1)
    right = np.stack([_flatten(gradient.true, shape) for gradient in gradients], axis=1)
    return np.concatenate([wrong, wrong + right])


def _read(table: Floats, at: Codes, predicted: Codes, label: Codes) -> Floats:
    return np.asarray(table.take(at + predicted + (predicted == label) * (len(table) // 2), axis=0))


def _flatten(values: Floats, shape: tuple[int, int]) -> Floats:
    return values.ravel() if values.shape == shape else np.broadcast_to(values, shape).ravel()


def _sum_columns(rows: CellRows, values: Floats) -> Floats:
    return np.stack([sum_by(rows.slice, column, rows.n_slices) for column in values.T], axis=1)


def _unique_rows(keys: Sequence[Codes]) -> tuple[Codes, Codes]:
    """Return the index of the first of each distinct combination, sorted, and the combination of every row."""
    sizes = [int(key.max(initial=0)) + 1 for key in keys]
    packed = keys[0]
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        if int(packed.max(initial=0)) * size >= 2**62:
            packed = np.unique(packed, return_inverse=True)[1].reshape(-1)
        packed = packed * size + key
    _, first, row = np.unique(packed, return_index=True, return_inverse=True)
    return first, row.reshape(-1)
