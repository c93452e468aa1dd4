"""Which slices explain a change: planted ones are found, echoes of them are not, and chance finds nothing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binomtest

from memeci.decision import Counts, SliceCounts, UnitCounts, explain_slices
from memeci.decision.slices import adjust_sign_tests
from memeci.measurements import SliceKey


def _count(columns: dict[str, np.ndarray], fixed: np.ndarray, broken: np.ndarray) -> SliceCounts:
    keys: list[SliceKey] = []
    masks = []
    for names in [(name,) for name in columns] + list(combinations(columns, 2)):
        for values in sorted(set(zip(*(columns[name].tolist() for name in names), strict=True))):
            keys.append(tuple((name, str(value)) for name, value in zip(names, values, strict=True)))
            masks.append(np.all([columns[name] == value for name, value in zip(names, values, strict=True)], axis=0))
    stacked = np.array(masks)
    return SliceCounts(tuple(keys), stacked.sum(1), (stacked & fixed).sum(1), (stacked & broken).sum(1))


def _world(rng: np.random.Generator, n: int = 4_000) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    columns = {name: rng.integers(0, 6, n) for name in "abc"}
    flipped, up = rng.random(n) < 0.05, rng.random(n) < 0.5
    return columns, flipped & up, flipped & ~up


def _whole(fixed: np.ndarray, broken: np.ndarray) -> Counts:
    return Counts(len(fixed), int(fixed.sum()), int(broken.sum()))


def test_planted_column__is_found_and_its_pairs_are_not_repeated() -> None:
    columns, fixed, broken = _world(np.random.default_rng(1))
    broken |= (columns["a"] == 3) & (np.random.default_rng(2).random(4_000) < 0.2) & ~fixed
    found = explain_slices(_count(columns, fixed, broken), _whole(fixed, broken))
    assert found[0].slice == {"a": "3"}
    assert len(found) == 1
    assert found[0].share == pytest.approx(1.0, abs=0.25)


def test_planted_pair__is_found_and_its_columns_are_not_blamed() -> None:
    columns, fixed, broken = _world(np.random.default_rng(1))
    broken |= (columns["a"] == 3) & (columns["b"] == 2) & (np.random.default_rng(2).random(4_000) < 0.6) & ~fixed
    found = explain_slices(_count(columns, fixed, broken), _whole(fixed, broken))
    assert [share.slice for share in found] == [{"a": "3", "b": "2"}]


def test_planted_pair__is_named_alone_also_where_everything_got_a_little_worse() -> None:
    columns, fixed, broken = _world(np.random.default_rng(1))
    hit = (columns["a"] == 3) & (columns["b"] == 2) & (np.random.default_rng(2).random(4_000) < 0.6)
    broken |= (hit | (np.random.default_rng(4).random(4_000) < 0.05)) & ~fixed
    found = explain_slices(_count(columns, fixed, broken), _whole(fixed, broken))
    assert [share.slice for share in found] == [{"a": "3", "b": "2"}]


def test_two_planted_columns__are_both_found() -> None:
    columns, fixed, broken = _world(np.random.default_rng(1), 8_000)
    hit = np.random.default_rng(2).random(8_000) < 0.2
    broken |= ((columns["a"] == 3) | (columns["b"] == 1)) & hit & ~fixed
    found = explain_slices(_count(columns, fixed, broken), _whole(fixed, broken))
    assert [share.slice for share in found] in ([{"a": "3"}, {"b": "1"}], [{"b": "1"}, {"a": "3"}])


def test_uniform_loss__blames_no_slice() -> None:
    columns, fixed, broken = _world(np.random.default_rng(1))
    broken |= (np.random.default_rng(2).random(4_000) < 0.1) & ~fixed
    assert explain_slices(_count(columns, fixed, broken), _whole(fixed, broken)) == ()


def test_chance_alone__finds_something_at_most_one_time_in_twenty() -> None:
    rng = np.random.default_rng(3)
    worlds = [_world(rng, 1_000) for _ in range(60)]
    found = sum(bool(explain_slices(_count(*world), _whole(*world[1:]))) for world in worlds)
    assert found <= 6  # expected at most 3; P(more than 6) < 4 % at the full level


def test_one_slice__keeps_the_exact_sign_test() -> None:
    assert adjust_sign_tests(np.array([9]), np.array([1]))[0] == pytest.approx(binomtest(9, 10).pvalue)


def test_slices_too_small_to_show_anything__cost_nothing() -> None:
    one = adjust_sign_tests(np.array([12]), np.array([1]))[0]
    many = adjust_sign_tests(np.array([12] + [2] * 500), np.array([1] + [1] * 500))[0]
    assert many == pytest.approx(one)


def test_many_flips__meets_the_exact_tail() -> None:
    adjusted = adjust_sign_tests(np.array([1_100]), np.array([950]))[0]
    assert adjusted == pytest.approx(binomtest(1_100, 2_050).pvalue, rel=0.02)


def test_no_flips__explain_nothing() -> None:
    counts = SliceCounts(((("a", "1"),),), np.array([50]), np.array([0]), np.array([0]))
    assert explain_slices(counts, Counts(50, 0, 0)) == ()


def test_slice_that_broke_while_the_rest_improved__is_found() -> None:
    columns, fixed, broken = _world(np.random.default_rng(1))
    draw = np.random.default_rng(2).random(4_000)
    hit = columns["a"] == 3
    broken |= hit & (draw < 0.15) & ~fixed
    fixed |= ~hit & (draw < 0.1) & ~broken
    found = explain_slices(_count(columns, fixed, broken), _whole(fixed, broken))
    assert fixed.sum() > broken.sum()
    assert [share.slice for share in found if share.share is not None and share.share < 0] == [{"a": "3"}]


def test_two_values_that_went_opposite_ways__are_both_named_the_one_with_the_whole_first() -> None:
    counts = SliceCounts(((("a", "1"),), (("a", "2"),)), np.array([1_000, 1_000]), np.array([19, 0]), np.array([0, 129]))
    found = explain_slices(counts, Counts(2_000, 19, 129))
    assert [share.slice["a"] for share in found] == ["2", "1"]


def test_groups__are_counted_once_each() -> None:
    keys = ((("a", "1"),), (("a", "2"),))
    units = UnitCounts(better=np.array([0, 0]), worse=np.array([1, 30]), square=np.array([900, 30]))
    counts = SliceCounts(keys, np.array([500, 500]), np.array([0, 0]), np.array([30, 30]), units)
    (share,) = explain_slices(counts, Counts(20_000, 30, 90, 960))
    assert share.slice == {"a": "2"}
    assert share.p_adjusted == pytest.approx(binomtest(30, 30).pvalue, abs=1e-6)
