"""The decision on one pull request: measurements and a policy in, comparisons and a verdict out.

Deterministic: the random redraws are seeded from the data. Deltas and intervals leave in the metric's own sign.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import msgspec

from memeci.class_names import split_class
from memeci.decision.analysis import Analysis, analyse
from memeci.decision.demands import Demands, spread_policy
from memeci.decision.outcome import Demand, Evidence, Presence, compute_outcome, compute_outcome_without_error
from memeci.decision.verdict import build_verdict
from memeci.headline import find_headline
from memeci.measurements import ALL, Measurements, TestKey
from memeci.policy import Gate, Policy
from memeci.records import Comparison, DecisionInfo, Direction, Outcome, Pairing, Reason, Status, Text, Verdict


class Decided(msgspec.Struct, frozen=True):
    """``comparisons`` in the order of ``Measurements.tests``."""

    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    info: DecisionInfo


def decide(measurements: Measurements, policy: Policy, *, notes: tuple[Text, ...] = ()) -> Decided:
    """Return what the measurements mean under the policy. ``notes`` are passed on to the verdict, after our own."""
    demands = spread_policy(measurements, policy)
    analysis = analyse(measurements, demands, policy.alpha)
    found = _Findings(measurements.pairing, policy, demands, analysis)
    comparisons = tuple(_compare(found, one, j) for j, one in enumerate(_list_tests(measurements)))
    headline = find_headline(comparisons)
    info = DecisionInfo(
        rule=policy.rule.value,
        alpha=policy.alpha,
        n_tests=analysis.n_tests,
        critical_value=analysis.critical_of_whole,
        pairing=measurements.pairing,
        noise_floor=bool((demands.noise.variance > 0).any()),
        detectable=headline.detectable if headline is not None else None,
    )
    verdict = build_verdict(comparisons, demands.rules, info, grouped=measurements.grouped, notes=notes)
    return Decided(comparisons, verdict, info)


def decide_incomparable(measurements: Measurements, policy: Policy, why: Text, *, notes: tuple[Text, ...] = ()) -> Decided:
    """Return the decision where baseline and candidate must not be compared: every gate fails closed, and ``why`` says so."""
    gates = [policy.gate(test.metric, test.slice) for test in measurements.tests]
    comparisons = tuple(
        _describe_test(one, gate, outcome=Outcome.INCOMPARABLE) for one, gate in zip(_list_tests(measurements), gates, strict=True)
    )
    info = DecisionInfo(rule=policy.rule.value, alpha=policy.alpha, n_tests=0, pairing=measurements.pairing)
    reason = Reason(outcome=Outcome.INCOMPARABLE, text=why)
    return Decided(comparisons, Verdict(Status.FAIL, why, (reason,), notes), info)


class _Measured(NamedTuple):
    """One test's numbers, as Python's own: reading arrays one element at a time is slow."""

    test: TestKey
    baseline: float
    candidate: float
    delta: float
    n: int
    n_units: int
    reason: str


class _Findings(NamedTuple):
    """What is known of all tests; of one test by its index."""

    pairing: Pairing
    policy: Policy
    demands: Demands
    analysis: Analysis


def _list_tests(m: Measurements) -> list[_Measured]:
    numbers = (array.tolist() for array in (m.baseline, m.candidate, m.delta, m.n, m.n_units))
    return [_Measured(*row) for row in zip(m.tests, *numbers, m.reasons, strict=True)]


def _compare(found: _Findings, one: _Measured, j: int) -> Comparison:
    demands, analysis = found.demands, found.analysis
    low, high = analysis.gain_bound[j], analysis.loss_bound[j]
    if one.test.direction is Direction.LOWER:
        low, high = -high, -low
    tolerance = demands.tolerances[j]
    return _describe_test(
        one,
        demands.gates[j],
        outcome=_find_outcome(found, one, j),
        delta=_number(one.delta),
        ci_low=_number(low),
        ci_high=_number(high),
        p_value=_number(analysis.p_value[j]),
        p_adjusted=_number(analysis.p_adjusted[j]),
        detectable=_number(analysis.detectable[j]),
        underpowered=0 < tolerance < analysis.detectable_change[j],
        tolerance=tolerance,
        reason=one.reason or demands.shortages[j],
    )


def _describe_test(one: _Measured, gate: Gate, **decided: Any) -> Comparison:
    return Comparison(
        metric=one.test.metric,
        slice=dict(one.test.slice),
        n=one.n,
        n_units=one.n_units,
        direction=one.test.direction,
        unit=one.test.unit,
        baseline=_number(one.baseline),
        candidate=_number(one.candidate),
        minimum=gate.minimum,
        gated=gate.gated,
        **decided,
    )


def _find_outcome(found: _Findings, one: _Measured, j: int) -> Outcome:
    demands, outcome = found.demands, _find_change(found, one, j)
    floor_holds = not demands.shortages[j] or one.test.slice == ALL
    if outcome is not Outcome.REGRESSED and floor_holds and _is_below_floor(one, demands.gates[j]):
        return Outcome.BELOW_FLOOR
    return outcome


def _find_change(found: _Findings, one: _Measured, j: int) -> Outcome:
    pairing, policy, demands, analysis = found
    presence = demands.presences[j]
    of_all_classes = _is_one_of_all_classes(one.test.metric, policy)
    if pairing is Pairing.NONE:
        lacks = presence is Presence.NEITHER and demands.gates[j].minimum is not None and not of_all_classes
        return Outcome.MISSING if lacks else Outcome.MEASURED
    if demands.shortages[j] or presence is Presence.NEITHER:
        return Outcome.TOO_FEW
    if presence is Presence.ONLY_CANDIDATE and pairing in {Pairing.UNPAIRED, Pairing.METRICS_ONLY}:
        return Outcome.MEASURED
    if presence is not Presence.BOTH:
        # In a slice a class may simply not be predicted once, and a rare one not in all: chance. A side that cannot be measured
        # lacks everything, too.
        return Outcome.TOO_FEW if one.test.slice != ALL or of_all_classes else Outcome.MISSING
    tolerance = demands.tolerances[j]
    if math.isnan(analysis.loss_bound[j]):
        return compute_outcome_without_error(analysis.delta[j], tolerance)
    evidence = Evidence(analysis.delta[j], analysis.loss_bound[j], analysis.gain_bound[j], analysis.p_adjusted[j])
    return compute_outcome(evidence, Demand(tolerance, demands.rules[j], policy.alpha, demands.declared[j]))


def _is_one_of_all_classes(metric: str, policy: Policy) -> bool:
    """Whether this is a class that nobody asked for by name in a gate: one of `recall[*]`."""
    return split_class(metric) is not None and (metric, "") not in policy.gates


def _is_below_floor(one: _Measured, gate: Gate) -> bool:
    if gate.minimum is None or not gate.gated or not math.isfinite(one.candidate):
        return False
    sign = 1.0 if one.test.direction is Direction.HIGHER else -1.0
    return sign * one.candidate < sign * gate.minimum - 1e-12  # 0.8 as a sum of floats may be 0.7999999999999999


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
