"""The arithmetic over all tests at once: statistics, critical value, bounds, p-values, detectable losses. Knows no outcome.

Everything in here is oriented so that negative is a loss.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.decision.demands import Demands
from memeci.decision.null import Family, count_resamples, draw_null
from memeci.decision.outcome import Presence
from memeci.decision.power import Threshold, compute_detectable, compute_sidak_critical
from memeci.decision.run_noise import Noise
from memeci.decision.spread import Spread, compute_spread
from memeci.measurements import ALL, Floats, Measurements
from memeci.policy import Rule
from memeci.records import Direction, Unit

WHOLE_WEIGHT = 1.1
"""With c the critical value, a test over all examples fails from c / 1.1 standard errors on, one of a slice from c: see decision 0003."""
_STRETCH = (0.5, 2.0)
SURE = 8.0
"""A change of so many standard errors of its own (SE, SE⁺) is judged by itself, at half of that, where its first-order part says less."""
CONTRADICTED = 4.0
"""How many times surer than the change itself its first-order part may be."""
_ROUNDING = 1e-9
"""A first-order change below this many standard errors is rounding: its ratio to the change says nothing."""


class Analysis(msgspec.Struct, frozen=True):
    """Oriented arrays over the tests: negative is a loss. NaN where nothing can be said."""

    delta: list[float]
    loss_bound: list[float]
    gain_bound: list[float]
    p_value: list[float]
    p_adjusted: list[float]
    detectable: list[float]
    detectable_change: list[float]
    critical_of_whole: float | None
    n_tests: int


def analyse(m: Measurements, demands: Demands, alpha: float) -> Analysis:
    """Return the whole family's numbers. ``alpha`` is the chance of any false alarm in it."""
    sign = _find_signs(m)
    spread = compute_spread(m.swaps, len(m.tests))
    error, safe_error = _compute_errors(m, spread, demands.noise)
    delta = sign * m.delta
    linear = np.where(np.isnan(spread.linear), delta, sign * spread.linear)
    own = np.sqrt(np.square(_compute_own_error(m, spread)) + demands.noise.variance)
    linear, error = _check_first_order(delta, linear, error, own, _is_guarded(m))
    safe_error = np.fmax(safe_error, error)
    statistic = _compute_statistic(linear, error, demands)
    members = ~np.isnan(statistic) & np.array(
        [gate.gated and not short for gate, short in zip(demands.gates, demands.shortages, strict=True)], dtype=bool
    )
    weight = np.array([WHOLE_WEIGHT if test.slice == ALL else 1.0 for test in m.tests])
    null = draw_null(m.swaps, Family(statistic, sign, members, weight, spread.se0, m.se, demands.noise), m.seed, count_resamples(alpha))
    is_family = bool(members.any())
    limit = null.critical_value(alpha)
    alone = compute_sidak_critical(alpha, 1)
    critical = limit / weight if is_family else np.full(len(m.tests), alone)
    change = _Change(delta, linear, error, safe_error, statistic)
    reach = np.fmax(critical, alone)
    loss_bound, gain_bound = _compute_bounds(change, critical, reach)
    return Analysis(
        delta=delta.tolist(),
        loss_bound=loss_bound.tolist(),
        gain_bound=gain_bound.tolist(),
        p_value=null.p_value.tolist(),
        p_adjusted=(null.adjust(weight * statistic) if is_family else null.p_value).tolist(),
        detectable=_limit_rates(m, _compute_detectable(m, demands, spread, error, _build_threshold(demands, reach))).tolist(),
        detectable_change=_compute_detectable(m, demands, spread, error, Threshold(reach)).tolist(),
        critical_of_whole=limit / WHOLE_WEIGHT if is_family else None,
        n_tests=int(members.sum()),
    )


def _find_signs(m: Measurements) -> Floats:
    """Return float64[J]: −1 where a lower value is better."""
    return np.array([1.0 if test.direction is Direction.HIGHER else -1.0 for test in m.tests])


def _find_rates(m: Measurements) -> NDArray[np.bool_]:
    return np.array([test.unit is Unit.RATE for test in m.tests], dtype=bool)


def _compute_own_error(m: Measurements, spread: Spread) -> Floats:
    """Return the standard error that the two models have at their own counts, with pseudo-flips where the metric knows any."""
    return np.fmax(np.fmax(m.se_fixed, np.where(m.se_plus > m.se, m.se_plus, 0.0)), spread.se0)


def _is_guarded(m: Measurements) -> NDArray[np.bool_]:
    """Return bool[J]: whether pseudo-flips keep a rate of 0 or 1 from looking certain, or there is none: 0 of 1 is no proof."""
    return np.asarray((m.se_plus > m.se) | ~_find_rates(m))


def _check_first_order(delta: Floats, linear: Floats, error: Floats, own: Floats, guarded: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return first-order part and error; where the part says something else than the change itself, the change and its own error.

    The gradient midway between two models tells little of either where they work at very different points: one flags everything,
    or answers on another scale. A change of SURE own errors, if ``guarded``, then counts as one of half as many. A first-order part
    that is CONTRADICTED counts no more than the change does.
    """
    ratio = np.divide(delta, own, out=np.zeros(len(delta)), where=own > 0)
    first = np.divide(linear, error, out=np.zeros(len(delta)), where=error > 0)
    sure = guarded & (np.abs(ratio) >= SURE) & (np.sign(ratio) * first < np.abs(ratio) / 2)
    contradicted = ~sure & (own > 0) & (np.abs(first) > CONTRADICTED * np.abs(ratio)) & (np.abs(first) > 1)
    changed = sure | contradicted
    return np.where(changed, delta, linear), np.where(sure, 2 * own, np.where(contradicted, np.fmax(own, error), error))


def _compute_statistic(linear: Floats, error: Floats, demands: Demands) -> Floats:
    """Return linear / error; 0 where nothing moved; NaN where a side or the error bar is missing.

    The first-order delta, not delta itself: it is what the redraws vary, so the test is exact however few examples flipped.
    """
    still = (error == 0) & (np.abs(linear) < 1e-12)
    statistic = np.divide(linear, error, out=np.full(len(linear), np.nan), where=error > 0)
    statistic[still] = 0.0
    statistic[[presence is not Presence.BOTH for presence in demands.presences]] = np.nan
    return np.asarray(statistic)


class _Change(msgspec.Struct, frozen=True):
    """Per test: delta, its first-order part, the standard errors for claims of loss and of safety, and linear / error. float64[J] each."""

    delta: Floats
    linear: Floats
    error: Floats
    safe_error: Floats
    statistic: Floats


def _compute_bounds(change: _Change, critical: Floats, reach: Floats) -> tuple[Floats, Floats]:
    """Return what the truth lies below and above, family-wise; NaN where there is no statistic.

    The errors belong to the first-order delta; they stretch with delta / linear (near 1 unless very few examples flipped).
    A bound excludes zero only where the test does, from ``critical`` on, and then it lies ``critical`` standard errors away. Else it
    lies ``reach`` away, which is further where few examples flipped: k coins never add up to more than √k standard errors, but few
    flips are no proof of safety.
    """
    stretch = np.ones(len(change.delta))
    np.divide(change.delta, change.linear, out=stretch, where=np.abs(change.linear) > _ROUNDING * change.error)
    stretch = np.where(stretch > 0, np.clip(stretch, *_STRETCH), 1.0)
    lost, gained = -change.statistic > critical, change.linear > critical * change.safe_error
    loss_bound = change.delta + stretch * np.where(lost, critical, reach) * change.error
    gain_bound = change.delta - stretch * np.where(gained, critical, reach) * change.safe_error
    loss_bound = np.where(lost, loss_bound, np.fmax(loss_bound, 0.0))
    gain_bound = np.where(gained, gain_bound, np.fmin(gain_bound, 0.0))
    known = np.where(np.isnan(change.statistic), np.nan, 1.0)
    return loss_bound * known, gain_bound * known


def _build_threshold(demands: Demands, critical: Floats) -> Threshold:
    strict = np.array([rule is Rule.STRICT for rule in demands.rules], dtype=bool)
    tolerance = np.array(demands.tolerances, dtype=np.float64)
    return Threshold(critical, tolerance, np.where(strict, tolerance, 0.0))


def _compute_errors(m: Measurements, spread: Spread, noise: Noise) -> tuple[Floats, Floats]:
    """Return the standard errors for claims of loss, max(SE, SE0), and for claims of safety, max(SE, SE0, SE⁺), noise included.

    For a loss SE is that of these units: a large group in which nothing changed takes nothing from what the others show.
    """
    error = np.fmax(m.se_fixed, spread.se0)
    safe = np.fmax(np.fmax(error, m.se), m.se_plus)
    return np.sqrt(np.square(error) + noise.variance), np.sqrt(np.square(safe) + noise.variance)


def _limit_rates(m: Measurements, detectable: Floats) -> Floats:
    """Return NaN for a loss that is more than there is to lose: a rate cannot fall by more than 1, and no such loss can be found."""
    too_much = _find_rates(m) & (_find_signs(m) > 0) & (detectable > 1)
    return np.asarray(np.where(too_much, np.nan, detectable))


def _compute_detectable(m: Measurements, demands: Demands, spread: Spread, error: Floats, threshold: Threshold) -> Floats:
    """Unpaired tests use their standard error as it is; without any flip or any error, a rate has the 1/N of a single example."""
    unpaired = np.isnan(spread.se0)
    se0 = np.where(unpaired, error, np.sqrt(np.square(spread.se0) + demands.noise.variance))
    rate = _find_rates(m)
    still = (np.isnan(spread.curvature) & ~unpaired) | (unpaired & (error == 0))
    curvature = np.where(unpaired, 0.0, spread.curvature)
    curvature[still & rate] = 1.0 / np.maximum(m.n_units[still & rate], 1)
    return compute_detectable(se0, curvature, np.maximum(m.n_units, 1).astype(np.float64), threshold)
