"""Other ways to turn the same measurements into a verdict, to compare with: each returns whether the pull request fails."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Measurements
from memeci.records import Direction

N_RESAMPLES = 1_000
DROP = 0.01
Array = NDArray[Any]


def orient(m: Measurements) -> Array:
    """Return 1 where higher is better, else −1."""
    return np.array([1.0 if test.direction is Direction.HIGHER else -1.0 for test in m.tests])


def find_usable(m: Measurements) -> Array:
    """Return which tests have a statistic; slices as small as the gate's own guard leaves out have none."""
    enough = (m.n_positive < 0) | (np.minimum(m.n_positive, m.n_negative) >= 10)
    return np.asarray((m.se > 0) & np.isfinite(m.delta) & (m.n >= 30) & enough)


def compute_wald_p(m: Measurements) -> Array:
    """Return one-sided p-values of delta / se, of the usable tests."""
    usable = find_usable(m)
    return np.array([NormalDist().cdf(z) for z in (orient(m) * m.delta / np.where(m.se > 0, m.se, 1.0))[usable]])


def fails_uncorrected(m: Measurements, alpha: float, rng: np.random.Generator) -> bool:
    return bool((compute_wald_p(m) <= alpha).any())


def fails_holm(m: Measurements, alpha: float, rng: np.random.Generator) -> bool:
    """Holm's first step decides whether anything fails; so does Bonferroni's."""
    p = compute_wald_p(m)
    return bool(len(p) and p.min() <= alpha / len(p))


def fails_benjamini_hochberg(m: Measurements, alpha: float, rng: np.random.Generator) -> bool:
    p = np.sort(compute_wald_p(m))
    return bool((p <= alpha * np.arange(1, len(p) + 1) / max(len(p), 1)).any())


def fails_any_drop(m: Measurements, alpha: float, rng: np.random.Generator) -> bool:
    """What people write: any metric that drops by more than DROP."""
    usable = np.isfinite(m.delta) & (m.n >= 30)
    return bool((orient(m) * m.delta < -DROP)[usable].any())


def fails_overall_drop(m: Measurements, alpha: float, rng: np.random.Generator) -> bool:
    """The same over all examples only."""
    whole = np.array([not test.slice for test in m.tests])
    return bool((orient(m) * m.delta < -DROP)[whole].any())


def fails_bootstrap(m: Measurements, alpha: float, rng: np.random.Generator) -> bool:
    """Studentised bootstrap max-T: items of an atom redrawn as Poisson counts of both orientations, units with Poisson weights."""
    assert m.swaps is not None
    swaps, sign = m.swaps, orient(m)
    items = (swaps.count + swaps.imbalance) // 2, (swaps.count - swaps.imbalance) // 2
    forward = rng.poisson(items[0][:, None], (len(swaps.count), N_RESAMPLES)).astype(float)
    backward = rng.poisson(items[1][:, None], (len(swaps.count), N_RESAMPLES)).astype(float)
    moved, squared = np.zeros((len(m.tests), N_RESAMPLES)), np.zeros((len(m.tests), N_RESAMPLES))
    for block in swaps.blocks:
        change = (forward - backward)[block.atoms] - swaps.imbalance[block.atoms, None]
        moved[block.tests] += block.effects.T @ change
        squared[block.tests] += (block.effects**2).T @ (forward + backward)[block.atoms]
    usable = find_usable(m)
    t = sign[usable, None] * moved[usable] / np.sqrt(np.maximum(squared[usable], 1e-300))
    critical = np.quantile(np.where(squared[usable] > 0, -t, 0.0).max(0), 1 - alpha)
    return bool((sign[usable] * m.delta[usable] / m.se[usable] < -critical).any())


RULES: dict[str, Callable[[Measurements, float, np.random.Generator], bool]] = {
    "any metric or slice drops > 1 pp": fails_any_drop,
    "any overall metric drops > 1 pp": fails_overall_drop,
    "uncorrected tests": fails_uncorrected,
    "Benjamini–Hochberg (Wald)": fails_benjamini_hochberg,
    "Holm (Wald)": fails_holm,
    "bootstrap max-T": fails_bootstrap,
}
