"""When the baseline has numbers but no examples: puts those numbers beside the candidate's measurements."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from msgspec.structs import replace

from memeci.measurements import Floats, Measurements, SliceKey
from memeci.measuring.measure import measure
from memeci.metrics.averages import OfClass
from memeci.metrics.metric import Metric
from memeci.records import Confusion, Evaluation, Pairing
from memeci.tallies import CellTally, Leaves, SliceSet, Tallies

# What evaluation tools call the standard error of a metric: lm-evaluation-harness writes acc and acc_stderr.
ERROR_SUFFIXES = ("_stderr", "_se", "_std_err")


class Known(msgspec.Struct, frozen=True):
    """What is known of a baseline: values, and standard errors where there are any, by metric and slice."""

    values: Mapping[tuple[str, SliceKey], float]
    errors: Mapping[tuple[str, SliceKey], float]


def list_known_metrics(metrics: Mapping[str, float]) -> Known:
    """Return what a file of bare metrics says; "accuracy_stderr" is the standard error of "accuracy"."""
    errors: dict[tuple[str, SliceKey], float] = {}
    for name, value in metrics.items():
        for suffix in ERROR_SUFFIXES:
            if name.endswith(suffix) and name.removesuffix(suffix) in metrics:
                errors[name.removesuffix(suffix), ()] = value
    return Known({(name, ()): value for name, value in metrics.items()}, errors)


def list_known_values(record: Evaluation, metrics: tuple[Metric, ...]) -> Known:
    """Return what a record says: the values it found, and the errors that its confusion counts imply (all examples only)."""
    values = {
        (comparison.metric, tuple(comparison.slice.items())): comparison.candidate
        for comparison in record.comparisons
        if comparison.candidate is not None
    }
    errors: dict[tuple[str, SliceKey], float] = {}
    complete = record.confusion is not None and not record.confusion.omitted
    if record.confusion is not None and complete and record.dataset.n_groups is None and not record.dataset.weighted:
        # A class's position may be another in the baseline's labels: its ratios are left to the values.
        chosen = [m for m in metrics if m.kind == "label" and not (isinstance(m, OfClass) and m.label is not None)]
        measured = measure(_rebuild_tallies(record.confusion, record.positive_label), chosen) if chosen else None
        for test, error in zip(measured.tests, measured.se.tolist(), strict=True) if measured is not None else ():
            errors[test.metric, ()] = error
    return Known(values, errors)


def _rebuild_tallies(confusion: Confusion, positive: str | None) -> Tallies:
    cells = np.array([(c.true, c.predicted, c.candidate) for c in confusion.cells if c.candidate], dtype=np.int64).reshape(-1, 3)
    label, predicted, n = cells.T
    leaf = np.zeros(len(n), dtype=np.int64)
    whole = SliceSet((), ((),), np.zeros(1, dtype=np.int64))
    return Tallies(
        labels=confusion.labels,
        leaves=Leaves(np.array([n.sum()]), (whole,)),
        has_baseline=False,
        positive=confusion.labels.index(positive) if positive in confusion.labels else None,
        cells=CellTally(leaf, label, predicted, predicted, n, n.astype(np.float64)),
    )


def add_known_values(measured: Measurements, known: Known) -> Measurements:
    """Return the candidate's measurements with the baseline's numbers beside them.

    With a standard error of every value that is known the pairing is UNPAIRED, SE² = SE_baseline² + SE_candidate²; with
    some missing it is METRICS_ONLY: then no error bar exists at all.
    """
    keys = [(test.metric, test.slice) for test in measured.tests]
    baseline: Floats = np.array([known.values.get(key, np.nan) for key in keys])
    errors: Floats = np.array([known.errors.get(key, np.nan) for key in keys])
    compared = ~np.isnan(baseline) & ~np.isnan(measured.candidate)
    unpaired = bool(compared.any()) and not np.isnan(errors[compared]).any()
    se = np.hypot(measured.se, errors) if unpaired else np.full(len(keys), np.nan)
    return replace(
        measured,
        baseline=baseline,
        delta=measured.candidate - baseline,
        se=se,
        se_plus=se,
        se_fixed=se,
        pairing=Pairing.UNPAIRED if unpaired else Pairing.METRICS_ONLY,
    )
