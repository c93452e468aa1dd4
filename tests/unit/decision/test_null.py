"""The redraws: exact, bundled, the same to the last bit in any order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from memeci.decision.analysis import WHOLE_WEIGHT, _Change, _compute_bounds
from memeci.decision.bundles import MAX_ROWS, build_rows
from memeci.decision.null import Family, draw_null
from memeci.decision.power import compute_sidak_critical
from memeci.decision.products import MAX_ROUNDING, _Redraws
from memeci.decision.redraw import Source, redraw_imbalances
from memeci.decision.run_noise import Noise
from memeci.decision.spread import compute_spread
from memeci.measurements import SwapBlock, Swaps

N_TESTS = 40


def _independent_tests(n_atoms: int, *, seed: int = 0) -> Swaps:
    """Each atom moves one test only."""
    rng = np.random.default_rng(seed)
    count = rng.integers(1, 6, n_atoms)
    imbalance = 2 * rng.binomial(count, 0.5) - count
    owner = rng.integers(0, N_TESTS, n_atoms)
    blocks = []
    for j in range(N_TESTS):
        atoms = np.flatnonzero(owner == j)
        blocks.append(SwapBlock(np.array([j]), atoms, rng.uniform(0.5, 1.5, (len(atoms), 1))))
    return Swaps(count, imbalance, tuple(blocks))


def _family(swaps: Swaps, noise: Noise | None = None) -> Family:
    spread = compute_spread(swaps, N_TESTS)
    noise = noise or Noise(np.zeros(N_TESTS), np.zeros(N_TESTS, np.int64), None)
    statistic = spread.linear / np.sqrt(spread.se0**2 + noise.variance)
    return Family(statistic, np.ones(N_TESTS), np.ones(N_TESTS, bool), np.ones(N_TESTS), spread.se0, spread.se0, noise)


@pytest.mark.parametrize("n_atoms", [900, 30_000])
def test_critical_value_of_independent_tests__is_sidaks(n_atoms: int) -> None:
    swaps = _independent_tests(n_atoms)
    null = draw_null(swaps, _family(swaps), seed=1, n_resamples=20_000)
    assert null.critical_value(0.05) == pytest.approx(compute_sidak_critical(0.05, N_TESTS), rel=0.02)


def test_bundled_redraws__keep_the_level() -> None:
    rejected = 0
    for seed in range(150):
        swaps = _independent_tests(3_000, seed=seed)
        assert len(build_rows(Source(1), swaps, N_TESTS).count) == MAX_ROWS
        family = _family(swaps)
        null = draw_null(swaps, family, seed, n_resamples=1_000)
        rejected += bool((null.adjust(family.statistic) <= 0.05).any())
    assert 1 <= rejected <= 16  # 150 × 5 % = 7.5; 16 is three standard errors more


def test_heavy_atom__stays_alone() -> None:
    count = np.ones(2_000, np.int64)
    count[700] = 5_000
    swaps = Swaps(count, count, (SwapBlock(np.array([0]), np.arange(2_000), np.ones((2_000, 1))),))
    rows = build_rows(Source(1), swaps, 1)
    assert rows.count.max() == 5_000
    assert (rows.row == rows.row[700]).sum() == 1


def test_flips_of_one_kind__weigh_as_much_beside_thousands_of_others() -> None:
    """Seven of one cell that broke are seven coins, not one of seven times the size, however many other atoms there are."""
    count, imbalance = np.r_[np.full(2, 7), np.ones(3_000, np.int64)], np.r_[np.full(2, -7), np.tile([1, -1], 1_500)]
    blocks = (SwapBlock(np.array([0]), np.arange(2), np.ones((2, 1))), SwapBlock(np.array([1]), np.arange(2, 3_002), np.ones((3_000, 1))))
    swaps = Swaps(count, imbalance, blocks)
    spread, ones, nothing = compute_spread(swaps, 2), np.ones(2), Noise(np.zeros(2), np.zeros(2, np.int64), None)
    family = Family(np.array([-14 / np.sqrt(14), 0.0]), ones, np.ones(2, bool), ones, spread.se0, spread.se0, nothing)
    null = draw_null(swaps, family, seed=1, n_resamples=2_000)
    assert null.p_value[0] < 0.002
    assert null.critical_value(0.01) == pytest.approx(2.6, abs=0.25)


@pytest.mark.parametrize("n_singles", [20_000, 300_000])
def test_concentrated_loss__is_many_coins_beside_any_number_of_single_flips(n_singles: int) -> None:
    swaps = Swaps(np.r_[60, np.ones(n_singles, np.int64)], np.r_[-60, np.ones(n_singles, np.int64)], ())
    rows = build_rows(Source(1), swaps, 1)
    assert rows.start[1] == 60
    assert np.abs(rows.weight[:60]).max() == 1


@pytest.mark.parametrize("size", [1, 2, 8])
def test_parts_of_an_atom__hold_all_its_items(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    count = rng.integers(1, 9, 4_000)
    monkeypatch.setattr("memeci.decision.bundles.MAX_SPLITS", int((-(-count // size) - 1).sum()))
    imbalance = 2 * rng.binomial(count, 0.5) - count
    rows = build_rows(Source(1), Swaps(count, imbalance, ()), 1)
    assert np.diff(rows.start).max() == 8 // size
    assert np.array_equal(np.add.reduceat(rows.weight, rows.start[:-1]), imbalance)
    effects = rng.normal(size=(4_000, 2))
    gathered = rows.gather(SwapBlock(np.array([0, 1]), np.arange(4_000), effects))
    np.testing.assert_allclose(gathered.sum(1), imbalance @ effects, atol=1e-9)
    assert rows.row.max() < MAX_ROWS


@pytest.mark.parametrize("m", [1, 2, 15, 16, 17, 40, 256, 257, 5_000])
def test_redraws_of_an_atom__are_binomial(m: int) -> None:
    drawn = redraw_imbalances(Source(3), np.array([m]), 20_000)[0]
    heads = (drawn + m) / 2
    assert np.array_equal(heads, np.rint(heads))
    edges = np.unique(stats.binom.ppf([0.1, 0.3, 0.5, 0.7, 0.9], m, 0.5))
    expected = np.diff(np.r_[0.0, stats.binom.cdf(edges, m, 0.5), 1.0])
    observed = np.diff(np.r_[0.0, [(heads <= edge).mean() for edge in edges], 1.0])
    np.testing.assert_allclose(observed, expected, atol=0.015)


def test_stream__is_the_one_released() -> None:
    """These numbers may never change: an old verdict must come out the same."""
    source = Source(42)
    assert source.words((1, 4)).tolist() == [[9864, 5849, 64461, 50721]]
    assert source.normals((1, 2))[0] == pytest.approx([0.8093, -0.9960], abs=1e-4)


@pytest.mark.parametrize(("n_rows", "precision"), [(500, np.float32), (3_000, np.float64)])
def test_multiplied_effects__are_the_same_in_any_order_and_as_near_as_said(n_rows: int, precision: type) -> None:
    rng = np.random.default_rng(0)
    effects, drawn = rng.normal(size=(3, n_rows)) / 20, rng.choice([-1.0, 1.0], (n_rows, 50))
    count, order = np.ones(n_rows, np.int64), rng.permutation(n_rows)
    found, doubt = _Redraws(drawn, count).multiply(effects)
    other, _ = _Redraws(drawn[order], count).multiply(effects[:, order])
    assert found.dtype == precision
    assert np.array_equal(found, other)
    assert (np.abs(found - effects @ drawn) <= doubt[:, None]).all()
    assert doubt.max() <= MAX_ROUNDING


def test_multiplied_effects_of_heavy_atoms__keep_64_bits() -> None:
    """A grid of 24 bits is too coarse for sums of half a million items."""
    effects, drawn = np.full((1, 2), 1 / 700), np.array([[1.0, -3.0], [5.0, 7.0]])
    found, doubt = _Redraws(drawn, np.full(2, 250_000)).multiply(effects)
    assert found.dtype == np.float64
    assert doubt.max() < 1e-6


def test_test_of_few_flips_among_many__is_as_exact_as_alone() -> None:
    effects = np.zeros((2, 900))
    effects[0], effects[1, :3] = np.random.default_rng(0).normal(size=900) / 30, 1 / 3
    drawn = np.random.default_rng(1).choice([-1.0, 1.0], (900, 50))
    _, doubt = _Redraws(drawn, np.ones(900, np.int64)).multiply(effects)
    assert doubt[1] < 1e-5


def test_a_family_redrawn_in_32_bits__has_the_critical_value_of_64(monkeypatch: pytest.MonkeyPatch) -> None:
    swaps = _independent_tests(900)
    coarse = draw_null(swaps, _family(swaps), seed=1, n_resamples=2_000)
    monkeypatch.setattr("memeci.decision.products.MAX_ROUNDING", 0.0)
    fine = draw_null(swaps, _family(swaps), seed=1, n_resamples=2_000)
    assert fine.critical_value(0.05) < coarse.critical_value(0.05) < fine.critical_value(0.05) + 2 * MAX_ROUNDING
    assert (coarse.p_value >= fine.p_value).all()


@pytest.mark.parametrize("flips", [64, 256, 1_000, 1_024])
@pytest.mark.parametrize("weight", [1.0, WHOLE_WEIGHT])
def test_a_family_of_one__has_the_same_adjusted_p_value(flips: int, weight: float) -> None:
    """Counts tie with their redraws exactly: a tie that a rounding breaks would be a rejection."""
    for net in range(0, 90, 2):
        if net <= flips:
            swaps = Swaps(np.ones(flips, np.int64), np.where(np.arange(flips) < (flips - net) // 2, 1, -1), (_one_block(flips),))
            spread, nothing = compute_spread(swaps, 1), Noise(np.zeros(1), np.zeros(1, np.int64), None)
            statistic, one = spread.linear / spread.se0, np.ones(1)
            null = draw_null(swaps, Family(statistic, one, np.ones(1, bool), weight * one, spread.se0, spread.se0, nothing), 2, 2_000)
            assert null.adjust(weight * statistic) == pytest.approx(null.p_value, abs=1e-12)


def _one_block(flips: int) -> SwapBlock:
    return SwapBlock(np.array([0]), np.arange(flips), np.full((flips, 1), 1 / 3_000))


def test_weighted_tests__keep_the_level_and_the_heavy_one_finds_more() -> None:
    rejected, critical = 0, []
    for seed in range(150):
        swaps = _independent_tests(900, seed=seed)
        plain = _family(swaps)
        weight = np.where(np.arange(N_TESTS) == 0, WHOLE_WEIGHT, 1.0)
        weighted = Family(plain.statistic, plain.sign, plain.members, weight, plain.se0, plain.se, plain.noise)
        null = draw_null(swaps, weighted, seed, n_resamples=1_000)
        rejected += bool((null.adjust(weight * plain.statistic) <= 0.05).any())
        critical.append((draw_null(swaps, plain, seed, n_resamples=1_000).critical_value(0.05), null.critical_value(0.05)))
    before, after = np.mean(critical, axis=0)
    assert 1 <= rejected <= 16
    assert after / WHOLE_WEIGHT < before < after < 1.02 * before


def test_a_first_order_change_of_rounding_alone__does_not_stretch_the_interval() -> None:
    """delta and its first-order part are both 0 but for rounding: their ratio is anything."""
    error = np.array([0.01])
    change = _Change(np.array([-8e-17]), np.array([-1e-17]), error, error, np.zeros(1))
    critical = np.array([3.0])
    loss_bound, gain_bound = _compute_bounds(change, critical, critical)
    assert loss_bound[0] == pytest.approx(0.03)
    assert gain_bound[0] == pytest.approx(-0.03)


def test_run_noise__makes_a_single_test_students_t() -> None:
    """Without swaps' own spread the statistic is t: (run noise) / (its estimate from five runs)."""
    swaps = Swaps(np.array([1]), np.array([1]), (SwapBlock(np.array([0]), np.array([0]), np.array([[1e-6]])),))
    spread = compute_spread(swaps, 1)
    noise = Noise(np.array([1.0]), np.array([0]), 4)
    family = Family(np.zeros(1), np.ones(1), np.ones(1, bool), np.ones(1), spread.se0, spread.se0, noise)
    null = draw_null(swaps, family, seed=5, n_resamples=40_000)
    assert null.critical_value(0.05) == pytest.approx(stats.t.ppf(0.95, 4), rel=0.03)
