"""From a file's columns to canonical ones, as SQL: id, label, prediction, score, weight, grp, txt, s0…, p0…, n0….

What a column means decides its type, not how the file happens to store it: an id "007" keeps its zeros, and the labels
1, 1.0, "1" and true, True, "true" are the same in every format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memeci.engines.duckdb import quote_name, quote_text
from memeci.engines.engine import LabelKind
from memeci.relation import Columns, ColumnType

LIST_SEPARATORS = ("|", ";", ",")


@dataclass(frozen=True)
class NumberColumn:
    """A numeric part: its canonical name, what people call it, its column and the expressions that read it."""

    name: str
    title: str
    column: str
    raw: str
    value: str


@dataclass(frozen=True)
class Canonical:
    """The SELECT list of one table, and its numeric columns for the checks. ``scan`` is what it selects from."""

    scan: str
    expressions: Mapping[str, str]
    numbers: tuple[NumberColumn, ...]

    def select(self, names: Sequence[str] | None = None) -> str:
        """Return a SELECT of the named canonical columns (all of them if None)."""
        wanted = self.expressions if names is None else {name: self.expressions[name] for name in names}
        return "select " + ", ".join(f"{sql} as {name}" for name, sql in wanted.items()) + f" from {self.scan}"

    def select_with_raw(self) -> str:
        """Return a SELECT of all columns, and of the unconverted value of each number as raw_…."""
        raw = {f"raw_{number.name}": number.raw for number in self.numbers}
        return Canonical(self.scan, {**self.expressions, **raw}, self.numbers).select()


def build_canonical(scan: str, schema: Sequence[ColumnType], columns: Columns, kind: LabelKind) -> Canonical:
    """Return the canonical form of a scan. Parts that the file lacks are left out."""
    kinds = {column.name: column.kind for column in schema}
    expressions: dict[str, str] = {}
    numbers: list[NumberColumn] = []

    def add_number(name: str, title: str, column: str) -> None:
        raw = quote_name(column)
        # One try_cast for text and numbers alike: what is no number becomes NULL, and the checks say which.
        value = f"try_cast({raw} as double)"
        expressions[name] = value
        numbers.append(NumberColumn(name, title, column, raw, value))

    expressions["id"] = f"cast({quote_name(columns.id)} as varchar)" if columns.id else "cast(row_number() over () as varchar)"
    for name, part in (("label", columns.label), ("prediction", columns.prediction)):
        if part is None:
            continue
        if kind.kind == "number":
            add_number(name, name, part)
        else:
            build = _list_sql if kind.kind == "list" else _text_sql
            expressions[name] = build(part, kinds[part], kind.separator)
    if columns.score is not None:
        add_number("score", "score", columns.score)
    if columns.weight is not None:
        add_number("weight", "weight", columns.weight)
    for name, part in (("grp", columns.group), ("txt", columns.text)):
        if part is not None:
            expressions[name] = f"cast({quote_name(part)} as varchar)"
    for i, column in enumerate(columns.slices):
        expressions[f"s{i}"] = _text_sql(column, kinds[column], None)
    for i, (_, column) in enumerate(columns.probabilities):
        add_number(f"p{i}", "probability", column)
    for i, column in enumerate(columns.numbers):
        add_number(f"n{i}", column, column)
    return Canonical(scan, expressions, tuple(numbers))


def _text_sql(column: str, kind: str, _: str | None) -> str:
    name = quote_name(column)
    if kind == "float":
        return f"case when {name} = trunc({name}) then cast(cast({name} as bigint) as varchar) else cast({name} as varchar) end"
    if kind != "text":
        return f"cast({name} as varchar)"
    return (
        f"case when lower({name}) in ('true', 'false') then lower({name})"
        f" when ends_with({name}, '.0') and try_cast({name} as double) is not null"
        f" then cast(cast(try_cast({name} as double) as bigint) as varchar) else cast({name} as varchar) end"
    )


def _list_sql(column: str, kind: str, separator: str | None) -> str:
    name = quote_name(column)
    if kind == "list":
        items = f"cast({name} as varchar[])"
    else:
        items = f"list_transform(string_split({name}, {quote_text(separator or '|')}), x -> trim(x))"
    return f"list_sort(list_distinct(list_filter(coalesce({items}, []), x -> x <> '')))"
