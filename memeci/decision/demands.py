"""A policy spread out over the tests of one evaluation: what is asked of each, and which of them the data can carry."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from memeci.decision.outcome import Presence, Sample, find_presence, find_shortage
from memeci.decision.run_noise import Noise
from memeci.measurements import ALL, Measurements, TestKey
from memeci.policy import Gate, Policy, Rule


class Demands(msgspec.Struct, frozen=True):
    """One entry per test. ``shortages`` holds "" where the data suffice; ``tolerances`` are in the metric's unit.

    ``declared``: the user named a tolerance for exactly this scope, rather than for all examples.
    """

    gates: tuple[Gate, ...]
    rules: tuple[Rule, ...]
    declared: tuple[bool, ...]
    tolerances: tuple[float, ...]
    shortages: tuple[str, ...]
    presences: tuple[Presence, ...]
    noise: Noise


def spread_policy(m: Measurements, policy: Policy) -> Demands:
    gates = tuple(policy.gate(test.metric, test.slice) for test in m.tests)
    at = [value if math.isfinite(value) else 0.0 for value in m.baseline.tolist()]
    groups = m.n_units.tolist() if m.grouped else [-1] * len(m.tests)
    samples = list(zip(m.n.tolist(), groups, m.n_positive.tolist(), m.n_negative.tolist(), strict=True))
    shortages = {sample: find_shortage(Sample(*sample), policy.min_slice_size) for sample in set(samples)}
    return Demands(
        gates=gates,
        rules=tuple(gate.rule or policy.rule for gate in gates),
        declared=tuple(_is_declared(policy, gate, test) for gate, test in zip(gates, m.tests, strict=True)),
        tolerances=tuple(float(gate.tolerance.at(value)) for gate, value in zip(gates, at, strict=True)),
        shortages=tuple(shortages[sample] for sample in samples),
        presences=tuple(map(find_presence, m.baseline.tolist(), m.candidate.tolist())),
        noise=_spread_noise(m, policy),
    )


def _is_declared(policy: Policy, gate: Gate, test: TestKey) -> bool:
    has_tolerance = gate.tolerance.absolute > 0 or gate.tolerance.relative > 0
    return has_tolerance and (test.slice == ALL or policy.scope(test.metric, test.slice) != "")


def _spread_noise(m: Measurements, policy: Policy) -> Noise:
    """Two runs differ by the noise of both: 2σ². A slice takes its metric's floor; its own sampling is in its standard error."""
    names = {name: i for i, name in enumerate(dict.fromkeys(test.metric for test in m.tests))}
    sigma = np.array([policy.noise.get(test.metric, 0.0) for test in m.tests], dtype=np.float64)
    degrees = policy.noise_runs - 1 if policy.noise_runs > 1 else None
    return Noise(2.0 * np.square(sigma), np.array([names[test.metric] for test in m.tests], dtype=np.int64), degrees)
