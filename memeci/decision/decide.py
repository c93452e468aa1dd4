"""The decision on one pull request: measurements and a policy in, comparisons and a verdict out.

Deterministic: the random redraws are seeded from the data. Deltas and intervals leave in the metric's own sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from memeci.decision.analysis import Analysis, analyse
from memeci.decision.demands import Demands, spread_policy
from memeci.decision.outcome import Demand, Evidence, Presence, compute_outcome, compute_outcome_without_error
from memeci.decision.verdict import build_verdict
from memeci.measurements import ALL, Measurements
from memeci.policy import Gate, Policy
from memeci.records import Comparison, DecisionInfo, Direction, Outcome, Pairing, Reason, Status, Text, Verdict


@dataclass(frozen=True)
class Decided:
    """``comparisons`` in the order of ``Measurements.tests``."""

    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    info: DecisionInfo


def decide(measurements: Measurements, policy: Policy, *, notes: tuple[Text, ...] = ()) -> Decided:
    """Return what the measurements mean under the policy. ``notes`` are passed on to the verdict, after our own."""
    demands = spread_policy(measurements, policy)
    analysis = analyse(measurements, demands, policy.alpha)
    comparisons = tuple(_compare(measurements, policy, demands, analysis, j) for j in range(len(measurements.tests)))
    info = DecisionInfo(
        rule=policy.rule.value,
        alpha=policy.alpha,
        n_tests=analysis.n_tests,
        critical_value=analysis.critical,
        pairing=measurements.pairing,
        noise_floor=bool((demands.noise.variance > 0).any()),
        detectable=_find_primary_detectable(comparisons),
    )
    verdict = build_verdict(comparisons, demands.rules, info, grouped=measurements.grouped, notes=notes)
    return Decided(comparisons, verdict, info)


def decide_incomparable(measurements: Measurements, policy: Policy, why: Text, *, notes: tuple[Text, ...] = ()) -> Decided:
    """Return the decision where baseline and candidate must not be compared: every gate fails closed, and ``why`` says so."""
    gates = [policy.gate(test.metric, test.slice) for test in measurements.tests]
    comparisons = tuple(
        _describe_test(measurements, gate, j, outcome=Outcome.INCOMPARABLE, gated=gate.gated) for j, gate in enumerate(gates)
    )
    info = DecisionInfo(rule=policy.rule.value, alpha=policy.alpha, n_tests=0, pairing=measurements.pairing)
    reason = Reason(outcome=Outcome.INCOMPARABLE, text=why)
    return Decided(comparisons, Verdict(Status.FAIL, why, (reason,), notes), info)


def _compare(m: Measurements, policy: Policy, demands: Demands, analysis: Analysis, j: int) -> Comparison:
    low, high = analysis.gain_bound[j], analysis.loss_bound[j]
    if m.tests[j].direction is Direction.LOWER:
        low, high = -high, -low
    tolerance = float(demands.tolerance[j])
    return _describe_test(
        m,
        demands.gates[j],
        j,
        outcome=_find_outcome(m, policy, demands, analysis, j),
        gated=demands.gates[j].gated,
        delta=_number(m.delta[j]),
        ci_low=_number(low),
        ci_high=_number(high),
        p_value=_number(analysis.p_value[j]),
        p_adjusted=_number(analysis.p_adjusted[j]),
        detectable=_number(analysis.detectable[j]),
        underpowered=bool(0 < tolerance < analysis.detectable_change[j]),
        tolerance=tolerance,
        reason=m.reasons[j] or demands.shortages[j],
    )


def _describe_test(m: Measurements, gate: Gate, j: int, **decided: Any) -> Comparison:
    test = m.tests[j]
    return Comparison(
        metric=test.metric,
        slice=dict(test.slice),
        n=int(m.n[j]),
        n_units=int(m.n_units[j]),
        direction=test.direction,
        unit=test.unit,
        baseline=_number(m.baseline[j]),
        candidate=_number(m.candidate[j]),
        minimum=gate.minimum,
        **decided,
    )


def _find_outcome(m: Measurements, policy: Policy, demands: Demands, analysis: Analysis, j: int) -> Outcome:
    outcome = _find_change(m, policy, demands, analysis, j)
    floor_holds = not demands.shortages[j] or m.tests[j].slice == ALL
    if outcome is not Outcome.REGRESSED and floor_holds and _is_below_floor(m, demands.gates[j], j):
        return Outcome.BELOW_FLOOR
    return outcome


def _find_change(m: Measurements, policy: Policy, demands: Demands, analysis: Analysis, j: int) -> Outcome:
    presence = demands.presences[j]
    if m.pairing is Pairing.NONE:
        return Outcome.MISSING if presence is Presence.NEITHER and demands.gates[j].minimum is not None else Outcome.MEASURED
    if demands.shortages[j] or presence is Presence.NEITHER:
        return Outcome.TOO_FEW
    if presence is Presence.ONLY_CANDIDATE and m.pairing in {Pairing.UNPAIRED, Pairing.METRICS_ONLY}:
        return Outcome.MEASURED
    if presence is not Presence.BOTH:
        # In a slice a class may simply not be predicted once: chance. A side that cannot be measured lacks the whole, too.
        return Outcome.MISSING if m.tests[j].slice == ALL else Outcome.TOO_FEW
    tolerance = float(demands.tolerance[j])
    if math.isnan(analysis.loss_bound[j]):
        return compute_outcome_without_error(analysis.delta[j], tolerance)
    evidence = Evidence(analysis.delta[j], analysis.loss_bound[j], analysis.gain_bound[j], analysis.p_adjusted[j])
    return compute_outcome(evidence, Demand(tolerance, demands.rules[j], policy.alpha, demands.declared[j]))


def _is_below_floor(m: Measurements, gate: Gate, j: int) -> bool:
    value = float(m.candidate[j])
    if gate.minimum is None or not gate.gated or not math.isfinite(value):
        return False
    sign = 1.0 if m.tests[j].direction is Direction.HIGHER else -1.0
    return sign * value < sign * gate.minimum - 1e-12  # 0.8 as a sum of floats may be 0.7999999999999999


def _find_primary_detectable(comparisons: tuple[Comparison, ...]) -> float | None:
    """Return the detectable loss of the first gated metric over all examples: "this set can show … "."""
    return next((c.detectable for c in comparisons if c.gated and not c.slice and c.detectable is not None), None)


def _number(value: float) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
