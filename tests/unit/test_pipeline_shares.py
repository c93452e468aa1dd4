"""Counts for the hardest-hit slices, from tallies."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from memeci.engines.explaining import Axis, Changes
from memeci.pipeline.shares import find_shares
from memeci.tallies import CellTally, Tallies, build_leaves


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


def _by_chance(rng: np.random.Generator, loss: float, n: int = 1_500) -> tuple[Tallies, Changes]:
    """6 % of examples flip either way and ``loss`` more break, whatever six columns that nobody declared say."""
    flip = rng.random(n)
    fixed, broken = flip < 0.03, (flip >= 0.03) & (flip < 0.06 + loss)
    codes = [rng.integers(0, k, n) for k in (2, 3, 4, 6, 9, 24)]
    axes = tuple(Axis(f"c{i}", f"s{i}", False, tuple(map(str, range(24))), column) for i, column in enumerate(codes))
    one = np.array([n - fixed.sum() - broken.sum(), fixed.sum(), broken.sum()])
    zero = np.zeros(3, dtype=np.int64)
    cells = CellTally(zero, zero, np.array([0, 1, 0]), np.array([0, 0, 1]), one, one.astype(float))
    tallies = Tallies(("x", "y"), build_leaves((), ((),), np.array([n]), (), 30), True, cells=cells)
    return tallies, Changes(axes, np.ones(n, dtype=np.int64), fixed.astype(np.int64), broken.astype(np.int64))


@pytest.mark.parametrize("loss", [0.0, 0.02, 0.2])
def test_random_columns__are_named_at_most_one_time_in_twenty(loss: float) -> None:
    rng = np.random.default_rng(7)
    named = sum(bool(find_shares(*_by_chance(rng, loss))) for _ in range(60))
    assert named <= 7  # P(more than 7 of 60) < 2 % at the full level


def test_undeclared_columns__need_no_declared_ones() -> None:
    tallies, changes = _by_chance(np.random.default_rng(1), 0.0)
    hit = (changes.axes[2].codes == 1) & (changes.axes[3].codes == 2) & (changes.fixed == 0)
    changes = replace(changes, broken=np.maximum(changes.broken, hit.astype(np.int64)))
    assert find_shares(tallies, changes)[0].slice == {"c2": "1", "c3": "2"}
    assert find_shares(tallies, changes.without(["c2"]))[0].slice == {"c3": "2"}
    assert find_shares(tallies) == ()


def test_rows_of_no_known_value__are_in_no_slice() -> None:
    tallies, changes = _by_chance(np.random.default_rng(1), 0.0)
    nowhere = tuple(replace(axis, codes=np.full_like(axis.codes, -1)) for axis in changes.axes)
    assert find_shares(tallies, replace(changes, axes=nowhere)) == ()


def _grouped(rng: np.random.Generator, hit: int | None = None) -> tuple[Tallies, Changes]:
    """120 users of 12 examples. A user's flips go one way, whatever three columns say of the user; one value of one is hit."""
    users, size = 120, 12
    n = users * size
    user = np.repeat(np.arange(users), size)
    worse = rng.random(users) < 0.5
    columns = [rng.integers(0, k, users) for k in (3, 5, 8)]
    if hit is not None:
        worse |= columns[1] == hit
    flip = rng.random(n) < 0.3
    fixed, broken = flip & ~worse[user], flip & worse[user]
    axes = tuple(Axis(f"c{i}", f"s{i}", False, tuple(map(str, range(8))), column[user]) for i, column in enumerate(columns))
    zero = np.zeros(3, dtype=np.int64)
    one = np.array([n - fixed.sum() - broken.sum(), fixed.sum(), broken.sum()])
    cells = CellTally(zero, zero, np.array([0, 1, 0]), np.array([0, 0, 1]), one, one.astype(float))
    tallies = Tallies(("x", "y"), build_leaves((), ((),), np.array([n]), (), 30), True, cells=cells, grouped=True)
    return tallies, Changes(axes, np.ones(n, dtype=np.int64), fixed.astype(np.int64), broken.astype(np.int64), np.where(flip, user, -1))


def test_grouped_examples__random_columns_are_named_at_most_one_time_in_twenty() -> None:
    rng = np.random.default_rng(11)
    worlds = [_grouped(rng) for _ in range(60)]
    assert sum(bool(find_shares(*world)) for world in worlds) <= 7
    as_if_alone = [find_shares(replace(tallies, grouped=False), replace(changes, unit=None)) for tallies, changes in worlds]
    assert sum(map(bool, as_if_alone)) > 30  # what the groups are for


def test_grouped_examples__the_column_that_was_hit_is_named() -> None:
    (share, *_) = find_shares(*_grouped(np.random.default_rng(12), hit=2))
    assert share.slice == {"c1": "2"}
    assert share.p_adjusted is not None


def test_grouped_examples_without_counts_by_group__name_nothing() -> None:
    tallies, _ = _grouped(np.random.default_rng(12), hit=2)
    assert find_shares(tallies) == ()
