"""Fills the tallies that a list of metrics needs, and no others."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from memeci.engines.counting import (
    ChangedIds,
    CountedCells,
    count_cells,
    count_label_sets,
    count_leaves,
    count_moments,
    count_units,
    fetch_confidences,
    fetch_scores,
    positive_sql,
    sum_units,
)
from memeci.engines.engine import Engine, Table
from memeci.engines.pairing import PAIR, NotMatched, Pair, PairSpec, build_pair, check_matched
from memeci.metrics import Metric
from memeci.records import Task
from memeci.tallies import Leaves, ScoreArrays, Tallies, UnitTotals

ABSENT = ""
"""Stands for a positive label that does not occur: no label is empty text."""


class TallyPlan(msgspec.Struct, frozen=True):
    """What to count: the task, sorted labels, the positive one, the slice sets and the metrics."""

    task: Task
    labels: tuple[str, ...]
    positive: str | None
    slices: tuple[tuple[str, ...], ...]
    min_slice_size: int
    metrics: Sequence[Metric]

    def needs(self, *kinds: str) -> bool:
        return any(m.kind in kinds or getattr(m, "needs", "") in kinds for m in self.metrics)

    @property
    def scored_label(self) -> str | None:
        """The label whose probability a score gives; ABSENT where only negative labels occur, None with more than two."""
        return (self.positive or ABSENT) if self.task is Task.BINARY else None

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of all moment metrics, each once."""
        return tuple(dict.fromkeys(term for m in self.metrics for term in getattr(m, "terms", ())))


class _Sides(msgspec.Struct, frozen=True):
    candidate: Table
    baseline: Table | None


class Tallied(msgspec.Struct, frozen=True):
    """``changed`` holds a few ids of changed predictions where the pair is not stored."""

    tallies: Tallies
    pair: Pair
    changed: Sequence[ChangedIds]


def build_tallies(engine: Engine, candidate: Table, baseline: Table | None, plan: TallyPlan) -> Tallied:
    """Join the sides and count what the metrics need. Raises DataError for a duplicate id."""
    spec = PairSpec(plan.scored_label, plan.needs("moment", "array", "rank") or plan.task is Task.MULTILABEL)
    try:
        pair, cells = _join(engine, candidate, baseline, spec, plan)
    except NotMatched:
        pair, cells = _join(engine, candidate, baseline, replace(spec, by_id=True), plan)
    tally = cells.tally if cells is not None else None
    leaves = count_leaves(engine, pair, candidate, plan.slices, plan.min_slice_size, tally)
    counted = _count(engine, pair, _Sides(candidate, baseline), plan, leaves)
    return Tallied(replace(counted, cells=tally), pair, cells.changed if cells is not None else ())


def _join(engine: Engine, candidate: Table, baseline: Table | None, spec: PairSpec, plan: TallyPlan) -> tuple[Pair, CountedCells | None]:
    """Return the pair and, where labels are classes, its joint counts. Raises NotMatched where it is not what it was assumed to be."""
    pair = build_pair(engine, candidate, baseline, spec)
    if plan.task in {Task.BINARY, Task.MULTICLASS}:
        return pair, count_cells(engine, pair, plan.labels)
    if pair.assumed:
        check_matched(pair, *engine.fetch_rows(f"select count(*), bool_and(matched) from {PAIR}")[0])
    return pair, None


def _count(engine: Engine, pair: Pair, sides: _Sides, plan: TallyPlan, leaves: Leaves) -> Tallies:
    """Return all tallies but the cells."""
    terms = plan.terms
    scores = _fetch_scores(engine, pair, plan)
    class_scores = _fetch_class_scores(engine, pair, sides.candidate, plan)
    fetched = [arrays for arrays in (scores, *class_scores) if arrays is not None]
    return Tallies(
        labels=plan.labels,
        leaves=leaves,
        has_baseline=pair.has_baseline,
        positive=plan.labels.index(plan.positive) if plan.positive in plan.labels else None,
        multilabel=count_label_sets(engine, pair, plan.labels) if plan.task is Task.MULTILABEL else None,
        moments=count_moments(engine, pair, terms, sides.candidate, sides.baseline) if terms else None,
        units=_count_units(engine, pair, fetched) if pair.n_units else None,
        scores=scores,
        class_scores=class_scores,
        confidences=_fetch_confidences(engine, pair, plan, scores),
        n_units=pair.n_units,
        weighted=pair.weighted,
        grouped=pair.grouped,
    )


def _count_units(engine: Engine, pair: Pair, fetched: Sequence[ScoreArrays]) -> UnitTotals:
    return sum_units(fetched[0], pair.n_units) if fetched and not pair.weighted else count_units(engine, pair)


def _fetch_scores(engine: Engine, pair: Pair, plan: TallyPlan) -> ScoreArrays | None:
    if plan.needs("numbers"):
        return fetch_scores(engine, pair, "prediction", "y")
    if plan.needs("scores") or (plan.needs("confidences") and plan.scored_label is not None):
        return fetch_scores(engine, pair, "score", positive_sql(plan.scored_label or ""))
    return None


def _fetch_confidences(engine: Engine, pair: Pair, plan: TallyPlan, scores: ScoreArrays | None) -> ScoreArrays | None:
    """With two classes the score itself says how likely the positive one is; else the predicted class's probability does."""
    if not plan.needs("confidences"):
        return None
    return scores if plan.scored_label is not None else fetch_confidences(engine, pair)


def _fetch_class_scores(engine: Engine, pair: Pair, candidate: Table, plan: TallyPlan) -> tuple[ScoreArrays, ...]:
    if not plan.needs("class_scores"):
        return ()
    found = (
        fetch_scores(engine, pair, f"p{i}", positive_sql(label))
        for i, (label, _) in enumerate(candidate.columns.probabilities)
        if label in plan.labels
    )
    return tuple(arrays for arrays in found if arrays is not None)
