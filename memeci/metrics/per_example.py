"""Which metric tells, of one example, whether it got better or worse: for tasks where no label says right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from memeci.metrics.means import ABSOLUTE_ERROR, MAE
from memeci.metrics.metric import ExampleNumber, Metric


def choose_example_number(
    metrics: Sequence[Metric], is_gated: Callable[[str], bool], is_known: Callable[[str], bool]
) -> tuple[str, ExampleNumber] | None:
    """Return the first gated metric, in the user's order, that has a number of every example, and that number; None without one.

    ``is_known`` says of a term whether both sides have its columns. |p − y| is called ``mae`` where that is measured, too: its
    mean is that metric's value.
    """
    for metric in metrics:
        number: ExampleNumber | None = getattr(metric, "example_number", None)
        if number is not None and is_gated(metric.name) and is_known(number.term):
            is_mae = number == ABSOLUTE_ERROR and MAE.name in {m.name for m in metrics}
            return MAE.name if is_mae else metric.name, number
    return None
