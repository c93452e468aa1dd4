"""Which text columns of a large file can be read as they are: looked up once in their distinct values, instead of row by row."""

from __future__ import annotations

from collections.abc import Sequence

from memeci.engines.duckdb import quote_name
from memeci.engines.engine import Engine, LabelKind
from memeci.relation import Columns, ColumnType, FileFormat, Relation

MIN_ROWS = 1_000_000
"""Below, normalising every row costs less than another look at the file."""

MAX_VALUES = 10_000
"""Combinations looked at; columns with more are normalised row by row."""


def find_plain_columns(
    engine: Engine, relation: Relation, schema: Sequence[ColumnType], columns: Columns, kind: LabelKind
) -> frozenset[str]:
    """Return the label, prediction and slice columns whose every value is what `canonical` would make of it anyway."""
    kinds = {column.name: column.kind for column in schema}
    parts = [columns.label, columns.prediction] if kind.kind == "text" else []
    names = [name for name in dict.fromkeys([*parts, *columns.slices]) if name is not None and kinds[name] == "text"]
    if relation.format is not FileFormat.PARQUET or not names:
        return frozenset()
    scan = engine.scan(relation)
    if engine.fetch_rows(f"select count(*) from {scan}")[0][0] < MIN_ROWS:
        return frozenset()
    listed = ", ".join(f"cast({quote_name(name)} as varchar)" for name in names)
    rows = engine.fetch_rows(f"select distinct {listed} from {scan} limit {MAX_VALUES + 1}")
    if len(rows) > MAX_VALUES:
        return frozenset()
    return frozenset(name for i, name in enumerate(names) if all(_is_plain(row[i]) for row in rows))


def _is_plain(value: str | None) -> bool:
    return value is None or (value != "" and value.lower() not in {"true", "false"} and not value.endswith(".0"))
