"""The arithmetic over all tests at once: statistics, critical value, bounds, p-values, detectable losses. Knows no outcome.

Everything in here is oriented so that negative is a loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memeci.decision.demands import Demands
from memeci.decision.null import Family, Noise, Spread, compute_spread, count_resamples, draw_null
from memeci.decision.outcome import Presence
from memeci.decision.power import Threshold, compute_detectable, compute_sidak_critical
from memeci.measurements import Floats, Measurements
from memeci.policy import Rule
from memeci.records import Direction, Unit


@dataclass(frozen=True)
class Analysis:
    """Oriented arrays over the tests: negative is a loss. NaN where nothing can be said."""

    delta: Floats
    loss_bound: Floats
    gain_bound: Floats
    p_value: Floats
    p_adjusted: Floats
    detectable: Floats
    detectable_change: Floats
    critical: float | None
    n_tests: int


def analyse(m: Measurements, demands: Demands, alpha: float) -> Analysis:
    """Return the whole family's numbers. ``alpha`` is the chance of any false alarm in it."""
    sign = np.array([1.0 if test.direction is Direction.HIGHER else -1.0 for test in m.tests])
    spread = compute_spread(m.swaps, len(m.tests))
    error, safe_error = _compute_errors(m, spread, demands.noise)
    delta = sign * m.delta
    statistic = _compute_statistic(delta, error, demands)
    members = ~np.isnan(statistic) & np.array(
        [gate.gated and not short for gate, short in zip(demands.gates, demands.shortages, strict=True)], dtype=bool
    )
    null = draw_null(m.swaps, Family(statistic, sign, members, spread.se0, m.se, demands.noise), m.seed, count_resamples(alpha))
    critical = null.critical_value(alpha) if members.any() else compute_sidak_critical(alpha, 1)
    known = np.where(np.isnan(statistic), np.nan, 1.0)
    return Analysis(
        delta=delta,
        loss_bound=known * (delta + critical * error),
        gain_bound=known * (delta - critical * safe_error),
        p_value=null.p_value,
        p_adjusted=null.adjust(statistic) if members.any() else null.p_value,
        detectable=_compute_detectable(m, demands, spread, error, _build_threshold(demands, critical)),
        detectable_change=_compute_detectable(m, demands, spread, error, Threshold(critical)),
        critical=critical if members.any() else None,
        n_tests=int(members.sum()),
    )


def _compute_statistic(delta: Floats, error: Floats, demands: Demands) -> Floats:
    """Return delta / error; 0 where nothing moved; NaN where a side or the error bar is missing."""
    still = (error == 0) & (np.abs(delta) < 1e-12)
    statistic = np.divide(delta, error, out=np.full(len(delta), np.nan), where=error > 0)
    statistic[still] = 0.0
    statistic[[presence is not Presence.BOTH for presence in demands.presences]] = np.nan
    return np.asarray(statistic)


def _build_threshold(demands: Demands, critical: float) -> Threshold:
    strict = np.array([rule is Rule.STRICT for rule in demands.rules], dtype=bool)
    return Threshold(critical, demands.tolerance, np.where(strict, demands.tolerance, 0.0))


def _compute_errors(m: Measurements, spread: Spread, noise: Noise) -> tuple[Floats, Floats]:
    """Return the standard errors for claims of loss, max(SE, SE0), and for claims of safety, max(SE, SE0, SE⁺), noise included."""
    error = np.fmax(m.se, spread.se0)
    safe = np.fmax(error, m.se_plus)
    return np.sqrt(np.square(error) + noise.variance), np.sqrt(np.square(safe) + noise.variance)


def _compute_detectable(m: Measurements, demands: Demands, spread: Spread, error: Floats, threshold: Threshold) -> Floats:
    """Unpaired tests use their standard error as it is; without any flip, a rate has the 1/N of a single example."""
    unpaired = np.isnan(spread.se0)
    se0 = np.where(unpaired, error, np.sqrt(np.square(spread.se0) + demands.noise.variance))
    rate = np.array([test.unit is Unit.RATE for test in m.tests], dtype=bool)
    still = np.isnan(spread.curvature) & ~unpaired
    curvature = np.where(unpaired, 0.0, spread.curvature)
    curvature[still & rate] = 1.0 / np.maximum(m.n_units[still & rate], 1)
    return compute_detectable(se0, curvature, np.maximum(m.n_units, 1).astype(np.float64), threshold)
