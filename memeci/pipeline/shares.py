"""Which slices explain the flips: counts of fixed and broken examples by every slice column and pair of columns, declared or not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import msgspec
import numpy as np

from memeci.decision import Counts, SliceCounts, UnitCounts, explain_slices
from memeci.engines.engine import Engine, Table
from memeci.engines.examples import fetch_flips
from memeci.engines.explaining import Changes, count_changes, find_written
from memeci.engines.movement import Moves
from memeci.engines.tallying import Tallied
from memeci.measurements import Integers, SliceKey
from memeci.records import FlipExample, SliceShare
from memeci.sums import sum_whole_by
from memeci.tallies import Tallies

MIN_EXAMPLES = 30
MAX_PAIRS = 50_000
PAIRED = 10
"""Undeclared columns that are paired with each other and with the declared ones: the first in the file."""


def explain_flips(
    engine: Engine, tallied: Tallied, candidate: Table, baseline: Table | None, moves: Moves | None
) -> tuple[tuple[SliceShare, ...], tuple[FlipExample, ...]]:
    """Return the hardest-hit slices, and the examples worth reading first: those of these slices."""
    if baseline is None or moves is None:
        return (), ()
    changes = count_changes(engine, tallied, candidate, moves.movement)
    shares = find_shares(tallied.tallies, changes, moves)
    while changes is not None and (written := find_written(engine, changes, baseline, _list_columns(shares))):
        changes = changes.without(written)
        shares = find_shares(tallied.tallies, changes, moves)
    return shares, fetch_flips(engine, tallied, candidate, moves, shares, changes)


def find_shares(tallies: Tallies, changes: Changes | None = None, moves: Moves | None = None) -> tuple[SliceShare, ...]:
    """Return the hardest-hit slices, surest first; none without a baseline, slices to count by, or anything to tell better from worse.

    ``moves`` has the counts by a number; by labels (None) the tallies have them. ``changes`` are the same by columns that nobody
    declared. With groups they are all that is counted: the examples of a group change together, and the tallies do not know
    which belong to one.
    """
    found = _Found()
    if not tallies.has_baseline:
        return ()
    by_column = None if changes is None else _Rows(changes.n, changes.fixed, changes.broken, changes.unit)
    rows = by_column if tallies.grouped else _build_rows(tallies, moves)
    if rows is None:
        return ()
    if not tallies.grouped:
        _add_declared(found, tallies, rows)
    if changes is not None and by_column is not None:
        _add_columns(found, changes, by_column)
    return explain_slices(found.build_counts(), rows.count_whole()) if found.counts else ()


def _build_rows(tallies: Tallies, moves: Moves | None) -> _Rows | None:
    """Return what changed by leaf; None where nothing tells better from worse."""
    cells, n = tallies.cells, tallies.leaves.n
    if moves is not None and moves.by_leaf is not None:
        return _Rows(n, *moves.by_leaf)
    if cells is None:
        return None
    right_before, right_now = cells.base == cells.label, cells.cand == cells.label
    fixed, broken = (sum_whole_by(cells.leaf, cells.n * rows, len(n)) for rows in (~right_before & right_now, right_before & ~right_now))
    return _Rows(n, fixed, broken)


def _list_columns(shares: Sequence[SliceShare]) -> set[str]:
    return {column for share in shares for column in share.slice}


class _Axis(msgspec.Struct, frozen=True):
    """The slices by one choice of columns: ``codes`` index ``keys``, −1 for rows in none."""

    keys: Sequence[SliceKey]
    codes: Integers


def _join_keys(a: _Axis, b: _Axis, i: int) -> SliceKey:
    """Return the key of the pair of slices that is the ``i``-th, counted along ``b`` first."""
    return a.keys[i // len(b.keys)] + b.keys[i % len(b.keys)]


class _Rows(msgspec.Struct, frozen=True):
    """What is added up by slice: examples, fixed and broken ones, and the group they flipped in (−1: none), int64[R] each."""

    n: Integers
    fixed: Integers
    broken: Integers
    unit: Integers | None = None

    def count_by(self, codes: Integers, size: int) -> tuple[Integers, ...]:
        """Return examples, fixed and broken ones by code; with groups also those better, those worse, and the sum of squares."""
        examples = tuple(sum_whole_by(codes, column, size) for column in (self.n, self.fixed, self.broken))
        return examples if self.unit is None else (*examples, *self._count_units(codes, self.unit, size))

    def count_whole(self) -> Counts:
        n, fixed, broken, *units = (int(column[0]) for column in self.count_by(np.zeros(len(self.n), dtype=np.int64), 1))
        return Counts(n, fixed, broken, units[2] if units else None)

    def _count_units(self, codes: Integers, unit: Integers, size: int) -> tuple[Integers, ...]:
        flipped = unit >= 0
        n_units = int(unit.max()) + 1
        where, inverse = np.unique(codes[flipped] * n_units + unit[flipped], return_inverse=True)
        net = sum_whole_by(inverse, (self.broken - self.fixed)[flipped], len(where))
        columns = ((net < 0).astype(np.int64), (net > 0).astype(np.int64), net**2)
        return tuple(sum_whole_by(where // n_units, column, size) for column in columns)


class _Found:
    """Slices with enough examples, each once, whatever the order of its columns."""

    def __init__(self) -> None:
        self.counts: dict[frozenset[tuple[str, str | None]], tuple[SliceKey, tuple[int, ...]]] = {}

    def add(self, axis: _Axis, rows: _Rows) -> None:
        self._add(axis.codes, len(axis.keys), lambda i: axis.keys[i], rows)

    def add_pairs(self, pairs: Iterable[tuple[_Axis, _Axis]], rows: _Rows) -> None:
        for a, b in pairs:
            size = len(b.keys)
            if len(a.keys) * size <= MAX_PAIRS:
                both = np.where((a.codes >= 0) & (b.codes >= 0), a.codes * size + b.codes, -1)
                self._add(both, len(a.keys) * size, functools.partial(_join_keys, a, b), rows)

    def _add(self, codes: Integers, size: int, key_of: Callable[[int], SliceKey], rows: _Rows) -> None:
        # Code 0 is for the rows in none.
        columns = [column[1:] for column in rows.count_by(codes + 1, size + 1)]
        for i in np.flatnonzero(columns[0] >= MIN_EXAMPLES).tolist():
            key = key_of(i)
            self.counts.setdefault(frozenset(key), (key, tuple(int(column[i]) for column in columns)))

    def build_counts(self) -> SliceCounts:
        n, fixed, broken, *units = np.array([counts for _, counts in self.counts.values()], dtype=np.int64).T
        return SliceCounts(tuple(key for key, _ in self.counts.values()), n, fixed, broken, UnitCounts(*units) if units else None)


def _add_declared(found: _Found, tallies: Tallies, rows: _Rows) -> None:
    """Add the slices asked for, and all pairs of values of two single columns."""
    sets = tallies.leaves.sets[1:]
    for slice_set in sets:
        found.add(_Axis(slice_set.keys, slice_set.membership), rows)
    single = [_Axis(slice_set.keys, slice_set.membership) for slice_set in sets if len(slice_set.columns) == 1]
    found.add_pairs(combinations(single, 2), rows)


def _add_columns(found: _Found, changes: Changes, rows: _Rows) -> None:
    """Add the slices by undeclared columns, and their pairs with each other and with declared ones; with groups those by declared ones."""
    declared, others = (
        [_Axis([((axis.column, value),) for value in axis.values], axis.codes) for axis in changes.axes if axis.declared is kind]
        for kind in (True, False)
    )
    if changes.unit is not None:
        for axis in declared:
            found.add(axis, rows)
        found.add_pairs(combinations(declared, 2), rows)
    for axis in others:
        found.add(axis, rows)
    found.add_pairs(((a, b) for a in declared for b in others[:PAIRED]), rows)
    found.add_pairs(combinations(others[:PAIRED], 2), rows)
