"""Many swap atoms as few rows, so that a redraw costs the same for a thousand flips and for a million. Knows no policy.

If baseline and candidate of every single item may be swapped, then so may those of a whole bundle of items: a subgroup of the swaps,
and a test by a subgroup is as exact as one by the group (Hemerik & Goeman 2018), as long as which items share a bundle has nothing
to do with which model they speak for. Power depends on it: items of one atom all point the same way, so they go to different bundles.
"""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.decision.redraw import Source
from memeci.measurements import Floats, Integers, SwapBlock, Swaps
from memeci.sums import sum_by

MAX_ROWS = 1_024
MAX_ROWS_OF_LARGE_FAMILY = 256
LARGE_FAMILY = 4_096
"""Tests from which fewer rows do: with 21,000 tests the critical value is the same with 256, 512 and 1,024 (4.53, 4.52, 4.57 ± 0.02)."""
HEAVY = 8.0
"""An atom with more items than this many average bundles stays alone: a bundle must not be ruled by one atom."""

MAX_SPLITS = 1 << 17
"""How often bundled atoms are split, all together: beyond, their items stay together in twos, fours …"""


class Rows(msgspec.Struct, frozen=True):
    """What is redrawn. A row is an atom (its ``count`` items swapped one by one), or a bundle of items swapped as a whole.

    start        int64[A + 1]  the parts of atom a are those from start[a] to start[a + 1]: one, or several in different bundles
    row, weight  int64[P], float64[P]  where a part's effect goes, and how often: once if alone, forward minus backward items in a bundle
    count        int64[R]
    """

    start: Integers
    row: Integers
    weight: Floats
    count: Integers

    def gather(self, block: SwapBlock) -> Floats:
        """Return float64[J_b, R]: effects of the rows on the block's tests."""
        part, owner = self._find_parts(block.atoms)
        row, weight, n_rows = self.row[part], self.weight[part], len(self.count)
        if block.run is None:
            return np.stack([sum_by(row, weight * effect[owner], n_rows) for effect in block.effects.T])
        sums = sum_by(block.run[owner] * n_rows + row, weight * block.effects[owner, 0], len(block.tests) * n_rows)
        return sums.reshape(len(block.tests), n_rows)

    def _find_parts(self, atoms: Integers) -> tuple[Integers, Integers | slice]:
        """Return all parts of some atoms, and whose each is as an index into ``atoms``."""
        if len(self.row) == len(self.start) - 1:
            return atoms, slice(None)
        first = self.start[atoms]
        n_parts = self.start[atoms + 1] - first
        owner = np.repeat(np.arange(len(atoms)), n_parts)
        ends = np.cumsum(n_parts)
        return np.arange(len(owner)) + np.repeat(first - (ends - n_parts), n_parts), owner


def build_rows(source: Source, swaps: Swaps, n_tests: int) -> Rows:
    """Return every atom as its own row where they are few; else heavy atoms alone, and the items of the others in random bundles."""
    limit = MAX_ROWS if n_tests <= LARGE_FAMILY else MAX_ROWS_OF_LARGE_FAMILY
    count, n_atoms = swaps.count, len(swaps.count)
    if n_atoms <= limit + limit // 2:
        return Rows(np.arange(n_atoms + 1), np.arange(n_atoms), np.ones(n_atoms), count)
    heavy = _find_heavy(count, limit // 2)
    n_parts = -(-count // _choose_size(count, heavy))
    n_parts[heavy] = 1
    start = np.concatenate([[0], np.cumsum(n_parts)])
    row, weight = source.numbers(int(start[-1]), limit), _split_items(source, swaps, start)
    row[start[heavy]], weight[start[heavy]] = limit + np.arange(len(heavy)), 1.0
    return Rows(start, row, weight, np.concatenate([np.ones(limit, np.int64), count[heavy]]))


def _find_heavy(count: Integers, at_most: int) -> Integers:
    heavy = np.flatnonzero(count > HEAVY * count.sum() / (2 * at_most))
    order = np.argsort(-count[heavy], kind="stable")[:at_most]
    return np.sort(heavy[order])


def _choose_size(count: Integers, heavy: Integers) -> int:
    """Return how many items a part has at most, but for chance: the smallest power of two that keeps to MAX_SPLITS.

    Atoms of a single item need no split, however many there are: what matters is that no large atom stays one coin.
    """
    bundled = np.delete(count, heavy)
    size = 1
    while int((-(-bundled // size) - 1).sum()) > MAX_SPLITS:
        size *= 2
    return size


def _split_items(source: Source, swaps: Swaps, start: Integers) -> Floats:
    """Return float64[P]: forward minus backward items of each part. Which items share a part is left to chance."""
    n_parts = np.diff(start)
    items = np.where(n_parts > 1, swaps.count, 0)
    atom = np.repeat(np.arange(len(items)), items)
    place = np.arange(len(atom)) - np.repeat(np.cumsum(items) - items, items)
    by_chance = source.numbers(len(atom), 1 << 16) % n_parts[atom]
    part = np.where(n_parts[atom] == items[atom], place, by_chance)
    is_forward = 2 * place < items[atom] + swaps.imbalance[atom]
    weight = sum_by(start[atom] + part, np.where(is_forward, 1.0, -1.0), int(start[-1]))
    whole = np.flatnonzero(n_parts == 1)
    weight[start[whole]] = swaps.imbalance[whole]
    return weight
