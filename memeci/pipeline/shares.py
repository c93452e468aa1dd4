"""Which slices explain the flips: counts of fixed and broken examples by every slice column and pair of columns, declared or not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import msgspec
import numpy as np

from memeci.decision import Counts, SliceCounts, explain_slices
from memeci.engines.engine import Engine, Table
from memeci.engines.examples import fetch_flips
from memeci.engines.explaining import Changes, count_changes, find_written
from memeci.engines.tallying import Tallied
from memeci.measurements import Integers, SliceKey
from memeci.metrics.metric import sum_whole_by
from memeci.metrics.tallies import Tallies
from memeci.records import FlipExample, SliceShare

MIN_EXAMPLES = 30
MAX_PAIRS = 50_000
PAIRED = 10
"""Undeclared columns that are paired with each other and with the declared ones: the first in the file."""


def explain_flips(
    engine: Engine, tallied: Tallied, candidate: Table, baseline: Table | None
) -> tuple[tuple[SliceShare, ...], tuple[FlipExample, ...]]:
    """Return the hardest-hit slices, and the examples worth reading first: those of these slices."""
    if baseline is None or tallied.tallies.cells is None:
        return (), ()
    changes = count_changes(engine, tallied, candidate)
    shares = find_shares(tallied.tallies, changes)
    while changes is not None and (written := find_written(engine, changes, baseline, _list_columns(shares))):
        changes = changes.without(written)
        shares = find_shares(tallied.tallies, changes)
    return shares, fetch_flips(engine, tallied, candidate, baseline, shares, changes)


def find_shares(tallies: Tallies, changes: Changes | None = None) -> tuple[SliceShare, ...]:
    """Return the hardest-hit slices, surest first; none without labels, a baseline or slices to count by.

    ``changes`` are the same flips by columns that nobody declared.
    """
    cells = tallies.cells
    if cells is None or not tallies.has_baseline:
        return ()
    right_before, right_now = cells.base == cells.label, cells.cand == cells.label
    fixed, broken = ~right_before & right_now, right_before & ~right_now
    by_leaf = [sum_whole_by(cells.leaf, cells.n * rows, len(tallies.leaves.n)) for rows in (fixed, broken)]
    numbers = (tallies.leaves.n, *by_leaf)
    found = _Found()
    _add_declared(found, tallies, numbers)
    if changes is not None:
        _add_undeclared(found, changes)
    whole = Counts(*(int(column.sum()) for column in numbers))
    return explain_slices(found.build_counts(), whole, independent=not tallies.grouped) if found.counts else ()


def _list_columns(shares: Sequence[SliceShare]) -> set[str]:
    return {column for share in shares for column in share.slice}


class _Axis(msgspec.Struct, frozen=True):
    """The slices by one choice of columns: ``codes`` index ``keys``, −1 for rows in none."""

    keys: Sequence[SliceKey]
    codes: Integers


def _join_keys(a: _Axis, b: _Axis, i: int) -> SliceKey:
    """Return the key of the pair of slices that is the ``i``-th, counted along ``b`` first."""
    return a.keys[i // len(b.keys)] + b.keys[i % len(b.keys)]


class _Found:
    """Slices with enough examples, each once, whatever the order of its columns: (n, fixed, broken)."""

    def __init__(self) -> None:
        self.counts: dict[frozenset[tuple[str, str | None]], tuple[SliceKey, tuple[int, ...]]] = {}

    def add(self, axis: _Axis, numbers: Sequence[Integers]) -> None:
        self._add(axis.codes, len(axis.keys), lambda i: axis.keys[i], numbers)

    def add_pairs(self, pairs: Iterable[tuple[_Axis, _Axis]], numbers: Sequence[Integers]) -> None:
        for a, b in pairs:
            size = len(b.keys)
            if len(a.keys) * size <= MAX_PAIRS:
                both = np.where((a.codes >= 0) & (b.codes >= 0), a.codes * size + b.codes, -1)
                self._add(both, len(a.keys) * size, functools.partial(_join_keys, a, b), numbers)

    def _add(self, codes: Integers, size: int, key_of: Callable[[int], SliceKey], numbers: Sequence[Integers]) -> None:
        # Row 0 is for the rows in none.
        columns = [sum_whole_by(codes + 1, column, size + 1)[1:] for column in numbers]
        for i in np.flatnonzero(columns[0] >= MIN_EXAMPLES).tolist():
            key = key_of(i)
            self.counts.setdefault(frozenset(key), (key, tuple(int(column[i]) for column in columns)))

    def build_counts(self) -> SliceCounts:
        columns = np.array([counts for _, counts in self.counts.values()], dtype=np.int64).reshape(-1, 3)
        return SliceCounts(tuple(key for key, _ in self.counts.values()), *columns.T)


def _add_declared(found: _Found, tallies: Tallies, numbers: Sequence[Integers]) -> None:
    """Add the slices asked for, and all pairs of values of two single columns."""
    sets = tallies.leaves.sets[1:]
    for slice_set in sets:
        found.add(_Axis(slice_set.keys, slice_set.membership), numbers)
    single = [_Axis(slice_set.keys, slice_set.membership) for slice_set in sets if len(slice_set.columns) == 1]
    found.add_pairs(combinations(single, 2), numbers)


def _add_undeclared(found: _Found, changes: Changes) -> None:
    """Add the slices by undeclared columns, and their pairs with each other and with declared ones."""
    numbers = (changes.n, changes.fixed, changes.broken)
    declared, others = (
        [_Axis([((axis.column, value),) for value in axis.values], axis.codes) for axis in changes.axes if axis.declared is kind]
        for kind in (True, False)
    )
    for axis in others:
        found.add(axis, numbers)
    found.add_pairs(((a, b) for a in declared for b in others[:PAIRED]), numbers)
    found.add_pairs(combinations(others[:PAIRED], 2), numbers)
