"""Fills the tallies that a list of metrics needs, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from memeci.engines.counting import (
    CountedCells,
    count_cells,
    count_label_sets,
    count_leaves,
    count_moments,
    count_units,
    fetch_confidences,
    fetch_scores,
    positive_sql,
)
from memeci.engines.engine import Engine, Table
from memeci.engines.pairing import PAIR, Pair, PairSpec, build_pair, explain_join
from memeci.metrics import Metric
from memeci.metrics.tallies import CellTally, Leaves, ScoreArrays, Tallies
from memeci.records import Task


@dataclass(frozen=True)
class TallyPlan:
    """What to count: the task, sorted labels, the positive one, the slice sets and the metrics."""

    task: Task
    labels: tuple[str, ...]
    positive: str | None
    slices: tuple[tuple[str, ...], ...]
    min_slice_size: int
    metrics: Sequence[Metric]

    def needs(self, *kinds: str) -> bool:
        return any(m.kind in kinds or getattr(m, "needs", "") in kinds for m in self.metrics)


@dataclass(frozen=True)
class Tallied:
    """``changed`` holds a few ids of changed predictions where the pair is not stored: (label, before, now) → ids."""

    tallies: Tallies
    pair: Pair
    changed: Mapping[tuple[str, str, str], Sequence[str]]


def build_tallies(engine: Engine, candidate: Table, baseline: Table | None, plan: TallyPlan) -> Tallied:
    """Join the sides and count what the metrics need. Raises DataError for a duplicate id."""
    units = plan.needs("moment", "array") or plan.task is Task.MULTILABEL
    spec = PairSpec(plan.positive, units)
    pair = build_pair(engine, candidate, baseline, spec)
    labelled = plan.task in {Task.BINARY, Task.MULTICLASS}
    cells = count_cells(engine, pair, plan.labels) if labelled else None
    if _count_rows(engine, cells) != pair.n:
        explain_join(engine, candidate, baseline)
        pair = build_pair(engine, candidate, baseline, replace(spec, by_id=True))
        cells = count_cells(engine, pair, plan.labels) if labelled else None
    tally = cells.tally if cells is not None else None
    leaves = count_leaves(engine, pair, candidate, plan.slices, plan.min_slice_size, tally)
    return Tallied(_count(engine, pair, candidate, plan, leaves, tally), pair, cells.changed if cells is not None else {})


def _count_rows(engine: Engine, cells: CountedCells | None) -> int:
    return int(cells.tally.n.sum()) if cells is not None else int(engine.fetch_rows(f"select count(*) from {PAIR}")[0][0])


def _count(engine: Engine, pair: Pair, candidate: Table, plan: TallyPlan, leaves: Leaves, cells: CellTally | None) -> Tallies:
    terms = tuple(dict.fromkeys(term for m in plan.metrics if m.kind == "moment" for term in m.terms))  # type: ignore[attr-defined]
    scores = None
    if plan.needs("scores") and plan.positive is not None:
        scores = fetch_scores(engine, pair, positive_sql(plan.positive), "score")
    if plan.needs("numbers"):
        scores = fetch_scores(engine, pair, "y", "prediction")
    confidences = None
    if plan.needs("confidences"):
        binary = plan.positive is not None
        confidences = scores or fetch_scores(engine, pair, positive_sql(plan.positive or ""), "score") if binary else None
        confidences = confidences if binary else fetch_confidences(engine, pair)
    return Tallies(
        labels=plan.labels,
        leaves=leaves,
        has_baseline=pair.has_baseline,
        positive=plan.labels.index(plan.positive) if plan.positive in plan.labels else None,
        cells=cells,
        multilabel=count_label_sets(engine, pair, plan.labels) if plan.task is Task.MULTILABEL else None,
        moments=count_moments(engine, pair, terms, candidate) if terms else None,
        units=count_units(engine, pair) if pair.n_units else None,
        scores=scores,
        class_scores=_fetch_class_scores(engine, pair, candidate, plan),
        confidences=confidences,
        n_units=pair.n_units,
        weighted=pair.weighted,
        grouped=pair.grouped,
    )


def _fetch_class_scores(engine: Engine, pair: Pair, candidate: Table, plan: TallyPlan) -> tuple[ScoreArrays, ...]:
    if not plan.needs("class_scores"):
        return ()
    found = (
        fetch_scores(engine, pair, positive_sql(label), f"p{i}")
        for i, (label, _) in enumerate(candidate.columns.probabilities)
        if label in plan.labels
    )
    return tuple(arrays for arrays in found if arrays is not None)
