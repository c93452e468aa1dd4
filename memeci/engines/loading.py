"""Loads one side: a view with canonical columns, checked in one scan, with its labels and its digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from memeci.engines.canonical import LIST_SEPARATORS, Canonical, build_canonical
from memeci.engines.duckdb import quote_name, quote_text
from memeci.engines.engine import Engine, LabelKind, Table
from memeci.engines.faults import Fault, explain_fault, list_faults
from memeci.errors import DataError
from memeci.relation import Columns, ColumnType, Relation


def load_table(engine: Engine, view: str, relation: Relation, schema: Sequence[ColumnType], columns: Columns, kind: LabelKind) -> Table:
    """Return the table, checked. Raises DataError for every fault that one file alone can have, except a duplicate id.

    Duplicates are found when the sides are joined, where that costs nothing; ``check_duplicates`` finds them in one file.
    """
    if kind.kind == "list":
        kind = replace(kind, separator=_find_separator(engine, relation, schema, columns))
    canonical = build_canonical(engine.scan(relation), schema, columns, kind)
    engine.execute(f"create or replace temp view {view} as {canonical.select()}")
    faults = list_faults(canonical)
    selected = canonical.select_with_raw()
    rows = engine.fetch_rows(_build_scan(canonical, selected, kind, faults))
    n = sum(row[2] for row in rows)
    if n == 0:
        raise DataError(f"{relation.name} has no examples.", "it has columns, but no rows.", "did the job that predicts run to its end?")
    for position, fault in enumerate(faults):
        count = sum(row[_FIRST_FAULT + position] for row in rows)
        if count:
            raise explain_fault(engine, selected, fault, relation, count, n)
    labels, predictions = _list_labels(engine, view, canonical, kind, rows)
    return Table(
        view=view,
        relation=relation,
        columns=columns,
        kind=kind,
        n=n,
        labels=labels,
        predictions=predictions,
        row_hash=sum(row[3] for row in rows),
        label_hash=_sum_by_label(rows) if kind.kind == "text" else sum(row[4] for row in rows),
        counts={(row[0], row[1]): row[2] for row in rows} if kind.kind == "text" else {},
        score_range=None if rows[0][5] is None else (min(r[5] for r in rows), max(r[6] for r in rows)),
        mean_label=rows[0][7] or 0.0,
    )


_FIRST_FAULT = 8


def _build_scan(canonical: Canonical, selected: str, kind: LabelKind, faults: Sequence[Fault]) -> str:
    """Return the one query: row counts, hashes, ranges and faults, by (label, prediction) where labels are text."""
    has = canonical.expressions.__contains__
    keys = [name if kind.kind == "text" and has(name) else "null" for name in ("label", "prediction")]
    aggregates = [
        "count(*)",
        "sum(hash(id))",
        "sum(hash(id, label))" if has("label") and kind.kind != "text" else "0",
        "min(score)" if has("score") else "null",
        "max(score)" if has("score") else "null",
        "avg(label)" if kind.kind == "number" and has("label") else "null",
        *(f"count(*) filter (where {fault.condition})" for fault in faults),
    ]
    return f"select {', '.join(keys)}, {', '.join(aggregates)} from ({selected}) group by 1, 2"


def _sum_by_label(rows: Sequence[tuple[Any, ...]]) -> int:
    """Return one number for the sums of id hashes of every label: the rows are grouped by label already."""
    sums: dict[str | None, int] = {}
    for row in rows:
        sums[row[0]] = sums.get(row[0], 0) + row[3]
    return hash(frozenset(sums.items()))


def _list_labels(
    engine: Engine, view: str, canonical: Canonical, kind: LabelKind, rows: Sequence[tuple[Any, ...]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if kind.kind == "number":
        return (), ()
    if kind.kind == "text":
        return tuple(tuple(sorted({row[i] for row in rows if row[i] is not None})) for i in (0, 1))  # type: ignore[return-value]
    found = []
    for part in ("label", "prediction"):
        listed = engine.fetch_rows(f"select distinct unnest({part}) from {view}") if part in canonical.expressions else []
        found.append(tuple(sorted(row[0] for row in listed)))
    return found[0], found[1]


def _find_separator(engine: Engine, relation: Relation, schema: Sequence[ColumnType], columns: Columns) -> str:
    """Return the separator that the labels of a text column use: the first of | ; , that occurs."""
    kinds = {column.name: column.kind for column in schema}
    if columns.label is None or kinds[columns.label] == "list":
        return LIST_SEPARATORS[0]
    name = quote_name(columns.label)
    checks = ", ".join(f"count(*) filter (where contains({name}, {quote_text(s)}))" for s in LIST_SEPARATORS)
    counts = engine.fetch_rows(f"select {checks} from {engine.scan(relation)}")[0]
    return next((s for s, count in zip(LIST_SEPARATORS, counts, strict=True) if count), LIST_SEPARATORS[0])


def check_duplicates(engine: Engine, table: Table) -> None:
    """Raise DataError if an id occurs twice."""
    if table.columns.id is None:
        return
    distinct = engine.fetch_rows(f"select count(distinct id) from {table.view}")[0][0]
    if distinct == table.n:
        return
    query = f"select id, count(*) from {table.view} group by id having count(*) > 1 order by count(*) desc, id limit 1"
    first, times = engine.fetch_rows(query)[0]
    raise DataError(
        f'{table.name} has the id "{first}" {times} times; {table.n - distinct} of {table.n} rows repeat an id.',
        "examples are matched by id, so an id may stand for one example only.",
        "drop the repeated rows; for repeated samples of one item make the ids unique and name the item in `columns.group`.",
    )
