"""Findings read off the metric × slice tests: the decision's outcomes in the words of a diagnosis."""

from __future__ import annotations

import math
from collections.abc import Iterator

from memeci.diagnosis.rule import Symptom
from memeci.diagnosis.sentences import Number
from memeci.formatting import format_slice
from memeci.headline import find_headline
from memeci.records import Comparison, Direction, Evaluation, Outcome, Status, Unit

SUSPICIOUS_SHARE = 2 / 3
SUSPICIOUS_GAIN = 0.05


def find_suspicious_improvement(evaluation: Evaluation) -> Iterator[Symptom]:
    for c in _overall(evaluation, Outcome.IMPROVED):
        if c.baseline is None or c.candidate is None or c.unit is not Unit.RATE:
            continue
        sign = 1 if c.direction is Direction.HIGHER else -1
        gain = sign * (c.candidate - c.baseline)
        error = 1 - c.baseline if sign > 0 else c.baseline
        removed = gain / error if error > 0 else 0.0
        if removed >= SUSPICIOUS_SHARE and gain >= SUSPICIOUS_GAIN:
            change = evaluation.dataset.change
            changed = int(change is not None and change.only_baseline + change.only_candidate + change.relabelled > 0)
            yield _symptom(c, removed, removed=min(removed, 1.0), dataset_changed=changed)


def find_slice_broke(evaluation: Evaluation) -> Iterator[Symptom]:
    regressed = {c.metric for c in _overall(evaluation, Outcome.REGRESSED)}
    for c in evaluation.comparisons:
        if c.slice and c.gated and c.outcome is Outcome.REGRESSED and c.metric not in regressed:
            # Losses of one unit can be compared; a rate is what people know.
            yield _symptom(c, compute_loss(c) if c.unit is Unit.RATE else 0.0)


def find_regression(evaluation: Evaluation) -> Iterator[Symptom]:
    """Fire on every metric that regressed, in the order of the configuration: the verdict names the first one too."""
    for c in _overall(evaluation, Outcome.REGRESSED):
        yield _symptom(c, 0.0)


def find_below_floor(evaluation: Evaluation) -> Iterator[Symptom]:
    for c in evaluation.comparisons:
        if c.outcome is Outcome.BELOW_FLOOR and c.gated:
            yield _symptom(c, 0 if c.slice else 1)


def find_incomparable(evaluation: Evaluation) -> Iterator[Symptom]:
    for c in evaluation.comparisons:
        if c.outcome in {Outcome.INCOMPARABLE, Outcome.MISSING} and c.gated and evaluation.baseline is not None:
            yield _symptom(c, 0 if c.slice else 1, reason=c.reason or c.outcome.value)


def find_inconclusive(evaluation: Evaluation) -> Iterator[Symptom]:
    if evaluation.verdict.status is not Status.INCONCLUSIVE:
        return
    for c in evaluation.comparisons:
        if c.gated and c.outcome is Outcome.INCONCLUSIVE:
            loss = compute_loss(c)
            target = max(loss, abs(c.tolerance))
            ratio = c.detectable / target if c.detectable and target > 0 else None
            needed = math.ceil(c.n * max(ratio, 1.0) ** 2) if ratio is not None and ratio < 1e3 else None
            yield _symptom(c, loss + (0 if c.slice else 1), needed=needed)


def find_improved(evaluation: Evaluation) -> Iterator[Symptom]:
    if evaluation.verdict.status is Status.PASS:
        for c in _overall(evaluation, Outcome.IMPROVED):
            yield _symptom(c, 0)


def find_held(evaluation: Evaluation) -> Iterator[Symptom]:
    if evaluation.verdict.status is not Status.PASS or any(_overall(evaluation, Outcome.IMPROVED)):
        return
    c = find_headline(evaluation.comparisons)
    if c is not None:
        yield _symptom(c, 0)


def find_first_release(evaluation: Evaluation) -> Iterator[Symptom]:
    c = find_headline(evaluation.comparisons)
    if evaluation.verdict.status is Status.NO_BASELINE and c is not None:
        yield _symptom(c, 0)


def compute_loss(c: Comparison) -> float:
    """Return how much worse the candidate is, in the metric's unit; 0 where it is not, or is unknown."""
    if c.delta is None:
        return 0.0
    return max(0.0, -c.delta if c.direction is Direction.HIGHER else c.delta)


def _overall(evaluation: Evaluation, outcome: Outcome) -> Iterator[Comparison]:
    return (c for c in evaluation.comparisons if not c.slice and c.gated and c.outcome is outcome)


def _symptom(c: Comparison, severity: float, **more: Number) -> Symptom:
    numbers: dict[str, Number] = {
        "metric": c.metric,
        "slice": format_slice(c.slice),
        "unit": c.unit.value,
        "n": c.n,
        "baseline": c.baseline,
        "candidate": c.candidate,
        "delta": c.delta,
        "ci_low": c.ci_low,
        "ci_high": c.ci_high,
        "tolerance": c.tolerance,
        "minimum": c.minimum,
        "detectable": c.detectable,
    }
    return Symptom({**numbers, **more}, severity, c.metric, c.slice)
