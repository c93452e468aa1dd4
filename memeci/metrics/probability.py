"""Proper scores of predicted probabilities: log loss and Brier score, as means over examples."""

from __future__ import annotations

import numpy as np

from memeci.metrics.means import MeanOf
from memeci.metrics.metric import BINARY, CLASSIFICATION
from memeci.records import Direction, Task, Unit

# scikit-learn clips probabilities at the machine epsilon of their type.
EPSILON = float(np.finfo(np.float64).eps)

# A class without a probability stays NULL this way; least() and greatest() would pass over it.
_CLIPPED = (
    f"case when {{label_probability}} < {EPSILON!r} then {EPSILON!r}"
    f" when {{label_probability}} > 1 - {EPSILON!r} then 1 - {EPSILON!r} else {{label_probability}} end"
)

LOG_LOSS = MeanOf(
    name="log_loss",
    term=f"-ln({_CLIPPED})",
    direction=Direction.LOWER,
    unit=Unit.NUMBER,
    tasks=CLASSIFICATION,
)
"""Mean of −ln p(true label), p clipped to [ε, 1 − ε], ε = 2.2e-16."""

BRIER_BINARY = MeanOf(
    name="brier",
    term="(1 - {label_probability}) * (1 - {label_probability})",
    direction=Direction.LOWER,
    unit=Unit.NUMBER,
    tasks=BINARY,
)
"""Mean of (p − y)²: half of the sum over both classes, as scikit-learn's `scale_by_half="auto"`."""

BRIER_MULTICLASS = MeanOf(
    name="brier",
    term="{square_sum} - 2 * {label_probability} + 1",
    direction=Direction.LOWER,
    unit=Unit.NUMBER,
    tasks=frozenset({Task.MULTICLASS}),
)
"""Mean of Σ_k (p_k − y_k)²."""
