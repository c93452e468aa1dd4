"""Tallies → measurements: every metric on every slice, its standard error, and what a swap would change."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers, Measurements, SwapBlock, Swaps, TestKey
from memeci.measuring.array_part import measure_array
from memeci.measuring.label_part import measure_labels
from memeci.measuring.moment_part import measure_moments
from memeci.measuring.part import Part
from memeci.measuring.rank_part import RANK_BINS_ABOVE, measure_ranks
from memeci.measuring.units import weigh_slices
from memeci.metrics.metric import Metric
from memeci.records import Pairing
from memeci.sums import sum_whole_by
from memeci.tallies import Leaves, Tallies


def measure(
    tallies: Tallies, metrics: Sequence[Metric], *, pairing: Pairing = Pairing.PAIRED, seed: int = 0, bin_above: int = RANK_BINS_ABOVE
) -> Measurements:
    """Return all metric × slice tests: for each slice (all examples first) every metric, in the order given.

    Cost depends on the size of the tallies alone; only metrics of ranks and quantiles look at examples. Of more than
    ``bin_above`` examples ranks are found by bins of the score, see ``Measurements.slack``.
    """
    table = _Table(len(tallies.leaves.slices), len(metrics))
    for part in _parts(tallies, metrics, bin_above):
        table.add(part, tallies)
    return table.build(tallies, metrics, pairing, seed)


def _parts(tallies: Tallies, metrics: Sequence[Metric], bin_above: int) -> list[Part]:
    by_kind: dict[str, list[int]] = {}
    for position, metric in enumerate(metrics):
        by_kind.setdefault(metric.kind, []).append(position)
    # A metric's kind says which protocol it follows; only here is that taken at its word.
    measures: dict[str, Callable[[Tallies, Sequence[Any], Sequence[int]], Part]]
    ranks = functools.partial(measure_ranks, bin_above=bin_above)
    measures = {"label": measure_labels, "moment": measure_moments, "rank": ranks, "array": measure_array}
    return [measures[kind](tallies, [metrics[i] for i in positions], positions) for kind, positions in by_kind.items()]


_ABSENT = dict.fromkeys(("baseline", "candidate", "se", "se_plus", "se_fixed"), np.nan)
_ABSENT |= {"n_positive": -1.0, "n_negative": -1.0, "slack": 0.0}
"""The arrays of a part, and what stands for one that it does not have."""


@dataclass
class _Table:
    """Collects the parts into arrays over all tests."""

    n_slices: int
    n_metrics: int
    parts: list[Part] = field(default_factory=list)
    blocks: list[SwapBlock] = field(default_factory=list)
    counts: list[Integers] = field(default_factory=list)
    imbalances: list[Integers] = field(default_factory=list)
    n_atoms: int = 0
    units_at: int | None = None

    def add(self, part: Part, tallies: Tallies) -> None:
        self.parts.append(part)
        if not tallies.has_baseline:
            return
        offset = self.n_atoms
        if part.atom_count is not None and part.atom_imbalance is not None:
            self.counts.append(part.atom_count)
            self.imbalances.append(part.atom_imbalance)
            self.n_atoms += len(part.atom_count)
        else:
            offset = self._unit_offset(tallies.n_units)
        for block in part.blocks:
            places = part.positions if block.places is None else part.positions[block.places]
            self.blocks.append(SwapBlock(block.slice * self.n_metrics + places, block.atoms + offset, block.effects, block.run))

    def _unit_offset(self, n_units: int) -> int:
        """Return where the atoms of the units begin: shared by all parts, since one draw swaps a whole unit."""
        if self.units_at is None:
            self.units_at = self.n_atoms
            self.counts.append(np.ones(n_units, dtype=np.int64))
            self.imbalances.append(np.ones(n_units, dtype=np.int64))
            self.n_atoms += n_units
        return self.units_at

    def build(self, tallies: Tallies, metrics: Sequence[Metric], pairing: Pairing, seed: int) -> Measurements:
        shape = (self.n_slices, self.n_metrics)
        arrays = {name: np.full(shape, absent) for name, absent in _ABSENT.items()}
        reasons = np.full(shape, "", dtype=object)
        for part in self.parts:
            for name, array in arrays.items():
                if getattr(part, name) is not None:
                    array[:, part.positions] = getattr(part, name)
            reasons[:, part.positions] = part.reasons
        _clear_weightless(arrays, reasons, tallies)
        flat = {name: array.reshape(-1) for name, array in arrays.items()}
        n = np.repeat(count_slices(tallies.leaves), self.n_metrics)
        groups = tallies.leaves.n_groups
        return Measurements(
            tests=tuple(TestKey(m.name, key, m.direction, m.unit) for key in tallies.leaves.slices for m in metrics),
            baseline=flat["baseline"],
            candidate=flat["candidate"],
            delta=flat["candidate"] - flat["baseline"],
            se=flat["se"],
            se_plus=flat["se_plus"],
            se_fixed=np.where(np.isnan(flat["se_fixed"]), flat["se"], flat["se_fixed"]),
            n=n,
            n_units=n if groups is None else np.repeat(groups, self.n_metrics),
            n_positive=flat["n_positive"].astype(np.int64),
            n_negative=flat["n_negative"].astype(np.int64),
            reasons=tuple(reasons.reshape(-1)),
            pairing=pairing if tallies.has_baseline else Pairing.NONE,
            swaps=self._build_swaps() if tallies.has_baseline else None,
            grouped=tallies.grouped,
            seed=seed,
            slack=flat["slack"],
        )

    def _build_swaps(self) -> Swaps:
        def join(arrays: list[Integers]) -> Integers:
            return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)

        return Swaps(join(self.counts), join(self.imbalances), tuple(self.blocks))


def _clear_weightless(arrays: dict[str, Floats], reasons: NDArray[np.object_], tallies: Tallies) -> None:
    """Leave no value in a slice without examples, or without any weight; and no standard error without a value."""
    n = count_slices(tallies.leaves)
    empty = n == 0
    if tallies.units is not None:
        empty = np.concatenate([weigh_slices(tallies, slice_set) for slice_set in tallies.leaves.sets]) == 0
    for name in ("baseline", "candidate"):
        arrays[name][empty] = np.nan
    reasons[empty & (n == 0)] = "there are no examples"
    reasons[empty & (n > 0)] = "all weights are 0"
    unknown = np.isnan(arrays["candidate"] - arrays["baseline"] if tallies.has_baseline else arrays["candidate"])
    for name in ("se", "se_plus", "se_fixed"):
        arrays[name][unknown] = np.nan


def count_slices(leaves: Leaves) -> Integers:
    """Return int64[S]: the number of examples of each slice."""
    counts = []
    for slice_set in leaves.sets:
        inside = slice_set.membership >= 0
        counts.append(sum_whole_by(slice_set.membership[inside], leaves.n[inside], len(slice_set.keys)))
    return np.concatenate(counts)
