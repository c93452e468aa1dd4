"""Which slices explain the flips: counts of fixed and broken examples by every slice column and pair of columns."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from memeci.decision import Counts, SliceCounts, explain_slices
from memeci.measurements import Integers, SliceKey
from memeci.metrics.tallies import SliceSet, Tallies
from memeci.records import SliceShare

MIN_EXAMPLES = 30
MAX_PAIRS = 50_000


def find_shares(tallies: Tallies) -> tuple[SliceShare, ...]:
    """Return the hardest-hit slices, surest first; none without labels, a baseline or slice columns."""
    cells = tallies.cells
    if cells is None or not tallies.has_baseline or len(tallies.leaves.sets) < 2:
        return ()
    right_before, right_now = cells.base == cells.label, cells.cand == cells.label
    fixed, broken = ~right_before & right_now, right_before & ~right_now
    by_leaf = [_sum_by(cells.leaf, cells.n * rows, len(tallies.leaves.n)) for rows in (fixed, broken)]
    numbers = (tallies.leaves.n, *by_leaf)
    slices = _count_slices(tallies.leaves.sets[1:], numbers)
    whole = Counts(*(int(column.sum()) for column in numbers))
    return explain_slices(slices, whole, independent=not tallies.grouped)


def _count_slices(sets: tuple[SliceSet, ...], numbers: tuple[Integers, ...]) -> SliceCounts:
    """Return the counts of the sets' own slices, and of all pairs of values of two single columns."""
    found: dict[frozenset[tuple[str, str | None]], tuple[SliceKey, list[int]]] = {}
    for slice_set in sets:
        _add(found, slice_set.keys, slice_set.membership, numbers)
    single = [slice_set for slice_set in sets if len(slice_set.columns) == 1]
    for a, b in combinations(single, 2):
        if len(a.keys) * len(b.keys) <= MAX_PAIRS:
            both = np.where((a.membership >= 0) & (b.membership >= 0), a.membership * len(b.keys) + b.membership, -1)
            _add(found, tuple(ka + kb for ka in a.keys for kb in b.keys), both, numbers)
    columns = np.array([counts for _, counts in found.values()], dtype=np.int64).reshape(-1, 3)
    return SliceCounts(tuple(key for key, _ in found.values()), *columns.T)


def _add(
    found: dict[frozenset[tuple[str, str | None]], tuple[SliceKey, list[int]]],
    keys: tuple[SliceKey, ...],
    membership: Integers,
    numbers: tuple[Integers, ...],
) -> None:
    inside = membership >= 0
    columns = [_sum_by(membership[inside], column[inside], len(keys)) for column in numbers]
    for key, *counts in zip(keys, *(column.tolist() for column in columns), strict=True):
        if counts[0] >= MIN_EXAMPLES:
            found.setdefault(frozenset(key), (key, counts))


def _sum_by(code: Integers, values: Integers, size: int) -> Integers:
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, code, values)
    return sums
