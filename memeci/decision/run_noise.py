"""Noise between runs of the same code, added to redraws of swaps: is this code worse, not only this artefact?"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.decision.redraw import Source
from memeci.measurements import Floats, Integers

MIN_KURTOSIS = 2.5
"""Of a redrawn statistic: 3 − 2/(number of flips that count), so about four of them."""


class Noise(msgspec.Struct, frozen=True):
    """Run-to-run noise of each test's difference. ``variance`` float64[J] is 2σ̂²; ``metric`` int64[J] says which
    tests share one estimate; ``degrees`` of freedom of the estimates, None when they are taken as known."""

    variance: Floats
    metric: Integers
    degrees: int | None


class RunNoise:
    """Makes statistics of (swap + run noise) over √(se0² + estimated noise variance): Behrens–Fisher by simulation.

    Tests of one metric share their estimate, hence its error. Different metrics err independently: the strict case.
    """

    def __init__(self, source: Source, noise: Noise, scale: Floats, n_draws: int) -> None:
        """``scale`` float64[J]: the standard error that each statistic was divided by."""
        self.source, self.variance, self.noisy = source, noise.variance, noise.variance > 0
        self.scale, self.metric = scale, noise.metric
        degrees = noise.degrees
        self.ratio = {
            metric: np.ones(n_draws) if degrees is None else source.chi_squares(degrees, n_draws)
            for metric in sorted(set(noise.metric[self.noisy].tolist()))
        }

    def add(self, tests: Integers, table: NDArray[np.floating[Any]]) -> None:
        """Add the noise of these tests to ``table`` float[J, B], in place."""
        rows = np.flatnonzero(self.noisy[tests])
        if len(rows):
            noisy, swapped = tests[rows], table[rows].astype(np.float64)
            variance, scale = self.variance[noisy, None], self.scale[noisy, None]
            ratio = np.stack([self.ratio[metric] for metric in self.metric[noisy].tolist()])
            run = np.sqrt(variance) * _draw_run_noise(self.source, swapped)
            table[rows] = (swapped * scale + run) / np.sqrt(scale**2 + variance * ratio)


def _draw_run_noise(source: Source, swapped: Floats) -> Floats:
    """Return float64[J, B] of unit variance, independent of ``swapped`` and correlated between tests as its rows are.

    A run that is lucky in accuracy is lucky in F1, as a flip that breaks one breaks the other: four other redraws, added up,
    carry that correlation. Rows of too few flips to be near normal get independent normals.
    """
    n_draws = swapped.shape[1]
    run = np.add.reduce([np.roll(swapped, part * n_draws // 7, axis=1) for part in (1, 2, 3, 5)]) / 2.0
    few = np.flatnonzero(np.mean(swapped**4, axis=1) < MIN_KURTOSIS)
    run[few] = source.normals((len(few), n_draws))
    return np.asarray(run)
