"""Joint cells merged within slices and sorted by slice, for all slices at once; and the pairs of cells that may be swapped."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers
from memeci.measuring.sorting import sort_codes, sort_keys
from memeci.sums import sum_by, sum_whole_by
from memeci.tallies import CellTally, Codes, SliceSet

DENSE_CELLS = 4_000_000
"""Cells are merged by counting in a table up to this size, and up to eight times their number; else merging does not pay."""


class CellGroup(msgspec.Struct, frozen=True):
    """Cells of one kind in all slices, ascending by slice; a cell may occur twice. Int64[R] codes, float64[R] examples.

    Where both models predict the same ``cand`` is ``base`` itself, and where both are right ``base`` is ``label`` itself.
    """

    slice: Codes
    label: Codes
    base: Codes
    cand: Codes
    n: Floats

    def cut(self, start: int, stop: int, size: int) -> Iterator[CellGroup]:
        """Yield the cells of the slices from ``start`` to ``stop``, counted from ``start``, at most ``size`` at once."""
        first, last = np.searchsorted(self.slice, (start, stop))
        for at in range(first, last, size):
            rows = slice(at, min(at + size, last))
            label = self.label[rows]
            base = label if self.base is self.label else self.base[rows]
            cand = base if self.cand is self.base else self.cand[rows]
            yield CellGroup(self.slice[rows] - start, label, base, cand, self.n[rows])


class CellKind(msgspec.Struct, frozen=True):
    """Cells of one kind by leaf. ``codes`` tells them apart: (label,) where both models are right, (label, predicted) where both
    are wrong in the same way, (label, base, cand) where they differ."""

    leaf: Codes
    codes: tuple[Codes, ...]
    n: Floats


def split_cells(cells: CellTally) -> list[CellKind]:
    """Return the cells that are right in both models, those wrong in the same way, and the discordant ones."""
    same, right = cells.base == cells.cand, cells.cand == cells.label
    columns, kinds = (cells.label, cells.base, cells.cand), []
    for n_codes, chosen in enumerate((same & right, same & ~right, ~same), start=1):
        rows = np.flatnonzero(chosen)
        kinds.append(CellKind(cells.leaf[rows], tuple(column[rows] for column in columns[:n_codes]), cells.n[rows].astype(np.float64)))
    return kinds


def group_cells(kind: CellKind, sets: Sequence[SliceSet], n_labels: int) -> CellGroup:
    """Return the cells of all slices of the sets, one set after the other."""
    parts, first = [], 0
    for slice_set in sets:
        shape = (len(slice_set.keys), *[n_labels] * len(kind.codes))
        merged = _merge(slice_set.membership[kind.leaf], kind.codes, kind.n, shape)
        parts.append((merged[0] + first if first else merged[0], *merged[1:]))
        first += len(slice_set.keys)
    slices, label, *others, counts = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    base = others[0] if others else label
    return CellGroup(slices, label, base, others[1] if len(others) > 1 else base, counts)


def _merge(slices: Codes, codes: tuple[Codes, ...], n: Floats, shape: tuple[int, ...]) -> tuple[NDArray[Any], ...]:
    """Return slice, codes and n of the cells in a slice (not −1), ascending by slice."""
    if len(slices) and slices.min() < 0:
        inside = np.flatnonzero(slices >= 0)
        slices, codes, n = slices[inside], tuple(code[inside] for code in codes), n[inside]
    size = math.prod(shape)
    if size <= min(DENSE_CELLS, 8 * len(slices)):
        key = slices.copy()
        for code, width in zip(codes, shape[1:], strict=True):
            key *= width
            key += code
        counts = sum_by(key, n, size)
        found = np.flatnonzero(counts)
        return *np.unravel_index(found, shape), counts[found]
    order = sort_codes(slices)
    return slices[order], *(code[order] for code in codes), n[order]


class Atoms:
    """Discordant cell pairs {(y, b, c), (y, c, b)} at the finest division: what may be swapped. ``low`` < ``high``."""

    def __init__(self, cells: CellTally) -> None:
        rows = np.flatnonzero(cells.base != cells.cand)
        leaf, label, base, cand, n = (column[rows] for column in (cells.leaf, cells.label, cells.base, cells.cand, cells.n))
        keys = [leaf, label, np.minimum(base, cand), np.maximum(base, cand)]
        first, atom = _unique_rows(keys)
        self.leaf, self.label, self.low, self.high = (key[first] for key in keys)
        self.count: Integers = sum_whole_by(atom, n, len(first))
        self.imbalance: Integers = sum_whole_by(atom, np.where(base < cand, n, -n), len(first))


class SlicedAtoms(msgspec.Struct, frozen=True):
    """The atoms of each slice, ascending by slice and then by ``atom``, their place among all. Int64[R]."""

    slice: Codes
    atom: Codes

    def cut(self, start: int, stop: int) -> SlicedAtoms:
        rows = slice(*np.searchsorted(self.slice, (start, stop)))
        return SlicedAtoms(self.slice[rows] - start, self.atom[rows])


def slice_atoms(atoms: Atoms, sets: Sequence[SliceSet]) -> SlicedAtoms:
    """Return the atoms of all slices of all sets."""
    slices, places, first = [], [], 0
    for slice_set in sets:
        of_atom = slice_set.membership[atoms.leaf]
        order = sort_codes(of_atom)
        order = order[np.count_nonzero(of_atom < 0) :]
        slices.append(of_atom[order] + first)
        places.append(order)
        first += len(slice_set.keys)
    return SlicedAtoms(np.concatenate(slices), np.concatenate(places))


def _unique_rows(keys: Sequence[Codes]) -> tuple[Codes, Codes]:
    """Return the index of the first of each distinct combination, sorted, and the combination of every row."""
    packed = keys[0]
    for key in keys[1:]:
        size = int(key.max(initial=0)) + 1
        if int(packed.max(initial=0)) * size >= 2**62:
            packed = np.unique(packed, return_inverse=True)[1].reshape(-1)
        packed = packed * size + key
    ordered, order = sort_keys(packed)
    is_first = np.diff(ordered, prepend=-1) != 0
    row = np.empty(len(packed), dtype=np.int64)
    row[order] = np.cumsum(is_first) - 1
    return order[is_first], row
