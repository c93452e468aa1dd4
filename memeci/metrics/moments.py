"""Metrics that are smooth functions of a few means: RMSE, R², Pearson's r."""

from __future__ import annotations

import msgspec
import numpy as np

from memeci.measurements import Floats
from memeci.metrics.means import ABSOLUTE_ERROR, REGRESSION
from memeci.records import Direction, Task, Unit
from memeci.sums import divide

SQUARED_ERROR = "({prediction} - {label}) * ({prediction} - {label})"

# Sums of squares around constants near the means: around 0 they would cancel catastrophically.
CENTRED_LABEL = "({label} - {label_centre})"
CENTRED_PREDICTION = "({prediction} - {prediction_centre})"

# A variance below this share of the mean square is rounding noise of a constant.
RELATIVE_ZERO = 1e-14


class RootMeanSquaredError(msgspec.Struct, frozen=True):
    """√ mean (p − y)². No examples: cannot be computed.

    >>> import numpy as np
    >>> float(RootMeanSquaredError().value(np.array([[9.0]]))[0])
    3.0
    """

    name: str = "rmse"
    direction: Direction = Direction.LOWER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = REGRESSION
    undefined: str = "there are no examples"
    terms: tuple[str, ...] = (SQUARED_ERROR,)
    kind = "moment"
    example_number = ABSOLUTE_ERROR

    def value(self, means: Floats) -> Floats:
        return np.sqrt(means[:, 0])

    def gradient(self, means: Floats) -> Floats:
        return divide(np.ones_like(means), 2 * np.sqrt(means), 0.0)


class R2(msgspec.Struct, frozen=True):
    """1 − mean (p − y)² / variance of y. One example, or labels all equal: cannot be computed."""

    name: str = "r2"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = REGRESSION
    undefined: str = "all labels are equal"
    terms: tuple[str, ...] = (SQUARED_ERROR, CENTRED_LABEL, f"{CENTRED_LABEL} * {CENTRED_LABEL}")
    kind = "moment"
    example_number = ABSOLUTE_ERROR

    def value(self, means: Floats) -> Floats:
        return 1 - divide(means[:, 0], _variance(means[:, 1], means[:, 2]))

    def gradient(self, means: Floats) -> Floats:
        error, centre, variance = means[:, 0], means[:, 1], _variance(means[:, 1], means[:, 2])
        by_variance = divide(error, variance**2, 0.0)
        return np.stack([-divide(np.ones_like(variance), variance, 0.0), -2 * centre * by_variance, by_variance], axis=1)


class Pearson(msgspec.Struct, frozen=True):
    """Covariance of p and y over the root of the product of their variances. A constant on one side: cannot be computed."""

    name: str = "pearson"
    direction: Direction = Direction.HIGHER
    unit: Unit = Unit.NUMBER
    tasks: frozenset[Task] = REGRESSION
    undefined: str = "all labels, or all predictions, are equal"
    terms: tuple[str, ...] = (
        CENTRED_LABEL,
        CENTRED_PREDICTION,
        f"{CENTRED_LABEL} * {CENTRED_LABEL}",
        f"{CENTRED_PREDICTION} * {CENTRED_PREDICTION}",
        f"{CENTRED_LABEL} * {CENTRED_PREDICTION}",
    )
    kind = "moment"

    def value(self, means: Floats) -> Floats:
        y, p, yy, pp, yp = means.T
        return np.clip(divide(yp - y * p, np.sqrt(_variance(y, yy) * _variance(p, pp))), -1, 1)

    def gradient(self, means: Floats) -> Floats:
        y, p, yy, pp, yp = means.T
        var_y, var_p = _variance(y, yy), _variance(p, pp)
        root = np.sqrt(var_y * var_p)
        r = divide(yp - y * p, root, 0.0)
        by_cov = divide(np.ones_like(root), root, 0.0)
        by_var_y, by_var_p = -divide(r, 2 * var_y, 0.0), -divide(r, 2 * var_p, 0.0)
        by_y = -p * by_cov - 2 * y * by_var_y
        by_p = -y * by_cov - 2 * p * by_var_p
        return np.stack([by_y, by_p, by_var_y, by_var_p, by_cov], axis=1)


def _variance(mean: Floats, mean_square: Floats) -> Floats:
    variance = mean_square - mean * mean
    return np.where(variance <= RELATIVE_ZERO * mean_square, 0.0, variance)
