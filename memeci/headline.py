"""Which comparison stands for the whole: one answer for sentence, report, picture and variables."""

from __future__ import annotations

from collections.abc import Iterable

from memeci.records import Comparison


def find_headline(comparisons: Iterable[Comparison]) -> Comparison | None:
    """Return the first gated comparison over all examples that has a value, else the first ungated one; None without any.

    The first in the order of the configuration, not the worst of this run: a line of runs keeps showing the same metric.
    """
    measured = [c for c in comparisons if not c.slice and c.candidate is not None]
    return next((c for c in measured if c.gated), measured[0] if measured else None)
