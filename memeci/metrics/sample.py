"""The examples of one slice, as a metric of quantiles, bins or correlated ranks sees them."""

from __future__ import annotations

import msgspec

from memeci.measurements import Floats


class Sample(msgspec.Struct, frozen=True):
    """The examples of one slice as one model scored them. float64[N] each.

    Sorted by score, ascending, where the metric asks for that. ``label`` is 1 or 0 (or the number to predict); ``weight``
    is None when all are 1.
    """

    label: Floats
    score: Floats
    weight: Floats | None = None
