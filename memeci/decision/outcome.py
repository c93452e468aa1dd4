"""One test: from numbers and a gate to an outcome. Pure arithmetic; knows no family, no metric and no words."""

from __future__ import annotations

import enum
import math

import msgspec

from memeci.policy import Rule
from memeci.records import Outcome

MIN_PER_CLASS = 10
MIN_GROUPS = 10
BORDERLINE = 5.0
"""A loss with an adjusted p-value up to this many alphas is worth a warning even where no tolerance is declared."""


class Presence(enum.Enum):
    """Which sides have a value."""

    BOTH = "both"
    ONLY_CANDIDATE = "only_candidate"
    ONLY_BASELINE = "only_baseline"
    NEITHER = "neither"


class Sample(msgspec.Struct, frozen=True):
    """How much data one test rests on; −1 where a number means nothing."""

    n: int
    n_groups: int = -1
    n_positive: int = -1
    n_negative: int = -1


class Evidence(msgspec.Struct, frozen=True):
    """One test, oriented so that a negative delta is a loss.

    ``loss_bound`` and ``gain_bound``: the truth lies below ``loss_bound`` and above ``gain_bound``, family-wise.
    """

    delta: float
    loss_bound: float
    gain_bound: float
    p_adjusted: float


class Demand(msgspec.Struct, frozen=True):
    """What is asked of one test. ``declared``: the user named this tolerance for exactly this scope."""

    tolerance: float
    rule: Rule
    alpha: float
    declared: bool


def find_shortage(sample: Sample, min_size: int) -> str:
    """Return why the data cannot carry a decision; "" where they can."""
    if sample.n < min_size:
        return f"only {sample.n} of at least {min_size} examples"
    if 0 <= sample.n_groups < MIN_GROUPS:
        return f"only {sample.n_groups} of at least {MIN_GROUPS} groups"
    for count, name in ((sample.n_positive, "positive"), (sample.n_negative, "negative")):
        if 0 <= count < MIN_PER_CLASS:
            return f"only {count} of at least {MIN_PER_CLASS} {name} examples"
    return ""


def find_presence(baseline: float, candidate: float) -> Presence:
    if math.isfinite(candidate):
        return Presence.BOTH if math.isfinite(baseline) else Presence.ONLY_CANDIDATE
    return Presence.ONLY_BASELINE if math.isfinite(baseline) else Presence.NEITHER


def compute_outcome(evidence: Evidence, demand: Demand) -> Outcome:
    """Return the outcome of a test with an error bar.

    DEFAULT fails when it is surely a loss and the measured loss exceeds the tolerance; STRICT when the loss surely exceeds it.
    REQUIRE_PROOF does not change the outcome; it asks for HELD or IMPROVED (see ``is_proven``).
    """
    beyond = _is_beyond(evidence.delta, demand.tolerance)
    bound = -demand.tolerance if demand.rule is Rule.STRICT else 0.0
    if beyond and evidence.loss_bound < bound:
        return Outcome.REGRESSED
    if evidence.gain_bound > 0:
        return Outcome.IMPROVED
    if evidence.gain_bound > -demand.tolerance:
        return Outcome.HELD
    if beyond and (demand.declared or evidence.p_adjusted <= BORDERLINE * demand.alpha):
        return Outcome.INCONCLUSIVE
    return Outcome.NO_EVIDENCE


def compute_outcome_without_error(delta: float, tolerance: float) -> Outcome:
    """Return the outcome where only two bare numbers exist: a declared tolerance decides, and without one nothing can."""
    if not _is_beyond(delta, tolerance):
        return Outcome.NO_EVIDENCE
    return Outcome.REGRESSED if tolerance > 0 else Outcome.INCONCLUSIVE


def is_proven(outcome: Outcome) -> bool:
    return outcome in {Outcome.HELD, Outcome.IMPROVED}


def _is_beyond(delta: float, tolerance: float) -> bool:
    return delta < -tolerance * (1.0 + 1e-9)  # 0.90 − 0.91 is not quite −0.01
