"""What one kind of metric contributes to the measurements: values per slice, and swap effects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers
from memeci.measuring.units import share_units
from memeci.tallies import Tallies

NOT_IN_BASELINE = "the baseline's predictions have no numbers for it"


class PartBlock(msgspec.Struct, frozen=True):
    """Effects of atoms on one slice, as in ``SwapBlock``: on all metrics of the part, or those at ``places`` in it."""

    slice: int
    atoms: Integers
    effects: Floats
    places: Integers | None = None
    run: Integers | None = None


class LabelValues(msgspec.Struct, frozen=True):
    """float64[S, M] each, and blocks of swap effects for each slice."""

    base: Floats
    cand: Floats
    se: Floats
    se_plus: Floats
    blocks: tuple[PartBlock, ...]
    se_fixed: Floats | None = None


class Part(msgspec.Struct, frozen=True):
    """S slices × M metrics; ``positions`` are the metrics' places in the whole list.

    ``atom_count`` None means that atoms are the units of the tallies, which all parts share.
    """

    positions: NDArray[np.int64]
    baseline: Floats
    candidate: Floats
    se: Floats
    se_plus: Floats
    reasons: NDArray[np.object_]
    blocks: tuple[PartBlock, ...]
    n_positive: Floats | None = None
    n_negative: Floats | None = None
    atom_count: Integers | None = None
    atom_imbalance: Integers | None = None
    se_fixed: Floats | None = None
    slack: Floats | None = None
    """How far a difference may be from the exact one, where scores were put into bins."""


@dataclass
class UnitInfluence:
    """Collects influence by unit for S slices, U units and M metrics: sums float64[S, U, M], shares float64[S, U].

    ``shares`` is each unit's part of the slice's weight.
    """

    sums: Floats
    shares: Floats

    @classmethod
    def empty(cls, n_slices: int, n_units: int, n_metrics: int) -> UnitInfluence:
        return cls(np.zeros((n_slices, n_units, n_metrics)), np.zeros((n_slices, n_units)))

    def standard_error(self) -> Floats:
        """Return float64[S, M]: √(U/(U−1) Σ_u (S_u − share_u · Σ S)²), U counting the units present; NaN with one unit."""
        return self._spread_about(self.sums.sum(axis=1))

    def standard_errors(self, delta: Floats) -> tuple[Floats, Floats]:
        """Return float64[S, M] twice: `standard_error`, and that of these very units, √(U/(U−1) Σ_u (S_u − share_u · (Σ S − delta))²).

        The first asks what other units of this kind would have shown: there a large unit in which nothing changed is a doubt about
        every change. The second takes what each unit adds to delta, and such a one adds nothing.
        """
        return self.standard_error(), self._spread_about(self.sums.sum(axis=1) - np.nan_to_num(delta))

    def _spread_about(self, total: Floats) -> Floats:
        """Return float64[S, M]: √(U/(U−1) Σ_u (S_u − share_u · total)²); NaN with one unit."""
        squares = ((self.sums - self.shares[:, :, None] * total[:, None, :]) ** 2).sum(axis=1)
        present = (self.shares > 0).sum(axis=1)
        correction = np.divide(present, present - 1.0, out=np.full(len(present), np.nan), where=present > 1)
        return np.asarray(np.sqrt(squares * correction[:, None]))

    def blocks(self, delta: Floats) -> tuple[PartBlock, ...]:
        """Return one block per slice: effect_u = S_u + delta·share_u, so that the effects of a slice sum to delta.

        For a mean that is exactly what the unit adds to the difference; for other functionals the same to first order.
        """
        effects = (s + change * share[:, None] for s, share, change in zip(self.sums, self.shares, np.nan_to_num(delta), strict=True))
        return build_unit_blocks(effects, self.shares > 0)


class InfluenceTable:
    """Collects values of both models float64[S, M] and influence, job by job. What no job fills stays NaN.

    ``unknown`` bool[M]: the baseline lacks the numbers that the metric is made of.
    """

    def __init__(self, tallies: Tallies, n_metrics: int, *, has_jobs: bool) -> None:
        self.tallies = tallies
        n_slices = len(tallies.leaves.slices)
        self.baseline, self.candidate = (np.full((n_slices, n_metrics), np.nan) for _ in range(2))
        self.influence = UnitInfluence.empty(n_slices, tallies.n_units, n_metrics)
        if has_jobs:
            self.influence.shares[:] = np.concatenate([share_units(tallies, slice_set) for slice_set in tallies.leaves.sets])
        self.unknown = np.zeros(n_metrics, dtype=bool)

    def build(self, undefined: Sequence[str], positions: Sequence[int]) -> Part:
        """Return the part; ``undefined`` has one sentence per metric."""
        has_baseline = self.tallies.has_baseline
        # Without a baseline these are the errors of the candidate's own values.
        change = self.candidate - self.baseline if has_baseline else np.zeros_like(self.candidate)
        se, se_fixed = self.influence.standard_errors(change)
        blocks = self.influence.blocks(change) if has_baseline else ()
        if not has_baseline:
            self.baseline[:] = np.nan
        reasons = explain_missing(undefined, self.baseline, self.candidate, has_baseline=has_baseline)
        reasons[np.isnan(self.baseline) & ~np.isnan(self.candidate) & self.unknown] = NOT_IN_BASELINE
        return Part(np.array(positions), self.baseline, self.candidate, se, se, reasons, blocks, se_fixed=se_fixed)


def build_unit_blocks(effects: Iterable[Floats], present: NDArray[np.bool_], first_slice: int = 0) -> tuple[PartBlock, ...]:
    """Return one block a slice: its ``effects`` float64[U, M], of the units that are ``present`` bool[S, U] in it."""
    found = (np.flatnonzero(units) for units in present)
    return tuple(PartBlock(first_slice + s, atoms, one[atoms]) for s, (atoms, one) in enumerate(zip(found, effects, strict=True)))


def explain_missing(undefined: Sequence[str], baseline: Floats, candidate: Floats, *, has_baseline: bool) -> NDArray[np.object_]:
    """Return str[S, M]: why a value cannot be computed, "" where both can. ``undefined`` has one sentence per metric."""
    sentences = np.array(undefined, dtype=object)
    reasons = np.where(np.isnan(candidate), sentences[None, :], "")
    if has_baseline:
        before = np.array([f"in the baseline, {sentence}" for sentence in undefined], dtype=object)
        reasons = np.where(np.isnan(baseline) & ~np.isnan(candidate), before[None, :], reasons)
    return reasons
