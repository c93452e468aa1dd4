"""Counts for the hardest-hit slices, from tallies."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from memeci.metrics.tallies import CellTally, Tallies, build_leaves
from memeci.pipeline.shares import find_shares


def _tallies() -> Tallies:
    """Two columns of two values, 1,000 examples a leaf; in leaf (a=1, b=1) 200 break, in each leaf 20 break and 20 are fixed."""
    cells = []
    for leaf in range(4):
        broken = 220 if leaf == 3 else 20
        cells += [(leaf, 0, 0, 0, 1_000 - 20 - broken), (leaf, 0, 0, 1, broken), (leaf, 0, 1, 0, 20)]
    leaf, label, base, cand, n = np.array(cells).T
    leaves = build_leaves(("a", "b"), (("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")), np.full(4, 1_000), (("a",), ("b",)), 30)
    return Tallies(("x", "y"), leaves, True, cells=CellTally(leaf, label, base, cand, n, n.astype(float)))


def test_planted_pair__is_found_though_only_columns_were_named() -> None:
    (share,) = find_shares(_tallies())
    assert share.slice == {"a": "1", "b": "1"}
    assert (share.n, share.fixed, share.broken, share.share) == (1_000, 20, 220, 1.0)


def test_no_baseline_or_no_slices__explain_nothing() -> None:
    tallies = _tallies()
    assert find_shares(replace(tallies, has_baseline=False)) == ()
    assert find_shares(replace(tallies, leaves=replace(tallies.leaves, sets=tallies.leaves.sets[:1]))) == ()
