"""Metrics that are the mean of one number per example: errors, a judge's score, latency, a metric of the user's own."""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.metric import ExampleNumber
from memeci.records import Direction, Task, Unit

REGRESSION = frozenset({Task.REGRESSION})
EVERY_TASK = frozenset(Task)


class MeanOf(msgspec.Struct, frozen=True):
    """The weighted mean of ``term`` over examples. No examples: cannot be computed."""

    name: str
    term: str
    direction: Direction
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = REGRESSION
    undefined: str = "there are no examples"
    kind = "moment"

    @property
    def terms(self) -> tuple[str, ...]:
        return (self.term,)

    @property
    def example_number(self) -> ExampleNumber:
        return ExampleNumber(self.term, self.direction)

    def value(self, means: Floats) -> Floats:
        return means[:, 0]

    def gradient(self, means: Floats) -> Floats:
        return np.ones_like(means)


def build_score_metric(name: str, number: str, direction: Direction, unit: Unit) -> MeanOf:
    """Return the mean of the per-example number called ``number``: a column of the file, or the user's own function."""
    return MeanOf(name, f"{{number:{number}}}", direction, unit, EVERY_TASK)


MAE = MeanOf("mae", "abs({prediction} - {label})", Direction.LOWER)
"""Mean of |p − y|."""

ABSOLUTE_ERROR = MAE.example_number
"""|p − y|: of two predictions of one example the one further off is worse by MAE, RMSE, R² and the median error alike."""

MAPE = MeanOf(
    "mape",
    # scikit-learn divides by max(|y|, ε) so that y = 0 gives a huge, finite number.
    f"abs({{prediction}} - {{label}}) / greatest(abs({{label}}), {float(np.finfo(np.float64).eps)!r})",
    Direction.LOWER,
    unit=Unit.RATE,
)
"""Mean of |p − y| / max(|y|, ε), ε = 2.2e-16."""

SMAPE = MeanOf(
    "smape",
    "case when {prediction} = 0 and {label} = 0 then 0.0 else 2 * abs({prediction} - {label}) / (abs({prediction}) + abs({label})) end",
    Direction.LOWER,
    unit=Unit.RATE,
)
"""Mean of 2|p − y| / (|p| + |y|), 0 where both are 0."""

SUBSET_ACCURACY = MeanOf(
    "subset_accuracy",
    "{exact_match}",
    Direction.HIGHER,
    Unit.RATE,
    frozenset({Task.MULTILABEL}),
)
"""Share of examples whose whole label set is right."""
