"""Whether two files can be compared example by example, and the errors that say why not."""

from __future__ import annotations

from memeci.engines.engine import Engine, Table
from memeci.errors import DataError
from memeci.formatting import format_count, format_text


def check_sides(candidate: Table, baseline: Table) -> None:
    """Raise DataError for ids or labels in one file only, files of unequal length without ids, and other names for the classes."""
    _check_ids(candidate, baseline)
    if candidate.columns.label and candidate.columns.prediction and baseline.columns.prediction and not baseline.columns.label:
        raise DataError(
            f"{baseline.name} has no label column, but {candidate.name} has one.",
            "without labels nobody can tell whether both were made of the same examples.",
            f'write the column "{candidate.columns.label}" into {baseline.name}, too.',
        )
    if candidate.labels and baseline.predictions and not set(candidate.labels) & set(baseline.predictions):
        raise DataError(
            f"no prediction of {baseline.name} is one of the labels of {candidate.name}.",
            f"{baseline.name} predicts: {_list_some(baseline.predictions)}; the labels are: {_list_some(candidate.labels)}.",
            "write the same names for the classes into both files.",
        )


def _check_ids(candidate: Table, baseline: Table) -> None:
    with_ids = [table for table in (candidate, baseline) if table.columns.id is not None]
    if len(with_ids) == 1:
        without = baseline if with_ids[0] is candidate else candidate
        raise DataError(
            f"{without.name} has no id column, but {with_ids[0].name} has one.",
            "examples are matched by id, and a row number is none.",
            f'write the column "{with_ids[0].columns.id}" into {without.name}, too.',
        )
    if not with_ids and candidate.n != baseline.n:
        raise DataError(
            f"{candidate.name} has {format_count(candidate.n)} examples, {baseline.name} has {format_count(baseline.n)},"
            " and neither has ids.",
            "without ids row is compared with row, so both files need the same rows.",
            "write an id column into both files, or name it with `columns.id`.",
        )


def explain_no_overlap(engine: Engine, candidate: Table, baseline: Table) -> DataError:
    """Return the error for two files without a common id."""
    first, second = (
        _list_some([row[0] for row in engine.fetch_rows(f"select id from {table.view} order by id limit 3")])
        for table in (candidate, baseline)
    )
    return DataError(
        f"{candidate.name} and {baseline.name} have no id in common.",
        f"the ids of {candidate.name} begin with {first}; those of {baseline.name} with {second}.",
        "give each example the same id in both files, or measure without a baseline: --baseline none",
    )


def _list_some(names: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(format_text(name, 40) for name in names[:5])
    return shown + (" …" if len(names) > 5 else "")
