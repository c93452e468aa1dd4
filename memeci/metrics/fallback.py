"""When the baseline has numbers but no examples: puts those numbers beside the candidate's measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from memeci.measurements import Measurements, SliceKey
from memeci.records import Evaluation, Pairing


def add_known_values(measured: Measurements, record: Evaluation | None, metrics: Mapping[str, float] | None) -> Measurements:
    """Return the measurements with the baseline's values from its record, or from bare metrics (all examples only).

    No standard error is known then, so the pairing is METRICS_ONLY.
    """
    known: dict[tuple[str, SliceKey], float] = {}
    for comparison in record.comparisons if record is not None else ():
        if comparison.candidate is not None:
            known[comparison.metric, tuple(comparison.slice.items())] = comparison.candidate
    for name, value in (metrics or {}).items():
        known[name, ()] = value
    baseline = np.array([known.get((test.metric, test.slice), np.nan) for test in measured.tests])
    return replace(measured, baseline=baseline, delta=measured.candidate - baseline, pairing=Pairing.METRICS_ONLY)
