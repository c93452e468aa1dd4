"""Records for tests and the gallery, built from confusion counts: the metrics follow from the counts, nothing is made up beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from memeci.records import (
    Baseline,
    BaselineKind,
    CalibrationBin,
    Candidate,
    Comparison,
    Confusion,
    ConfusionCell,
    Curve,
    Dataset,
    DecisionInfo,
    Direction,
    DockerTag,
    Evaluation,
    Finding,
    Incident,
    Outcome,
    Pairing,
    Provenance,
    ReleaseSummary,
    RocCurve,
    Status,
    Task,
    Text,
    Unit,
    Verdict,
)

Counts = Sequence[Sequence[int]]
COMMIT = "b16e8a3c0441f00d1314520995beefcafe123456"
PROVENANCE = Provenance("0.1.0", "2026-11-21T12:00:00Z", "duckdb")
STATUS_OF = {Outcome.REGRESSED: Status.FAIL, Outcome.BELOW_FLOOR: Status.FAIL, Outcome.INCONCLUSIVE: Status.INCONCLUSIVE}


@dataclass(frozen=True)
class RecordBuilder:
    """Counts are rows of true classes. ``outcome`` is accuracy's; the verdict follows from it unless ``status`` says otherwise."""

    candidate: Counts
    baseline: Counts | None = None
    labels: tuple[str, ...] = ("negative", "positive")
    positive_label: str | None = "positive"
    outcome: Outcome = Outcome.HELD
    status: Status | None = None
    extra: tuple[Comparison, ...] = ()
    roc: RocCurve | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    history: tuple[ReleaseSummary, ...] = ()
    docker_tag: DockerTag | None = None
    model: str = "reviews"
    commit: str = COMMIT
    detectable: float | None = 0.02
    findings: tuple[Finding, ...] = ()
    digest: str = field(default="sha256:0123")

    def build(self) -> Evaluation:
        n = sum(map(sum, self.candidate))
        accuracy = self._accuracy()
        status = self.status or (STATUS_OF.get(self.outcome, Status.PASS) if self.baseline is not None else Status.NO_BASELINE)
        return Evaluation(
            model=self.model,
            task=Task.BINARY if len(self.labels) == 2 else Task.MULTICLASS,
            candidate=Candidate("predictions.parquet", self.commit),
            baseline=Baseline(BaselineKind.RELEASE, f"{self.model}@v1.2.0", f"{self.model}@v1.2.0", "a" * 40, "1.2.0")
            if self.baseline is not None
            else None,
            dataset=Dataset(n, self.digest, self.labels),
            comparisons=(accuracy, *self.extra),
            verdict=Verdict(status, Text("A sentence.", "一句话。")),
            decision=DecisionInfo("default", 0.01, 1, pairing=Pairing.PAIRED),
            provenance=PROVENANCE,
            confusion=build_confusion(self.labels, self.candidate, self.baseline),
            positive_label=self.positive_label if self.positive_label in self.labels else None,
            roc=self.roc,
            calibration=self.calibration,
            history=self.history,
            docker_tag=self.docker_tag,
            findings=self.findings,
        )

    def _accuracy(self) -> Comparison:
        n = sum(map(sum, self.candidate))
        candidate = compute_accuracy(self.candidate)
        baseline = compute_accuracy(self.baseline) if self.baseline is not None else None
        delta = candidate - baseline if baseline is not None else None
        outcome = self.outcome if baseline is not None else Outcome.MEASURED
        return comparison("accuracy", n, outcome, baseline, candidate, delta=delta, detectable=self.detectable)


def comparison(
    metric: str,
    n: int,
    outcome: Outcome,
    baseline: float | None,
    candidate: float | None,
    *,
    delta: float | None = None,
    slice: Mapping[str, str | None] | None = None,
    direction: Direction = Direction.HIGHER,
    unit: Unit = Unit.RATE,
    detectable: float | None = None,
    tolerance: float = 0.0,
    minimum: float | None = None,
    gated: bool = True,
) -> Comparison:
    if delta is None and baseline is not None and candidate is not None:
        delta = candidate - baseline
    return Comparison(
        metric,
        n,
        outcome,
        dict(slice or {}),
        n,
        direction,
        unit,
        gated,
        baseline,
        candidate,
        delta,
        detectable=detectable,
        tolerance=tolerance,
        minimum=minimum,
    )


def build_confusion(labels: tuple[str, ...], candidate: Counts, baseline: Counts | None) -> Confusion:
    cells = [
        ConfusionCell(i, j, baseline[i][j] if baseline is not None else 0, candidate[i][j])
        for i in range(len(labels))
        for j in range(len(labels))
        if candidate[i][j] or (baseline is not None and baseline[i][j])
    ]
    cells.sort(key=lambda cell: -(cell.baseline + cell.candidate))
    return Confusion(labels, tuple(cells), baseline is not None)


def compute_accuracy(counts: Counts) -> float:
    return sum(counts[i][i] for i in range(len(counts))) / sum(map(sum, counts))


def build_history(values: Sequence[float], failed: Sequence[int] = (), metric: str = "accuracy") -> tuple[ReleaseSummary, ...]:
    return tuple(
        ReleaseSummary(f"1.{i}.0", Status.FAIL if i in failed else Status.PASS, {metric: value}, f"{i:040x}", "2026-10-01T00:00:00Z")
        for i, value in enumerate(values)
    )


def build_incident(findings: tuple[Finding, ...], *, curve: Curve | None = None, log: tuple[str, ...] = ()) -> Incident:
    return Incident("reviews", findings, PROVENANCE, COMMIT, curve, log)


# Counts of real classifiers. Reviews: a linear model on characters, with all its training data, a tenth of it, balanced
# weights, and C=4; 3,592 delivery reviews. Digits: logistic regression and an RBF SVC on 719 of scikit-learn's digits.
REVIEWS = ((2292, 102), (271, 927))
REVIEWS_TENTH = ((2329, 65), (527, 671))
REVIEWS_BALANCED = ((2197, 197), (171, 1027))
REVIEWS_C4 = ((2274, 120), (238, 960))
REVIEWS_OTHER_DOMAIN = ((1962, 432), (330, 868))
SARCASM = ((193, 157), (154, 469))
SARCASM_WITH_TOPIC = ((135, 215), (174, 449))
DIGITS_LR = (
    (71, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 72, 0, 0, 0, 0, 0, 0, 1, 0),
    (0, 4, 66, 0, 0, 0, 0, 1, 0, 0),
    (0, 0, 0, 71, 0, 0, 0, 0, 2, 0),
    (0, 1, 0, 0, 69, 0, 0, 0, 1, 1),
    (0, 1, 0, 0, 0, 69, 1, 0, 0, 2),
    (0, 0, 0, 0, 0, 0, 72, 0, 0, 0),
    (0, 0, 0, 0, 2, 0, 0, 66, 1, 3),
    (0, 3, 1, 1, 0, 0, 0, 1, 64, 0),
    (0, 1, 0, 0, 0, 1, 0, 0, 1, 69),
)
DIGITS_SVC = (
    (71, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 73, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 70, 0, 0, 0, 0, 1, 0, 0),
    (0, 0, 0, 70, 1, 2, 0, 0, 0, 0),
    (0, 0, 0, 0, 70, 0, 0, 0, 0, 2),
    (0, 0, 0, 0, 0, 71, 1, 0, 0, 1),
    (0, 0, 0, 0, 0, 0, 72, 0, 0, 0),
    (0, 0, 0, 0, 0, 0, 0, 71, 0, 1),
    (0, 1, 0, 1, 1, 0, 0, 0, 67, 0),
    (0, 0, 0, 0, 0, 0, 1, 0, 0, 71),
)
DIGITS = tuple(str(i) for i in range(10))
# Scores of the classifier from another domain on the reviews, in ten bins: (low, high], examples, mean score, share positive.
REVIEWS_OTHER_DOMAIN_BINS = tuple(
    CalibrationBin(low / 10, (low + 1) / 10, n, mean, rate)
    for low, n, mean, rate in (
        (0, 1247, 0.024, 0.068),
        (1, 299, 0.147, 0.157),
        (2, 271, 0.247, 0.199),
        (3, 241, 0.349, 0.257),
        (4, 235, 0.449, 0.353),
        (5, 165, 0.548, 0.430),
        (6, 165, 0.652, 0.570),
        (7, 203, 0.750, 0.478),
        (8, 243, 0.856, 0.691),
        (9, 523, 0.964, 0.836),
    )
)
# Points of the ROC curves of the reviews model with a tenth of its training data, and with all of it.
REVIEWS_ROC = RocCurve(
    (
        (0.0, 0.0),
        (0.006, 0.26),
        (0.015, 0.46),
        (0.025, 0.547),
        (0.034, 0.6),
        (0.05, 0.696),
        (0.074, 0.753),
        (0.095, 0.801),
        (0.129, 0.841),
        (0.166, 0.876),
        (0.23, 0.907),
        (0.334, 0.936),
        (0.515, 0.967),
        (0.749, 0.99),
        (1.0, 1.0),
    ),
    (
        (0.0, 0.0),
        (0.005, 0.275),
        (0.01, 0.442),
        (0.021, 0.624),
        (0.035, 0.749),
        (0.062, 0.821),
        (0.103, 0.87),
        (0.162, 0.912),
        (0.278, 0.947),
        (0.421, 0.972),
        (0.666, 0.99),
        (1.0, 1.0),
    ),
)
