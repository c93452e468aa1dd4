"""Rank metrics however they are found: by packed sorting, by plain sorting, by bins. Against scikit-learn, DeLong and each other."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk
from msgspec.structs import replace

from memeci.decision import decide
from memeci.measurements import ALL, Measurements
from memeci.measuring.binned_scores import BIN_BITS, bin_scores, choose_bits
from memeci.measuring.evidence import build_calibration, build_roc
from memeci.measuring.measure import measure
from memeci.measuring.rank_part import FINER_BITS
from memeci.measuring.rounding import Rounding, fit_roundings
from memeci.measuring.scored import Scores, list_sides
from memeci.measuring.sorted_scores import sort_scores
from memeci.metrics.calibration import find_bins
from memeci.metrics.metric import RankMetric
from memeci.metrics.ranking import AveragePrecision, RocAuc
from memeci.pipeline.wording import note_bins
from memeci.policy import Policy
from memeci.tallies import Leaves, ScoreArrays, SliceSet, Tallies, UnitTotals

METRICS: tuple[RankMetric, ...] = (RocAuc(), AveragePrecision())
WHOLE = SliceSet((), (ALL,), np.zeros(6, np.int64))
# Two leaves in a small slice, three in a large one, one in none.
SLICES = SliceSet(("lang",), ((("lang", "en"),), (("lang", "zh"),)), np.array([0, 0, 1, 1, 1, -1]))
N = 12_000  # beyond what is simply sorted
N_UNITS = 1_000

SHAPES = {
    "even": lambda x: x,
    "rounded": lambda x: x.round(2),
    "sure": lambda x: 1 / (1 + np.exp(-40 * (x - 0.6))),
    "margins": lambda x: 1e6 * (x - 0.5),
    "one far out": lambda x: np.where(x == x.max(), 1e9, x),
    "zeros of both signs": lambda x: np.where(x < 0.3, np.where(x < 0.2, -0.0, 0.0), x),
    "infinite": lambda x: np.where(x < 0.2, -np.inf, x),
    "all equal": np.zeros_like,
}
SHAPED = pytest.mark.parametrize("shape", SHAPES)


def draw(shape: str = "even", n: int = N, seed: int = 3, change: float = 0.02) -> ScoreArrays:
    """Return two models that agree for the most part, of examples in six leaves of unequal size."""
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < 0.3).astype(np.float64)
    common = 0.45 + 0.1 * label + rng.normal(0, 0.1, n)
    base, cand = (SHAPES[shape]((common + rng.normal(0, change, n)).clip(0, 1)) for _ in range(2))
    leaf = rng.choice(6, n, p=[0.04, 0.06, 0.3, 0.3, 0.2, 0.1]).astype(np.int32)
    return ScoreArrays(leaf, rng.integers(0, N_UNITS, n).astype(np.int32), label, base, cand)


def tally(arrays: ScoreArrays) -> Tallies:
    rows, n = np.unique(arrays.leaf.astype(np.int64) * N_UNITS + arrays.unit, return_counts=True)
    units = UnitTotals(rows // N_UNITS, rows % N_UNITS, n.astype(np.float64))
    leaves = Leaves(np.bincount(arrays.leaf, minlength=6), (WHOLE, SLICES))
    return Tallies(("no", "yes"), leaves, True, 1, units=units, scores=arrays, n_units=N_UNITS)


def take_cand(arrays: ScoreArrays) -> Scores:
    return Scores(arrays.cand, arrays.label, arrays.leaf, arrays.unit)


def assert_same(first: Measurements, second: Measurements) -> None:
    for name in ("baseline", "candidate", "delta", "se", "n_positive", "n_negative"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    for a, b in zip(first.swaps.blocks, second.swaps.blocks, strict=True):
        np.testing.assert_array_equal(a.effects, b.effects)


@SHAPED
def test_packed_sorting__agrees_with_scikit_learn_on_every_slice(shape: str) -> None:
    arrays = draw(shape)
    found = sort_scores(take_cand(arrays)).measure(SLICES, METRICS, N_UNITS)
    for s in range(2):
        rows = SLICES.membership[arrays.leaf] == s
        score = np.nan_to_num(arrays.cand[rows], neginf=-1e300)
        expected = [function(arrays.label[rows], score) for function in (sk.roc_auc_score, sk.average_precision_score)]
        np.testing.assert_allclose(found.values[s], expected, rtol=1e-12)
        assert (found.positives[s], found.negatives[s]) == (arrays.label[rows].sum(), (1 - arrays.label[rows]).sum())


@SHAPED
def test_influence__is_delongs_placements_summed_by_unit(shape: str) -> None:
    arrays = draw(shape)
    found = sort_scores(take_cand(arrays)).measure(WHOLE, METRICS, N_UNITS)
    score, positive = arrays.cand, arrays.label > 0
    n, p = len(score), positive.sum()
    overall, among_positive, among_negative = (scipy.stats.rankdata(x) for x in (score, score[positive], score[~positive]))
    influence = np.empty(n)
    influence[positive] = (overall[positive] - among_positive) / (n - p)
    influence[~positive] = 1 - (overall[~positive] - among_negative) / p
    auc = influence[positive].mean()
    influence = (influence - auc) * np.where(positive, n / p, n / (n - p))
    np.testing.assert_allclose(found.sums[0, :, 0], np.bincount(arrays.unit, influence, N_UNITS) / n, atol=1e-15)


@pytest.mark.parametrize("bin_above", [N, N - 1], ids=["sorted", "binned"])
@SHAPED
def test_the_order_of_the_file__leaves_no_trace(shape: str, bin_above: int) -> None:
    arrays = draw(shape)
    rows = np.random.default_rng(1).permutation(N)
    shuffled = ScoreArrays(*(column[rows] for column in (arrays.leaf, arrays.unit, arrays.label, arrays.base, arrays.cand)))
    first, second = (measure(tally(a), METRICS, bin_above=bin_above) for a in (arrays, shuffled))
    assert_same(first, second)
    np.testing.assert_array_equal(first.slack, second.slack)


@pytest.mark.parametrize("bits", [6, 9, 14, 20])
@SHAPED
def test_bins__are_never_further_off_than_they_say(shape: str, bits: int) -> None:
    scores = take_cand(draw(shape))
    exact, binned = sort_scores(scores), bin_scores(scores, bits)
    for slice_set in (WHOLE, SLICES):
        right = exact.measure(slice_set, METRICS, N_UNITS)
        for pure in (False, True):
            found = binned.measure(slice_set, METRICS, N_UNITS, pure=pure)
            assert (np.abs(found.values - right.values) <= found.slack + 1e-12).all()
            np.testing.assert_array_equal(found.positives, right.positives)
            np.testing.assert_array_equal(found.negatives, right.negatives)


def test_bins_of_a_single_score__are_exact_and_say_so() -> None:
    scores = take_cand(draw("rounded"))
    found = bin_scores(scores).measure(SLICES, METRICS, N_UNITS, pure=True)
    right = sort_scores(scores).measure(SLICES, METRICS, N_UNITS)
    assert not found.slack.any()
    np.testing.assert_allclose(found.values, right.values, rtol=1e-12)
    np.testing.assert_allclose(found.sums, right.sums, atol=1e-8)


@pytest.mark.parametrize("scores", [[0.0, -0.0, 5e-324, 1e-30, 0.3, 0.5, 1 - 2**-53, 1.0], [-1e300, -1.0, 0.0, 1e-9, 7e299]])
def test_rounding__never_turns_two_scores_round(scores: list[float]) -> None:
    score = np.sort(np.r_[scores, np.random.default_rng(0).random(5_000) ** 20])
    for bits in (4, 40, 51):
        for rounding in fit_roundings(score, bits):
            found = rounding.apply(score)
            assert (np.diff(found) >= 0).all()
            assert found[0] >= 0
            assert found[-1] < 2**bits


def test_log_odds__tell_apart_what_a_sure_model_says() -> None:
    score = 1 / (1 + np.exp(-np.linspace(-30, 30, 100_000)))
    even, odds = (len(np.unique(Rounding(score.min(), score.max(), 40, logit=logit).apply(score))) for logit in (False, True))
    assert fit_roundings(score, 40)[0].logit
    assert odds == len(np.unique(score)) > even


@SHAPED
def test_more_examples_than_are_sorted__have_the_same_measurements_within_the_slack(shape: str) -> None:
    tallies = tally(draw(shape))
    exact, found = (measure(tallies, METRICS, bin_above=n) for n in (N, N - 1))
    assert not exact.slack.any()
    assert (np.abs(found.delta - exact.delta) <= found.slack + 1e-12).all()
    assert (found.slack <= 0.05 * found.se).all()
    np.testing.assert_allclose(found.se, exact.se, rtol=0.05)


@pytest.mark.parametrize("loss", [0.0, 0.02, 0.05, 0.2])
def test_more_examples_than_are_sorted__are_decided_alike(loss: float) -> None:
    arrays = draw()
    rng = np.random.default_rng(8)
    arrays = replace(arrays, cand=arrays.cand + loss * rng.normal(size=N))
    measured = [measure(tally(arrays), METRICS, bin_above=n) for n in (N, N - 1)]
    first, second = (decide(m, Policy()).comparisons for m in measured)
    assert [c.outcome for c in first] == [c.outcome for c in second]
    for j, (a, b) in enumerate(zip(first, second, strict=True)):
        assert b.p_value == pytest.approx(a.p_value, abs=0.005)
        assert b.ci_low == pytest.approx(a.ci_low, abs=measured[1].slack[j] + 0.02 * measured[0].se[j])


@pytest.mark.parametrize(("change", "bits"), [(0.02, BIN_BITS), (0.001, BIN_BITS + FINER_BITS), (0.0001, None)])
def test_the_less_two_models_differ__the_finer_they_are_ranked(change: float, bits: int | None) -> None:
    arrays = draw(change=change)
    exact, found = (measure(tally(arrays), METRICS, bin_above=n) for n in (N, N - 1))
    sides = list_sides(arrays, has_baseline=True) if bits is not None else []
    expected = sum((bin_scores(side, bits).measure(WHOLE, METRICS, N_UNITS).slack[0] for side in sides), np.zeros(2))
    np.testing.assert_array_equal(expected, found.slack[:2])
    assert (np.abs(found.delta - exact.delta) <= found.slack).all()
    assert (found.slack <= 0.05 * found.se).all()


@pytest.mark.parametrize(("n", "bits"), [(1, 19), (10_000_000, 19), (2**24, 19), (2**24 + 1, 20), (2**26, 20), (2**26 + 1, 21)])
def test_four_times_as_many_examples__get_twice_as_many_bins(n: int, bits: int) -> None:
    assert bits == choose_bits(n)


def test_too_coarse_bins__are_sorted_after_all() -> None:
    """Infinite scores leave no way to divide the range, so every example shares a bin."""
    tallies = tally(draw("infinite"))
    exact, found = (measure(tallies, METRICS, bin_above=n) for n in (N, N - 1))
    assert_same(exact, found)
    assert not found.slack.any()


def test_two_equal_models__need_no_sorting_and_do_not_differ() -> None:
    arrays = draw("sure")
    found = measure(tally(replace(arrays, base=arrays.cand)), METRICS, bin_above=0)
    assert not found.delta.any()
    assert not found.se.any()


def test_one_class_only__has_no_value_in_bins_either() -> None:
    arrays = draw()
    arrays = replace(arrays, label=np.where(arrays.leaf < 2, 0.0, arrays.label))
    found = measure(tally(arrays), METRICS, bin_above=0)
    assert np.isnan(found.candidate).tolist() == [False, False, True, True, False, False]
    assert found.reasons[2] == "both a positive and a negative example are needed"


def test_weights__are_sorted_however_many() -> None:
    arrays = draw()
    weighted = tally(replace(arrays, weight=np.random.default_rng(2).gamma(2, 1, N)))
    first, second = (measure(weighted, METRICS, bin_above=n) for n in (0, N))
    assert_same(first, second)
    assert not first.slack.any()


def test_a_heavy_example_ranked_last__takes_no_digit_of_the_precision_above_it() -> None:
    score, label = np.array([0.0, 0.1, 0.5, 0.6, 0.7]), np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    weight = np.array([1e17, 1e20, 3.0, 2.0, 1.0])
    found = sort_scores(Scores(score, label, np.zeros(5, np.int32), np.arange(5), weight)).measure(WHOLE, METRICS, 5)
    assert found.values[0, 1] == pytest.approx(sk.average_precision_score(label, score, sample_weight=weight), rel=1e-12)
    light = weight / np.array([1, 1e20, 1, 1, 1])
    found = sort_scores(Scores(score, label, np.zeros(5, np.int32), np.arange(5), light)).measure(WHOLE, METRICS, 5)
    assert found.values[0, 1] == pytest.approx(sk.average_precision_score(label, score, sample_weight=light), rel=1e-12)
    assert np.isfinite(found.sums).all()


def test_a_note__names_the_most_that_bins_may_move() -> None:
    found = measure(tally(draw()), METRICS, bin_above=0)
    assert 0 < found.slack[1] < 9e-5
    (note,) = note_bins(replace(found, slack=np.array([2.1e-7, 8.4e-5, 0, 0, 3e-8, 0])))
    assert "roc_auc 0.00003 pp, average_precision 0.009 pp" in note.en
    assert "roc_auc 0.00003 pp" in note.zh
    assert note_bins(replace(found, slack=np.zeros(6))) == []
    assert note_bins(replace(found, slack=None)) == []


@pytest.mark.parametrize("shape", ["even", "sure", "rounded"])
def test_the_curve_of_many_scores__is_that_of_sorted_ones(shape: str) -> None:
    arrays = draw(shape, 120_000)
    found = build_roc(arrays, has_baseline=True)
    assert found is not None
    fpr, tpr, _ = sk.roc_curve(arrays.label, arrays.cand, drop_intermediate=False)
    for x, y in found.candidate:
        low, high = np.searchsorted(fpr, [x - 1e-5, x + 1e-5])
        assert tpr[max(low - 1, 0)] - 1e-5 <= y <= tpr[min(high, len(tpr) - 1)] + 1e-5


def test_calibration_bins__do_not_depend_on_the_order_of_the_file() -> None:
    arrays = draw()
    rows = np.random.default_rng(1).permutation(N)
    assert build_calibration(arrays) == build_calibration(replace(arrays, label=arrays.label[rows], cand=arrays.cand[rows]))


def test_calibration_bins__are_open_below_and_closed_above() -> None:
    edges = np.linspace(0, 1, 16)
    scores = np.r_[edges, np.nextafter(edges, 2).clip(0, 1), np.nextafter(edges, -1).clip(0, 1), 0.2, 3 / 15, 0.6, 0.7, 1e-300]
    np.testing.assert_array_equal(find_bins(scores), np.searchsorted(edges[1:-1], scores))
