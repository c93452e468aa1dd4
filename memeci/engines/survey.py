"""A quick look at unknown predictions, from a sample of rows: what each column holds, before anybody said what it means."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from memeci.engines.engine import Engine
from memeci.engines.quoting import quote_name
from memeci.relation import ColumnType, Relation

SAMPLE_ROWS = 100_000
_TABLE = "survey"


class ColumnSurvey(msgspec.Struct, frozen=True):
    """One column of the sample: ``n`` values that are not null, how many distinct; are all numbers, and some not whole?

    ``low`` and ``high`` are the least and greatest of the numbers, None where there are none.
    """

    name: str
    kind: str
    n: int
    n_distinct: int
    numeric: bool
    fractional: bool
    low: float | None = None
    high: float | None = None


def read_sample(engine: Engine, relation: Relation) -> tuple[ColumnSurvey, ...]:
    """Keep up to SAMPLE_ROWS random rows, the same ones each time, in the engine, and return what their columns hold."""
    schema = engine.describe(relation)
    drawn = f"using sample reservoir({SAMPLE_ROWS} rows) repeatable (1)"
    engine.execute(f"create or replace table {_TABLE} as select * from {engine.scan(relation)} {drawn}")
    return tuple(_survey_column(engine, column) for column in schema)


def fetch_means(engine: Engine, label: str, number: str) -> Sequence[tuple[str, float | None]]:
    """Return each value of ``label`` in the sample with the mean of ``number`` there, highest first."""
    mean = f"avg(try_cast({quote_name(number)}::varchar as double))"
    rows = engine.fetch_rows(
        f"select {quote_name(label)}::varchar, {mean} as m from {_TABLE} where {quote_name(label)} is not null"
        " group by 1 order by m desc nulls last, 1"
    )
    return [(str(value), mean) for value, mean in rows]


def fetch_values(engine: Engine, column: str, limit: int) -> tuple[str, ...]:
    """Return up to ``limit`` distinct values of a column in the sample, sorted."""
    name = quote_name(column)
    rows = engine.fetch_rows(f"select distinct {name}::varchar as v from {_TABLE} where {name} is not null order by v limit {limit}")
    return tuple(str(row[0]) for row in rows)


def _survey_column(engine: Engine, column: ColumnType) -> ColumnSurvey:
    name = quote_name(column.name)
    if column.kind in {"list", "struct", "other"}:
        n = engine.fetch_rows(f"select count({name}) from {_TABLE}")[0][0]
        return ColumnSurvey(column.name, column.kind, n, n, numeric=False, fractional=False)
    number = f"try_cast({name}::varchar as double)"
    n, n_distinct, numeric, fractional, low, high = engine.fetch_rows(
        f"select count({name}), count(distinct {name}), bool_and({number} is not null) filter ({name} is not null),"
        f" bool_or({number} <> trunc({number})), min({number}), max({number}) from {_TABLE}"
    )[0]
    return ColumnSurvey(column.name, column.kind, n, n_distinct, bool(numeric), bool(numeric and fractional), low, high)
