"""Which comparison stands for the whole, and which loss weighs more: one answer for sentence, report, picture and variables."""

from __future__ import annotations

import math
from collections.abc import Iterable

from memeci.records import Comparison, Direction


def weigh_loss(c: Comparison) -> float:
    """Return the loss in widths of its interval, so that metrics of all units can be compared: below 0 for a gain.

    0 where nothing is known; infinite for a loss that has no interval.
    """
    loss = -(c.delta or 0.0) if c.direction is Direction.HIGHER else c.delta or 0.0
    if not loss:
        return 0.0
    width = c.ci_high - c.ci_low if c.ci_low is not None and c.ci_high is not None else 0.0
    return loss / width if width > 0 else math.copysign(math.inf, loss)


def find_headline(comparisons: Iterable[Comparison]) -> Comparison | None:
    """Return the first gated comparison over all examples that has a value, else the first ungated one; None without any.

    The first in the order of the configuration, not the worst of this run: a line of runs keeps showing the same metric.
    """
    measured = [c for c in comparisons if not c.slice and c.candidate is not None]
    return next((c for c in measured if c.gated), measured[0] if measured else None)
