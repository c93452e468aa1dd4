"""Paired change → interval → family-wise decision → verdict. Knows no metric. Pure."""

from memeci.decision.decide import Decided, decide, decide_incomparable
from memeci.decision.noise import FlipRates, NoiseFloor, compute_noise_floor, count_flips
from memeci.decision.power import compute_power, detectable_effect, required_examples
from memeci.decision.slices import Counts, SliceCounts, UnitCounts, explain_slices
from memeci.decision.verdict import is_failure

__all__ = [
    "Counts",
    "Decided",
    "FlipRates",
    "NoiseFloor",
    "SliceCounts",
    "UnitCounts",
    "compute_noise_floor",
    "compute_power",
    "count_flips",
    "decide",
    "decide_incomparable",
    "detectable_effect",
    "explain_slices",
    "is_failure",
    "required_examples",
]
