"""Loads one side: a view with canonical columns, checked in one scan, with its labels."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from memeci.engines.canonical import LIST_SEPARATORS, Canonical, build_canonical
from memeci.engines.engine import Engine, LabelKind, Table
from memeci.engines.faults import explain_fault, explain_missing_ids, list_faults
from memeci.engines.plain import are_plain, guess_plain_columns
from memeci.engines.quoting import quote_name, quote_text
from memeci.errors import DataError
from memeci.relation import Columns, Input, Relation


def load_table(engine: Engine, view: str, file: Input, kind: LabelKind) -> Table:
    """Return the table, checked. Raises DataError for every fault that one file alone can have, except of ids.

    Those are found when the sides are joined, where that costs nothing; ``check_ids`` finds them in one file.
    """
    relation, columns = file.relation, file.columns
    if kind.kind == "list":
        kind = replace(kind, separator=_find_separator(engine, file))
    plain = guess_plain_columns(engine, file, kind)
    canonical = build_canonical(engine.scan(relation), file.schema, columns, kind, plain)
    scanned = _run_scan(engine, canonical, kind, [f"s{i}" for i in range(len(columns.slices))] if plain else [])
    if not _confirm_plain(columns, plain, scanned):
        plain = frozenset()
        canonical = build_canonical(engine.scan(relation), file.schema, columns, kind)
        scanned = _run_scan(engine, canonical, kind, [])
    engine.execute(f"create or replace temp view {view} as {canonical.select()}")
    n = sum(scanned["n"])
    if n == 0:
        raise DataError(f"{relation.name} has no examples.", "it has columns, but no rows.", "did the job that predicts run to its end?")
    for position, fault in enumerate(list_faults(canonical)):
        count = sum(scanned[f"fault{position}"])
        if count:
            raise explain_fault(engine, canonical.select_with_raw(), fault, relation, count, n)
    labels, predictions = _list_labels(engine, view, canonical, kind, scanned)
    lows, highs = ([value for value in scanned[key] if value is not None] for key in ("low", "high"))
    return Table(
        view=view,
        file=file,
        kind=kind,
        n=n,
        labels=labels,
        predictions=predictions,
        score_range=(min(lows), max(highs)) if lows else None,
        label_centre=_find_centre(scanned, "label"),
        prediction_centre=_find_centre(scanned, "prediction"),
        largest_weight=_find_largest_weight(relation, columns, scanned),
        leaves=_list_leaves(columns, scanned) if plain else None,
    )


def check_ids(engine: Engine, table: Table) -> None:
    """Raise DataError if an example has no id, or an id occurs twice."""
    if table.columns.id is None:
        return
    n, distinct = engine.fetch_rows(f"select count(id), count(distinct id) from {table.view}")[0]
    if n < table.n:
        raise explain_missing_ids(table.name, table.n - n, table.n)
    if distinct == table.n:
        return
    query = f"select id, count(*) from {table.view} group by id having count(*) > 1 order by count(*) desc, id limit 1"
    first, times = engine.fetch_rows(query)[0]
    raise DataError(
        f'{table.name} has the id "{first}" {times} times; {table.n - distinct} of {table.n} rows repeat an id.',
        "examples are matched by id, so an id may stand for one example only.",
        "drop the repeated rows; for repeated samples of one item make the ids unique and name the item in `columns.group`.",
    )


_Scanned = Mapping[str, Sequence[Any]]
"""Columns of the scan: one entry per (label, prediction). Columns, since a million classes are a million entries."""


def _confirm_plain(columns: Columns, plain: Collection[str], scanned: _Scanned) -> bool:
    """Return whether the columns taken for plain by their first rows are so to the end."""
    parts = {"label": columns.label, "prediction": columns.prediction} | {f"s{i}": name for i, name in enumerate(columns.slices)}
    return all(are_plain(set(scanned[part])) for part, name in parts.items() if name in plain)


def _list_leaves(columns: Columns, scanned: _Scanned) -> tuple[tuple[str | None, ...], ...]:
    """Return the combinations of slice values that occur."""
    return tuple(set(zip(*(scanned[f"s{i}"] for i in range(len(columns.slices))), strict=True)))


def _find_largest_weight(relation: Relation, columns: Columns, scanned: _Scanned) -> float | None:
    """Return the largest weight, None without weights. Raises DataError where all are 0."""
    if columns.weight is None:
        return None
    largest = max(scanned["weight"])
    if largest == 0:
        raise DataError(
            f"{relation.name}: all weights are 0.",
            f'column "{columns.weight}" says that no example counts.',
            "mend it, choose another with `columns.weight`, or do without: `columns.weight: null`.",
        )
    return float(largest)


def _run_scan(engine: Engine, canonical: Canonical, kind: LabelKind, slices: list[str]) -> _Scanned:
    """Return row counts, ranges and faults, by (label, prediction) where labels are text and by ``slices`` (s0 …), from one scan."""
    has = canonical.expressions.__contains__
    keys = [name if kind.kind == "text" and has(name) else "null" for name in ("label", "prediction")]
    scores = [number.name for number in canonical.numbers if number.title in {"score", "probability"}]
    aggregates = {
        "n": "count(*)",
        "low": f"least({', '.join(f'min({name})' for name in scores)})" if scores else "null",
        "high": f"greatest({', '.join(f'max({name})' for name in scores)})" if scores else "null",
        "weight": "max(weight)" if has("weight") else "null",
    }
    for part in ("label", "prediction"):
        for function in ("avg", "min", "max"):
            aggregates[f"{part}_{function}"] = f"{function}({part})" if kind.kind == "number" and has(part) else "null"
    aggregates |= {f"fault{i}": f"count(*) filter (where {fault.condition})" for i, fault in enumerate(list_faults(canonical))}
    query = f"select {', '.join([*keys, *slices, *aggregates.values()])} from ({canonical.select_with_raw()}) group by all"
    rows = engine.fetch_rows(query)
    names = ("label", "prediction", *slices, *aggregates)
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def _find_centre(scanned: _Scanned, part: str) -> float:
    """Return the mean rounded to 1/64 of the range, so that the order in which it was summed leaves no trace."""
    mean, low, high = (scanned[f"{part}_{function}"][0] for function in ("avg", "min", "max"))
    if mean is None or not math.isfinite(high - low):
        return 0.0
    step = (high - low) / 64
    return float(low if step == 0 else round((mean - low) / step) * step + low)


def _list_labels(
    engine: Engine, view: str, canonical: Canonical, kind: LabelKind, scanned: _Scanned
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the distinct labels and predictions, sorted; none where they are numbers."""

    def list_part(part: str) -> tuple[str, ...]:
        if kind.kind == "number" or part not in canonical.expressions:
            return ()
        if kind.kind == "text":
            return tuple(sorted({value for value in scanned[part] if value is not None}))
        return tuple(sorted(row[0] for row in engine.fetch_rows(f"select distinct unnest({part}) from {view}")))

    return list_part("label"), list_part("prediction")


def _find_separator(engine: Engine, file: Input) -> str:
    """Return the separator that labels and predictions in text columns use: the first of | ; , that occurs."""
    parts = (file.columns.label, file.columns.prediction)
    names = [quote_name(part) for part in parts if part is not None and file.kinds[part] != "list"]
    if not names:
        return LIST_SEPARATORS[0]
    found = (" or ".join(f"contains({name}, {quote_text(s)})" for name in names) for s in LIST_SEPARATORS)
    checks = ", ".join(f"count(*) filter (where {condition})" for condition in found)
    counts = engine.fetch_rows(f"select {checks} from {engine.scan(file.relation)}")[0]
    return next((s for s, count in zip(LIST_SEPARATORS, counts, strict=True) if count), LIST_SEPARATORS[0])
