"""From a file's columns to canonical ones, as SQL: id, label, prediction, score, weight, grp, txt, s0…, p0…, n0….

What a column means decides its type, not how the file happens to store it: an id "007" keeps its zeros, and the labels
1, 1.0, "1" and true, True, "true" are the same in every format.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from memeci.engines.engine import LabelKind
from memeci.engines.quoting import quote_name, quote_text
from memeci.relation import Columns, ColumnType

LIST_SEPARATORS = ("|", ";", ",")


class NumberColumn(msgspec.Struct, frozen=True):
    """A numeric part: its canonical name, what people call it, its column and the expressions that read it."""

    name: str
    title: str
    column: str
    raw: str
    value: str


class Canonical(msgspec.Struct, frozen=True):
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


def build_canonical(scan: str, schema: Sequence[ColumnType], columns: Columns, kind: LabelKind, plain: Collection[str] = ()) -> Canonical:
    """Return the canonical form of a scan. Parts that the file lacks are left out; ``plain`` columns are read as they are."""
    kinds = {column.name: "plain" if column.name in plain else column.kind for column in schema}
    expressions: dict[str, str] = {}
    numbers: list[NumberColumn] = []

    def add_number(name: str, title: str, column: str) -> None:
        raw = _read(column, kinds[column])
        # One try_cast for text and numbers alike: what is no number becomes NULL, and the checks say which.
        value = f"try_cast({raw} as double)"
        expressions[name] = value
        numbers.append(NumberColumn(name, title, column, raw, value))

    expressions["id"] = _id_sql(columns.id, kinds)
    for name, part in (("label", columns.label), ("prediction", columns.prediction)):
        if part is None:
            continue
        if kind.kind == "number":
            add_number(name, name, part)
        else:
            is_list = kind.kind == "list"
            expressions[name] = _list_sql(part, kinds[part], kind.separator) if is_list else _text_sql(part, kinds[part])
    for name, part in (("score", columns.score), ("weight", columns.weight)):
        if part is not None:
            add_number(name, name, part)
    for name, part in (("grp", columns.group), ("txt", columns.text)):
        if part is not None:
            expressions[name] = f"cast({_read(part, kinds[part])} as varchar)"
    for i, column in enumerate(columns.slices):
        expressions[f"s{i}"] = _text_sql(column, kinds[column])
    for i, (_, column) in enumerate(columns.probabilities):
        add_number(f"p{i}", "probability", column)
    for i, column in enumerate(columns.numbers):
        add_number(f"n{i}", column, column)
    return Canonical(scan, expressions, tuple(numbers))


def _read(column: str, kind: str) -> str:
    """Return SQL for the column; as text, without the quotes of JSON, where its values are of several types."""
    return f"json_extract_string({quote_name(column)}, '$')" if kind == "json" else quote_name(column)


def _id_sql(column: str | None, kinds: Mapping[str, str]) -> str:
    if column is None:
        return "cast(row_number() over () as varchar)"
    return f"nullif(cast({_read(column, kinds[column])} as varchar), '')"


def _text_sql(column: str, kind: str) -> str:
    return _normalize(_read(column, kind), "text" if kind == "json" else kind)


def _normalize(value: str, kind: str) -> str:
    """Return SQL for a label or slice as text: whole floats without ".0", truth values in lower case, empty text as NULL."""
    whole = f"cast(try_cast(trunc(try_cast({value} as double)) as bigint) as varchar)"
    if kind == "float":
        # try_cast gives NULL for what is beyond 64 bits; NaN is how some writers say "nothing".
        text = f"cast({value} as varchar)"
        exact = f"when {value} = trunc({value}) then coalesce({whole}, {text})"
        return f"case when isnan(cast({value} as double)) then null {exact} else {text} end"
    if kind != "text":
        return f"cast({value} as varchar)"
    return (
        f"case when lower({value}) in ('true', 'false') then lower({value})"
        f" when ends_with({value}, '.0') then coalesce({whole}, {value}) else nullif(cast({value} as varchar), '') end"
    )


def _list_sql(column: str, kind: str, separator: str | None) -> str:
    name = quote_name(column)
    items = f"cast({name} as varchar[])" if kind == "list" else f"string_split({name}, {quote_text(separator or '|')})"
    labels = f"list_transform({items}, lambda x: {_normalize('trim(x)', 'text')})"
    return f"list_sort(list_distinct(list_filter(coalesce({labels}, []), lambda x: x is not null)))"
