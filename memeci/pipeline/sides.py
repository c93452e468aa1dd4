"""Loads candidate and baseline predictions: files → relation → columns → checked table."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path

import msgspec
from msgspec.structs import replace

from memeci.config import ColumnsConfig, Config
from memeci.engines.engine import Engine, LabelKind, Table
from memeci.engines.loading import load_table
from memeci.engines.pairing import BASELINE, CANDIDATE
from memeci.engines.profile import profile_labels
from memeci.errors import DataError
from memeci.metrics.task import Signs, detect_task
from memeci.readers import list_candidates, open_predictions, require_parts, resolve_columns
from memeci.records import Task
from memeci.relation import Columns, ColumnType, Input, Relation

# The names a release keeps its predictions under; see engines/export.py.
RELEASED = ColumnsConfig(id="id", label="label", prediction="prediction", unused=frozenset({"text"}))


class Setup(msgspec.Struct, frozen=True):
    """What loading needs to know besides the file. ``environment`` is for the user's own metric functions, without tokens."""

    config: Config
    environment: Mapping[str, str]
    folder: Path


def load_candidate(engine: Engine, source: str, setup: Setup) -> tuple[Table, Task]:
    """Return the candidate's table and the task. Raises DataError for each fault one file can have."""
    config = setup.config
    relation, schema = _open(engine, source)
    columns = resolve_columns(
        schema,
        config.columns,
        source=relation.name,
        slices=config.slice_columns,
        numbers=config.number_columns,
        places=config.places,
    )
    file = _add_functions(engine, Input(relation, schema, columns), setup, CANDIDATE)
    profile, columns = profile_labels(engine, file), file.columns
    signs = Signs(columns.label is not None, columns.prediction is not None, profile.lists, profile.numeric, profile.fractional)
    task = config.task or detect_task(signs)
    if task is not Task.SCORES:
        require_parts(columns, ("label", "prediction"), file.schema, file.name)
    else:
        columns = replace(columns, label=columns.label if columns.prediction else None, score=None, probabilities=())
    table = load_table(engine, CANDIDATE, replace(file, columns=columns), LabelKind.of(task))
    if config.task is None and task is Task.BINARY:
        task = detect_task(signs, len({*table.labels, *table.predictions}))
    _check_vocabulary(table, task)
    return table, task


def load_baseline(engine: Engine, source: str, task: Task, setup: Setup, *, released: bool) -> Table:
    """Return the baseline's table: the same parts as the candidate's; slices and groups are taken from the candidate."""
    config = setup.config
    relation, schema = _open(engine, source)
    # Weight, group and text are the candidate's: a baseline may lack them.
    unneeded = frozenset({"weight", "group", "text"})
    names = {column.name for column in schema}
    if released:
        wanted = RELEASED if task is not Task.SCORES else _keep_columns(RELEASED, names)
    else:
        wanted = replace(config.columns, weight=None, group=None, text=None, unused=config.columns.unused | unneeded)
    numbers = tuple(name for name in config.number_columns if name in names)
    columns = resolve_columns(schema, wanted, source=relation.name, numbers=numbers, places={} if released else config.places)
    columns = replace(columns, weight=None, group=None, text=None)
    if released:
        functions = tuple(m.name for m in config.metrics if m.function and m.name in names)
        columns = replace(columns, numbers=columns.numbers + functions)
    file = Input(relation, schema, columns)
    if not released:
        file = _add_functions(engine, file, setup, BASELINE)
    if task is Task.SCORES:
        label = file.columns.label if file.columns.prediction else None
        file = replace(file, columns=replace(file.columns, label=label, score=None, probabilities=()))
    else:
        require_parts(file.columns, ("prediction",), file.schema, file.name)
    table = load_table(engine, BASELINE, file, LabelKind.of(task))
    _check_vocabulary(table, task)
    return table


def _keep_columns(columns: ColumnsConfig, names: Set[str]) -> ColumnsConfig:
    """Return the columns without the label and the prediction that a file of scores may lack."""
    lacking = {part for part in ("label", "prediction") if getattr(columns, part) not in names}
    return replace(columns, **dict.fromkeys(lacking), unused=columns.unused | lacking)


def find_columns_before(table: Table, before: Table, config: Config, *, released: bool) -> Columns:
    """Return the weight, group and slices that the baseline's own file has, whose values may be others than today's."""
    names = [column.name for column in before.schema]
    wanted = RELEASED if released else config.columns

    def find(part: str) -> str | None:
        if part in config.columns.unused and not released:
            return None
        listed = [part] if released else [getattr(wanted, part) or getattr(table.columns, part), *list_candidates(part, names)]
        return next((name for name in listed if name in names), None)

    return Columns(weight=find("weight"), group=find("group"), slices=tuple(name for name in table.columns.slices if name in names))


def _open(engine: Engine, source: str) -> tuple[Relation, tuple[ColumnType, ...]]:
    relation = open_predictions(source)
    return relation, engine.describe(relation)


def _add_functions(engine: Engine, file: Input, setup: Setup, side: str) -> Input:
    """Return the file with a column for each metric function of the user's."""
    for metric in setup.config.metrics:
        if metric.function is None:
            continue
        from memeci.engines.numbers import append_numbers
        from memeci.usercode import compute_numbers

        numbers = compute_numbers(metric.function, engine.iterate_rows(file.relation), setup.config.root, setup.environment)
        extended = setup.folder / f"{side}-{len(file.columns.numbers)}.parquet"
        relation = append_numbers(engine, file.relation, metric.name, numbers, extended)
        columns = replace(file.columns, numbers=(*file.columns.numbers, metric.name))
        file = Input(relation, engine.describe(relation), columns)
    return file


def _check_vocabulary(table: Table, task: Task) -> None:
    """Raise DataError if no prediction is ever a label: the two columns use other names for the classes."""
    if task not in {Task.BINARY, Task.MULTICLASS} or not table.labels or set(table.labels) & set(table.predictions):
        return
    labels, predictions = (", ".join(names[:5]) for names in (table.labels, table.predictions))
    raise DataError(
        f"{table.name}: no prediction is one of the labels.",
        f'column "{table.columns.label}" has: {labels}; column "{table.columns.prediction}" has: {predictions}.',
        "write the same names into both columns.",
    )
