"""What one kind of metric contributes to the measurements: values per slice, and swap effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers
from memeci.metrics.metric import sum_by
from memeci.metrics.tallies import ScoreArrays, SliceSet, Tallies

NOT_IN_BASELINE = "the baseline's predictions have no numbers for it"


class PartBlock(msgspec.Struct, frozen=True):
    """Effects of atoms on all metrics of the part, on one slice: atoms int64[A_b], effects float64[A_b, M]."""

    slice: int
    atoms: Integers
    effects: Floats


class Part(msgspec.Struct, frozen=True):
    """S slices × M metrics; ``positions`` are the metrics' places in the whole list.

    ``atom_count`` None means that atoms are the units of the tallies, which all parts share.
    """

    positions: NDArray[np.int64]
    baseline: Floats
    candidate: Floats
    se: Floats
    se_plus: Floats
    n_positive: Floats
    n_negative: Floats
    reasons: NDArray[np.object_]
    blocks: tuple[PartBlock, ...]
    atom_count: Integers | None = None
    atom_imbalance: Integers | None = None
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
        present = (self.shares > 0).sum(axis=1)
        total = self.sums.sum(axis=1, keepdims=True)
        squares = ((self.sums - self.shares[:, :, None] * total) ** 2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            correction = np.where(present > 1, present / (present - 1.0), np.nan)
        error: Floats = np.sqrt(squares * correction[:, None])
        return error

    def blocks(self, delta: Floats, first_slice: int = 0) -> tuple[PartBlock, ...]:
        """Return one block per slice: effect_u = S_u + delta·share_u, so that the effects of a slice sum to delta.

        For a mean that is exactly what the unit adds to the difference; for other functionals the same to first order.
        """
        result = []
        for s in range(len(self.sums)):
            atoms = np.flatnonzero(self.shares[s] > 0)
            effects = self.sums[s, atoms] + np.nan_to_num(delta[s]) * self.shares[s, atoms, None]
            result.append(PartBlock(first_slice + s, atoms, effects))
        return tuple(result)


def share_units(tallies: Tallies, arrays: ScoreArrays, slice_set: SliceSet) -> Floats:
    """Return float64[S, U]: each unit's part of the slice's weight."""
    n_slices, n_units = len(slice_set.keys), tallies.n_units
    units = tallies.units
    if units is not None:
        leaf, unit, weight = units.leaf, units.unit, units.weight
    else:
        leaf, unit = arrays.leaf.astype(np.int64), arrays.unit.astype(np.int64)
        weight = np.ones(len(leaf)) if arrays.weight is None else arrays.weight
    slices = slice_set.membership[leaf]
    inside = slices >= 0
    weights = sum_by(slices[inside] * n_units + unit[inside], weight[inside], n_slices * n_units).reshape(n_slices, n_units)
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(total > 0, total, 1.0)


def explain_missing(undefined: Sequence[str], baseline: Floats, candidate: Floats, *, has_baseline: bool) -> NDArray[np.object_]:
    """Return str[S, M]: why a value cannot be computed, "" where both can. ``undefined`` has one sentence per metric."""
    sentences = np.array(undefined, dtype=object)
    reasons = np.where(np.isnan(candidate), sentences[None, :], "")
    if has_baseline:
        before = np.array([f"in the baseline, {sentence}" for sentence in undefined], dtype=object)
        reasons = np.where(np.isnan(baseline) & ~np.isnan(candidate), before[None, :], reasons)
    return reasons
