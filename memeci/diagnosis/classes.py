"""Findings read off the confusion counts and the calibration bins: what the model does to single classes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from memeci.diagnosis.counts import Side, compute_z, count_margins, iterate_classes
from memeci.diagnosis.rule import Symptom
from memeci.records import Evaluation, Outcome, Task

SURE_Z = 3.0
MAJORITY_Z = 1.645
MIN_EXAMPLES = 20
FP_GROWTH = 1.5
FP_GAIN = 0.03
RECALL_KEPT = 2 / 3
CONFIDENCE_GAP = 0.05
CONFIDENCE_MIN_EXAMPLES = 100
CALIBRATION_NEWS = 0.01


def find_single_class(evaluation: Evaluation) -> Iterator[Symptom]:
    confusion = evaluation.confusion
    if confusion is None or confusion.omitted:
        return
    margins = count_margins(confusion, Side.CANDIDATE)
    predicted = [index for index, count in margins.predicted.items() if count]
    known = sum(1 for count in margins.true.values() if count)
    if len(predicted) == 1 and known > 1 and margins.n >= MIN_EXAMPLES:
        (only,) = predicted
        yield Symptom({"label": confusion.labels[only], "n": margins.n, "share": margins.true.get(only, 0) / margins.n})


def find_worse_than_majority(evaluation: Evaluation) -> Iterator[Symptom]:
    confusion = evaluation.confusion
    if confusion is None or confusion.omitted:
        return
    margins = count_margins(confusion, Side.CANDIDATE)
    if margins.n < MIN_EXAMPLES:
        return
    majority = max(sorted(margins.true), key=lambda index: margins.true[index])
    only_model = sum(count for index, count in margins.diagonal.items() if index != majority)
    only_majority = margins.true[majority] - margins.diagonal.get(majority, 0)
    discordant = only_model + only_majority
    if discordant and (only_majority - only_model) / math.sqrt(discordant) >= MAJORITY_Z:
        yield Symptom(
            {
                "label": confusion.labels[majority],
                "n": margins.n,
                "majority": margins.true[majority] / margins.n,
                "accuracy": sum(margins.diagonal.values()) / margins.n,
            },
            metric="accuracy",
        )


def find_false_positives(evaluation: Evaluation) -> Iterator[Symptom]:
    for before, after in iterate_classes(evaluation):
        if before is None or not before.negatives or not after.negatives:
            continue
        p, q = before.false_positive / before.negatives, after.false_positive / after.negatives
        sure = compute_z(before.false_positive, before.negatives, after.false_positive, after.negatives) >= SURE_Z
        if sure and q >= FP_GROWTH * p and q - p >= FP_GAIN:
            yield Symptom(
                {
                    "label": after.label,
                    "baseline": p,
                    "candidate": q,
                    "growth": q / p if p else None,
                    "fp_before": before.false_positive,
                    "fp_after": after.false_positive,
                    "negatives": after.negatives,
                },
                severity=q - p,
                metric="false_positive_rate",
            )


def find_recall_collapse(evaluation: Evaluation) -> Iterator[Symptom]:
    for before, after in iterate_classes(evaluation):
        if before is None or min(before.positives, after.positives) < MIN_EXAMPLES or not before.true_positive:
            continue
        p, q = before.true_positive / before.positives, after.true_positive / after.positives
        sure = compute_z(before.false_negative, before.positives, after.false_negative, after.positives) >= SURE_Z
        if sure and q <= RECALL_KEPT * p:
            yield Symptom(
                {
                    "label": after.label,
                    "baseline": p,
                    "candidate": q,
                    "missed": after.false_negative,
                    "positives": after.positives,
                },
                severity=p - q,
                metric="recall",
            )


def find_overconfident(evaluation: Evaluation) -> Iterator[Symptom]:
    """Fire where the scores lie on the sure side of the truth: above it, or below it for scores under one half."""
    bins = [(b.n, b.mean_score, b.rate) for b in evaluation.calibration if b.n and b.mean_score is not None and b.rate is not None]
    n = sum(count for count, _, _ in bins)
    if n < CONFIDENCE_MIN_EXAMPLES or not _is_news(evaluation):
        return
    confidence = accuracy = variance = 0.0
    for count, score, rate in bins:
        # A binary score below one half is a sure "no": both it and the rate count from the other end.
        flipped = evaluation.task is Task.BINARY and score < 0.5
        confidence += count * (1 - score if flipped else score) / n
        accuracy += count * (1 - rate if flipped else rate) / n
        variance += count * rate * (1 - rate) / n**2
    gap = confidence - accuracy
    if gap >= CONFIDENCE_GAP and gap >= SURE_Z * math.sqrt(variance):
        yield Symptom({"confidence": confidence, "accuracy": accuracy, "gap": gap, "n": n}, metric="expected_calibration_error")


def _is_news(evaluation: Evaluation) -> bool:
    """Tell whether calibration got worse: its error grew, or where that is not measured a score that punishes overconfidence did."""
    for c in evaluation.comparisons:
        if c.metric == "expected_calibration_error" and not c.slice and c.baseline is not None and c.candidate is not None:
            return c.candidate - c.baseline >= CALIBRATION_NEWS
    worse = any(c.metric in {"log_loss", "brier"} and c.outcome is Outcome.REGRESSED and not c.slice for c in evaluation.comparisons)
    return evaluation.baseline is None or worse
