"""A look at predictions: which column plays which part, which task it is, what could be a slice. Suggests, never decides."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from memeci.metrics.task import POSITIVE_NAMES
from memeci.readers import list_candidates, open_predictions
from memeci.readers.names import COMMON_NAMES, normalize_name
from memeci.records import Task, Unit
from memeci.relation import FileFormat

if TYPE_CHECKING:
    from memeci.engines.survey import ColumnSurvey

MAX_SLICE_VALUES = 12
MIN_ROWS_PER_VALUE = 30
MAX_CLASSES = 200

# Names of things that several examples share.
_SHARED = re.compile(r"(user|customer|author|session|conversation|dialog|dialogue|thread|patient|speaker|用户|会话)(_?id)?")


class Number(msgspec.Struct, frozen=True):
    """A column of numbers whose mean could be a metric; ``unit`` is RATE where all lie in 0–1."""

    column: str
    unit: Unit


class Look(msgspec.Struct, frozen=True):
    """What a sample of rows suggests.

    ``columns`` maps a part to the columns that could play it, best first; ``slices`` are columns with a few values each;
    ``groups`` columns whose rows may belong together; ``numbers`` columns to compare where there are no labels. ``task`` and
    ``positive_label`` are None where the rows leave it open.
    """

    columns: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    task: Task | None = None
    positive_label: str | None = None
    slices: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()


def look_at_predictions(predictions: str) -> Look:
    """Return what the predictions suggest. Raises DataError where they cannot be read."""
    from memeci.engines.duckdb import DuckDBEngine
    from memeci.engines.survey import fetch_means, fetch_values, read_sample

    relation = open_predictions(predictions)
    with DuckDBEngine() as engine:
        survey = {column.name: column for column in read_sample(engine, relation)}
        columns = match_columns(list(survey))
        label, prediction, score = (survey.get(columns.get(part, [""])[0]) for part in ("label", "prediction", "score"))
        task = find_task(label, prediction)
        positive = None
        if task is Task.BINARY and label is not None:
            means = fetch_means(engine, label.name, score.name) if score is not None else []
            positive = find_positive_label(fetch_values(engine, label.name, 3), means)
    free = [column for name, column in survey.items() if not any(name in candidates for candidates in columns.values())]
    groups = tuple(column.name for column in free if _SHARED.fullmatch(normalize_name(column.name)))
    # Delimited text has every column as text; elsewhere a text that looks like a number is a text.
    kinds = {"text"} if relation.format is FileFormat.DELIMITED else {"float", "integer", "boolean"}
    numbers = find_numbers([*([score] if score else []), *free], kinds) if label is None or prediction is None else ()
    measured = {*groups, *(number.column for number in numbers)}
    slices = tuple(column.name for column in free if column.name not in measured and is_slice(column))
    return Look(columns, Task.SCORES if numbers else task, positive, slices, groups, numbers)


def match_columns(names: Sequence[str]) -> dict[str, list[str]]:
    """Return, for each part that has one, the columns with common names for it; no column is the best one of two parts."""
    columns: dict[str, list[str]] = {}
    for part in COMMON_NAMES:
        taken = {candidates[0] for candidates in columns.values()}
        candidates = list_candidates(part, [name for name in names if name not in taken])
        if candidates:
            columns[part] = candidates
    return columns


def find_task(label: ColumnSurvey | None, prediction: ColumnSurvey | None) -> Task | None:
    """Return the task that labels and predictions suggest."""
    if label is None:
        return None
    sides = [side for side in (label, prediction) if side is not None]
    if any(side.kind == "list" for side in sides):
        return Task.MULTILABEL
    if all(side.numeric for side in sides) and any(side.fractional for side in sides):
        return Task.REGRESSION
    n_classes = max(side.n_distinct for side in sides)
    if n_classes > MAX_CLASSES:
        return None
    return Task.BINARY if n_classes <= 2 else Task.MULTICLASS


def find_positive_label(labels: Sequence[str], means: Sequence[tuple[str, float | None]]) -> str | None:
    """Return the label with the clearly higher mean score; without scores the one that says yes, as far as words do."""
    if len(means) == 2:
        (high, best), (_, other) = means
        if best is not None and other is not None and best - other > 0.01 * max(abs(best), abs(other)):
            return high
    return next((label for label in labels if label.lower() in POSITIVE_NAMES), None)


def find_numbers(columns: Sequence[ColumnSurvey], kinds: Container[str]) -> tuple[Number, ...]:
    """Return what could be compared where there are no labels: columns of these kinds that hold numbers, and repeat some."""
    return tuple(
        Number(column.name, _find_unit(column))
        for column in columns
        if column.kind in kinds and (column.numeric or column.kind == "boolean") and (1 < column.n_distinct < column.n or column.fractional)
    )


def _find_unit(column: ColumnSurvey) -> Unit:
    inside = column.kind == "boolean" or (column.low is not None and column.high is not None and column.low >= 0 and column.high <= 1)
    return Unit.RATE if inside else Unit.NUMBER


def is_slice(column: ColumnSurvey) -> bool:
    """Return whether a column has a few values with enough rows each, and is no measured number."""
    if column.kind not in {"text", "boolean", "integer"} or column.fractional:
        return False
    return 2 <= column.n_distinct <= MAX_SLICE_VALUES and column.n >= MIN_ROWS_PER_VALUE * column.n_distinct
