"""What to measure, and what the measurements mean: metrics, tallies, policy, decision."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from memeci.config import Config
from memeci.decision import Decided, decide, decide_incomparable
from memeci.engines.engine import Table
from memeci.engines.movement import Movement, build_label_movement, build_number_movement, is_known
from memeci.engines.pairing import Pair
from memeci.engines.shared import Moved
from memeci.engines.tallying import Tallied, TallyPlan
from memeci.errors import ConfigError, DataError
from memeci.measurements import ALL
from memeci.measuring.fallback import add_known_values, list_known_metrics, list_known_values
from memeci.measuring.measure import measure
from memeci.metrics import UNGATED
from memeci.metrics.per_example import choose_example_number
from memeci.metrics.selection import Available, Request, Selection, check_scores_stay, select_gated, select_metrics
from memeci.metrics.task import choose_positive, is_positive_guessed, sort_labels
from memeci.pipeline.baseline import FoundSide
from memeci.pipeline.wording import (
    note_bins,
    note_guessed_positive,
    note_moved,
    note_overlap,
    note_row_numbers,
    note_small_slices,
    say_incomparable,
)
from memeci.policy import Policy
from memeci.records import Pairing, Task, Text
from memeci.tallies import Leaves, Tallies

COMMON_SHARE_NEEDED = 0.95
MAX_TESTS = 50_000
"""Metrics × slices of one evaluation: its record stays below what every command reads."""


def plan_measurement(config: Config, task: Task, table: Table, before: Table | None) -> tuple[TallyPlan, Selection]:
    """Return what to count and the metrics chosen. Raises ConfigError or DataError for a metric that cannot be had."""
    labels = sort_labels([*table.labels, *table.predictions, *(before.labels + before.predictions if before else ())])
    positive = choose_positive(labels, config.positive_label) if task is Task.BINARY else None
    requests = [Request(m.name, m.column or (m.name if m.function else None), m.direction, m.unit) for m in config.metrics]
    known = _describe_available(before, labels, positive) if before is not None else None
    available = _describe_available(table, labels, positive)
    if not requests and known is not None:
        check_scores_stay(available, known)
    selection = select_gated(task, config.gated_metrics, available, select_metrics(task, requests, available, known))
    return TallyPlan(task, labels, positive, config.slices, config.min_slice_size, selection.metrics), selection


def _describe_available(table: Table, labels: tuple[str, ...], positive: str | None) -> Available:
    columns, bounds = table.columns, table.score_range
    by_label = dict(columns.probabilities)
    return Available(
        labels=labels,
        source=table.name,
        score=columns.score is not None or (positive is not None and positive in by_label),
        probability=bounds is None or (bounds[0] >= 0 and bounds[1] <= 1),
        probabilities=bool(by_label) and set(labels) <= set(by_label),
        score_range=bounds,
    )


def build_policy(config: Config, found: FoundSide | None, leaves: Leaves) -> Policy:
    """Return the demands of the configuration, with the noise floor that the baseline's release carries.

    Raises DataError for a gate on a slice that has no examples: it must not hold by being forgotten.
    """
    record = found.record if found is not None else None
    noise, runs = (record.noise, record.noise_runs) if record is not None else ({}, 0)
    policy = config.build_policy(noise=noise, noise_runs=runs, ungated=UNGATED)
    known = leaves.list_scopes(config.slices)
    for metric, scope in policy.gates:
        if "=" in scope and scope not in known:
            raise DataError(
                f"the gate on {metric}@{scope} has no examples to hold for.",
                f"the slices there are: {', '.join(sorted(known)[:10])}.",
                "find out why they are gone, or take the gate away.",
            )
    return policy


def decide_tallies(tallied: Tallied, plan: TallyPlan, policy: Policy, notes: tuple[Text, ...], found: FoundSide | None) -> Decided:
    """Measure and decide: paired where there are examples of both sides, else with the numbers the baseline has."""
    tallies, overlap = tallied.tallies, tallied.pair.overlap
    _check_size(len(plan.metrics), len(tallies.leaves.slices))
    pairing = Pairing.PAIRED if overlap is None or overlap.complete else Pairing.PARTIAL
    measured = measure(tallies, plan.metrics, pairing=pairing, seed=_build_seed(tallies, tallied.pair))
    notes = (*notes, *note_bins(measured))
    if overlap is not None and overlap.share < COMMON_SHARE_NEEDED:
        return decide_incomparable(measured, policy, say_incomparable(overlap), notes=notes)
    if found is not None and found.source is None:
        known = (
            list_known_values(found.record, tuple(plan.metrics)) if found.record is not None else list_known_metrics(found.metrics or {})
        )
        measured = add_known_values(measured, known)
    return decide(measured, policy, notes=notes)


def choose_movement(tallied: Tallied, plan: TallyPlan, policy: Policy, candidate: Table) -> Movement | None:
    """Return what tells better from worse, one example at a time: right and wrong labels, else a gated metric's number; None without."""
    pair = tallied.pair
    if not pair.has_baseline:
        return None
    if tallied.tallies.cells is not None:
        return build_label_movement(pair.columns)
    chosen = choose_example_number(
        plan.metrics,
        is_gated=lambda name: policy.gate(name, ALL).gated,
        is_known=lambda term: is_known(term, candidate, pair.columns),
    )
    return build_number_movement(*chosen, candidate) if chosen is not None else None


def _check_size(n_metrics: int, n_slices: int) -> None:
    if n_metrics * n_slices > MAX_TESTS:
        raise ConfigError(
            f"{n_metrics:,} metrics on {n_slices:,} slices are {n_metrics * n_slices:,} tests.",
            f"an evaluation holds {MAX_TESTS:,}, and of so many none has a chance to be found worse.",
            "name the classes that matter instead of `[*]`, or take fewer `slices`, or a larger `min_slice_size`.",
        )


def _build_seed(tallies: Tallies, pair: Pair) -> int:
    """Return a seed that depends on the data alone, so that the same predictions give the same verdict."""
    cells = tallies.cells
    seen = hashlib.sha256(str((pair.n, pair.n_units, tallies.labels)).encode())
    if cells is not None:
        for column in (cells.leaf, cells.label, cells.base, cells.cand, cells.n):
            seen.update(column.tobytes())
    return int.from_bytes(seen.digest()[:8], "little")


def collect_notes(
    selection: Selection, tallied: Tallied, plan: TallyPlan, config: Config, table: Table, moved: Sequence[Moved]
) -> tuple[Text, ...]:
    """Return what the user should know besides the verdict."""
    notes = list(selection.notes)
    if plan.positive is not None and is_positive_guessed(plan.labels, config.positive_label):
        notes.append(note_guessed_positive(plan.positive))
    if tallied.pair.overlap is not None:
        notes += note_overlap(tallied.pair.overlap)
        notes += [note_row_numbers()] if table.columns.id is None else []
        notes += [note_moved(change) for change in moved]
    if tallied.tallies.leaves.omitted:
        notes.append(note_small_slices(tallied.tallies.leaves.omitted, config.min_slice_size))
    return tuple(notes)
