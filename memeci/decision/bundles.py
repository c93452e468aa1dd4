"""Many swap atoms as few rows, so that a redraw costs the same for a thousand flips and for a million. Knows no policy.

If baseline and candidate of every single item may be swapped, then so may those of a whole bundle of items: a subgroup of
the swaps, and a test by a subgroup is as exact as one by the group (Hemerik & Goeman 2018). Only a little power depends on it.
"""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats, Integers, SwapBlock, Swaps

MAX_ROWS = 1_024
MAX_ROWS_OF_LARGE_FAMILY = 512
LARGE_FAMILY = 4_096
HEAVY = 8.0
"""An atom with more items than this many average bundles stays alone: a bundle must not be ruled by one atom."""


class Rows(msgspec.Struct, frozen=True):
    """What is redrawn. A row is an atom (its ``count`` items swapped one by one), or a bundle of atoms swapped as a whole.

    row, weight  int64[A]  where an atom's effect goes, and how often: once if alone, ``imbalance`` times in a bundle
    count        int64[R]
    """

    row: Integers
    weight: Integers
    count: Integers

    def gather(self, block: SwapBlock) -> Floats:
        """Return float64[J_b, R]: effects of the rows on the block's tests."""
        row, weight, n_rows = self.row[block.atoms], self.weight[block.atoms].astype(np.float64), len(self.count)
        if block.run is None:
            sums = np.stack([np.bincount(row, weight * effect, n_rows) for effect in block.effects.T])
        else:
            sums = np.bincount(block.run * n_rows + row, weight * block.effects[:, 0], len(block.tests) * n_rows)
        return sums.reshape(len(block.tests), n_rows).astype(np.float64, copy=False)  # bincount of nothing counts in whole numbers


def build_rows(swaps: Swaps, n_tests: int) -> Rows:
    """Return every atom as its own row where they are few, else heavy atoms alone and the others in equal bundles.

    Neighbours go to different bundles, so a slice or a class (whose atoms lie together) spreads over all of them.
    """
    limit = MAX_ROWS if n_tests <= LARGE_FAMILY else MAX_ROWS_OF_LARGE_FAMILY
    n_atoms = len(swaps.count)
    if n_atoms <= limit:
        return Rows(np.arange(n_atoms), np.ones(n_atoms, np.int64), swaps.count)
    heavy = _find_heavy(swaps.count, limit // 2)
    light = np.ones(n_atoms, bool)
    light[heavy] = False
    row, weight = np.empty(n_atoms, np.int64), swaps.imbalance.copy()
    row[light] = np.arange(int(light.sum())) % limit
    row[heavy], weight[heavy] = limit + np.arange(len(heavy)), 1
    return Rows(row, weight, np.concatenate([np.ones(limit, np.int64), swaps.count[heavy]]))


def _find_heavy(count: Integers, at_most: int) -> Integers:
    heavy = np.flatnonzero(count > HEAVY * count.sum() / (2 * at_most))
    order = np.argsort(-count[heavy], kind="stable")[:at_most]
    return np.sort(heavy[order])
