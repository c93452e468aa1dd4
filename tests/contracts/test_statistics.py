"""The statistics against independent oracles: statsmodels, scipy, a DeLong of our own, and the jackknife for every metric."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.calibrate.false_alarms import SHAPES, count_false_alarms
from benchmarks.calibrate.worlds import BINARY, MULTICLASS, Data, Predictions, World, draw_data, draw_model, measure_pair
from memeci.decision import decide
from memeci.policy import Policy
from memeci.records import Comparison
from tests.builders.measurements import Labels, measure_labels, measure_means

MONTE_CARLO = 0.02  # 2,000 redraws: five standard errors of a p-value near 0.03


def _flips(n: int, fixed: int, broken: int) -> Labels:
    y = np.arange(n) % 2
    base = np.where(np.arange(n) < n // 4, 1 - y, y)
    cand = base.copy()
    cand[:fixed] = y[:fixed]
    cand[n - broken :] = 1 - y[n - broken :]
    return Labels(y, base, cand, 2)


def _first(labels: Labels, alpha: float = 0.05) -> Comparison:
    return decide(measure_labels(labels, ("accuracy",), seed=3), Policy(alpha=alpha)).comparisons[0]


@pytest.mark.parametrize(("fixed", "broken"), [(0, 5), (2, 9), (10, 24), (30, 41), (40, 70), (5, 2)])
def test_one_accuracy_test__is_the_exact_mcnemar_test(fixed: int, broken: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar  # takes seconds to import

    two_sided = mcnemar([[0, fixed], [broken, 0]], exact=True).pvalue
    p = _first(_flips(400, fixed, broken)).p_value
    assert p is not None
    expected = two_sided / 2 if broken > fixed else stats.binom.sf(broken - 1, fixed + broken, 0.5)
    assert p == pytest.approx(expected, abs=MONTE_CARLO)


def test_rejections__never_exceed_mcnemars_exact_test_and_stay_close_to_mid_p() -> None:
    """Over all splits of 60 flips: we reject exactly where the exact test does, up to Monte-Carlo error at its edge."""
    exact = [broken for broken in range(61) if stats.binom.sf(broken - 1, 60, 0.5) <= 0.05]
    mid = [b for b in range(61) if stats.binom.sf(b, 60, 0.5) + stats.binom.pmf(b, 60, 0.5) / 2 <= 0.05]
    ours = []
    for broken in range(25, 45):
        c = _first(_flips(400, 60 - broken, broken))
        if c.p_adjusted is not None and c.p_adjusted <= 0.05:
            ours.append(broken)
    assert abs(min(ours) - min(exact)) <= 1
    assert min(ours) >= min(mid)


def test_mean_difference__agrees_with_scipys_permutation_test() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(0, 1, 60)
    cand = base + rng.normal(-0.12, 0.5, 60)
    expected = stats.permutation_test(
        (cand, base), lambda a, b: np.mean(a - b), permutation_type="samples", alternative="less", n_resamples=20_000, rng=1
    ).pvalue
    p = decide(measure_means(base, cand), Policy()).comparisons[0].p_value
    assert p == pytest.approx(expected, abs=MONTE_CARLO)


def test_interval_of_one_test__agrees_with_scipys_bootstrap() -> None:
    labels = _flips(1_000, 40, 60)
    difference = (labels.cand == labels.y).astype(float) - (labels.base == labels.y)
    found = stats.bootstrap(
        (difference,), np.mean, confidence_level=0.90, n_resamples=5_000, rng=1, method="percentile"
    ).confidence_interval
    c = _first(labels)
    assert c.ci_low == pytest.approx(found.low, abs=0.002)
    assert c.ci_high == pytest.approx(found.high, abs=0.002)


def _pair(world: World, seed: int = 5) -> tuple[Data, Predictions, Predictions]:
    rng = np.random.default_rng(seed)
    data = draw_data(rng, world)
    return data, draw_model(rng, data), draw_model(rng, data)


def test_roc_auc__has_delongs_standard_error() -> None:
    data, base, cand = _pair(World(400, own=0.3, n_slices=0))
    positive, negative = data.label == 1, data.label == 0
    placements = []
    for model in (base, cand):
        wins = (model.score[positive][:, None] > model.score[negative]) + 0.5 * (model.score[positive][:, None] == model.score[negative])
        placements.append((wins.mean(1), wins.mean(0)))
    by_positive = np.var(placements[1][0] - placements[0][0], ddof=1) / positive.sum()
    by_negative = np.var(placements[1][1] - placements[0][1], ddof=1) / negative.sum()
    measured = measure_pair(data, base, cand, seed=0, metrics=("roc_auc",))
    assert measured.se[0] == pytest.approx(np.sqrt(by_positive + by_negative), rel=0.01)


@pytest.mark.parametrize("k", [2, 3])
def test_standard_errors__agree_with_the_jackknife_for_every_metric(k: int) -> None:
    world = World(100, k, signal=1.3 if k == 2 else 2.2, own=0.3, n_slices=0)
    data, base, cand = _pair(world)
    left_out = np.stack([_leave_out(data, base, cand, i) for i in range(world.n)])
    jackknife = np.sqrt((world.n - 1) / world.n * np.square(left_out - left_out.mean(0)).sum(0))
    measured = measure_pair(data, base, cand, seed=0)
    assert [test.metric for test in measured.tests] == list(BINARY if k == 2 else MULTICLASS)
    np.testing.assert_allclose(measured.se, jackknife, rtol=0.08)


def _leave_out(data: Data, base: Predictions, cand: Predictions, i: int) -> np.ndarray:
    keep = np.arange(data.world.n) != i
    part = Data(replace(data.world, n=data.world.n - 1), data.label[keep], data.slice[keep], None, data.shared)
    models = [Predictions(model.label[keep], model.score[keep]) for model in (base, cand)]
    return measure_pair(part, *models, seed=0).delta


@pytest.mark.parametrize("shape", ["K = 2, balanced", "K = 2, 99.5 % accurate", "K = 2, Pareto groups"])
def test_false_alarms__a_fast_slice_of_the_calibration(shape: str) -> None:
    """110 tests at α = 5 %: more than 7 of 40 would happen once in 1,000 times at the full level; uncorrected, 38–89 % fail."""
    tally = count_false_alarms(replace(SHAPES[shape], n=300), 40, seed=1)
    assert tally.failed[1] <= 7
    assert tally.failed[0] <= 3
