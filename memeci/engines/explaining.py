"""Columns nobody declared, and how they divide the flips: few values, no other part, and nothing that a model wrote.

They take no part in the tested family: this is read after the tallies, from the candidate's file and the stored pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from memeci.engines.canonical import build_canonical
from memeci.engines.engine import Engine, Table
from memeci.engines.movement import Movement
from memeci.engines.pairing import PAIR
from memeci.engines.quoting import quote_name
from memeci.engines.tallying import Tallied
from memeci.measurements import Floats, Integers
from memeci.relation import Columns

PEEK_ROWS = 500
"""First rows of a file that tell which columns have too many values to be read whole."""

MAX_LOOKED_AT, MAX_COLUMNS = 256, 16
MAX_VALUES, MAX_LENGTH = 24, 200

MAX_CELLS = 20_000
"""Combinations of values that are counted. A file of fewer examples cannot have more."""

EXPLAINED = "explained"
_FLIPPED = "flipped"
_KINDS = frozenset({"text", "boolean", "integer"})


class Axis(msgspec.Struct, frozen=True):
    """A column: its ``field`` in the relation ``explained``, what its codes mean, and the code of each row of Changes, int64[R]."""

    column: str
    field: str
    declared: bool
    values: tuple[str | None, ...]
    codes: Integers


class Changes(msgspec.Struct, frozen=True):
    """Examples, fixed and broken ones by combination of values: int64[R] each.

    With groups, flips are counted by ``unit``, too: int64[R], −1 where nothing flipped. None without groups.
    """

    axes: tuple[Axis, ...]
    n: Integers
    fixed: Integers
    broken: Integers
    unit: Integers | None = None

    def without(self, columns: Iterable[str]) -> Changes:
        """Return the same counts without the undeclared ones of these columns."""
        left_out = set(columns)
        return replace(self, axes=tuple(axis for axis in self.axes if axis.declared or axis.column not in left_out))


def count_changes(engine: Engine, tallied: Tallied, candidate: Table, movement: Movement) -> Changes | None:
    """Return the flips by every column of few values; None where no such column is undeclared, or nothing flipped.

    Leaves the relation ``explained`` behind: the candidate's id and the fields of the axes.
    None, too, where the pair is not stored: another join would cost more than the answer is worth.
    With groups the declared columns are counted as well, because the tallies do not know whose flips theirs are.
    """
    pair = tallied.pair
    if not pair.stored:
        return None
    declared = candidate.columns.slices if len(tallied.tallies.leaves.n) <= MAX_CELLS else ()
    undeclared = _find_columns(engine, candidate, len(tallied.tallies.leaves.n) if declared else 1)
    if (not undeclared and not (pair.grouped and declared)) or not _keep_flips(engine, movement, grouped=pair.grouped):
        return None
    _create_explained(engine, candidate, (*declared, *undeclared), partial=pair.overlap is None or not pair.overlap.complete)
    return _count(engine, _list_outcomes(candidate, movement), declared, undeclared, grouped=pair.grouped)


def find_written(engine: Engine, changes: Changes, baseline: Table, blamed: Iterable[str]) -> frozenset[str]:
    """Return the undeclared columns among ``blamed`` that differ between the two files: what a model wrote, not what an example is."""
    there = {column.name for column in baseline.schema}
    both = [axis for axis in changes.axes if axis.column in there and axis.column in set(blamed) and not axis.declared]
    if not both:
        return frozenset()
    columns = Columns(id=baseline.columns.id, slices=tuple(axis.column for axis in both))
    source = build_canonical(engine.scan(baseline.relation), baseline.schema, columns, baseline.kind).select()
    differs = (f"bool_or(e.{axis.field} is distinct from left(b.s{k}, {MAX_LENGTH + 1}))" for k, axis in enumerate(both))
    row = engine.fetch_rows(f"select {', '.join(differs)} from {EXPLAINED} e join ({source}) b on e.id = b.id where e.fixed is not null")[0]
    return frozenset(axis.column for axis, differing in zip(both, row, strict=True) if differing)


def _keep_flips(engine: Engine, movement: Movement, *, grouped: bool) -> bool:
    """Keep which examples were fixed or broken, and in which unit; return whether there are any.

    By a number every example is kept, with both numbers: a tie is neither.
    """
    moved = f"{movement.worse} or {movement.better}"
    unit = f"case when {moved} then unit end" if grouped else "null"
    (earlier, number), where = (("null", "null"), f" where {moved}") if movement.numbers is None else (movement.numbers, "")
    engine.execute(
        f"create or replace temp table {_FLIPPED} as select id, {unit} as unit, {earlier} as earlier, {number} as number,"
        f" case when {movement.better} then true when {movement.worse} then false end as fixed from {PAIR}{where}"
    )
    return bool(engine.fetch_rows(f"select 1 from {_FLIPPED} where fixed is not null limit 1"))


def _find_columns(engine: Engine, table: Table, cells: int) -> tuple[str, ...]:
    """Return columns that have few values in the first rows and play no part: the first ones of the file.

    In a longer file only as many as divide its ``cells`` slices into few combinations.
    """
    found = table.columns
    named = (found.id, found.label, found.prediction, found.score, found.weight, found.group, found.text)
    taken = {*named, *(column for _, column in found.probabilities), *found.slices, *found.numbers}
    free = [c.name for c in table.schema if c.kind in _KINDS and c.name not in taken][:MAX_LOOKED_AT]
    if not free:
        return ()
    listed = ", ".join(f"left({quote_name(name)}::varchar, {MAX_LENGTH + 1})" for name in free)
    rows = engine.fetch_rows(f"select {listed} from {engine.scan(table.relation)} limit {PEEK_ROWS}")
    chosen: list[str] = []
    for name, column in zip(free, zip(*rows, strict=True), strict=True):
        n = len(set(column))
        if 2 <= n <= MAX_VALUES and len(chosen) < MAX_COLUMNS and (table.n <= MAX_CELLS or cells * n <= MAX_CELLS):
            chosen.append(name)
            cells *= n
    return tuple(chosen)


def _create_explained(engine: Engine, table: Table, columns: tuple[str, ...], *, partial: bool) -> None:
    """Create the relation ``explained``: id, s0 … of ``columns``, prediction, label, score, earlier, number, fixed, unit."""
    parts = replace(table.columns, slices=columns, weight=None, group=None, text=None, probabilities=(), numbers=())
    source = build_canonical(engine.scan(table.relation), table.schema, parts, table.kind).select()
    cut = ", ".join(f"left(s{i}, {MAX_LENGTH + 1}) as s{i}" for i, column in enumerate(columns) if column not in table.columns.slices)
    shortened = f" replace ({cut})" if cut else ""
    within = f" where e.id in (select id from {PAIR})" if partial else ""
    engine.execute(
        f"create or replace temp view {EXPLAINED} as select e.*{shortened}, f.fixed, f.unit, f.earlier, f.number"
        f" from ({source}) e left join {_FLIPPED} f on e.id = f.id{within}"
    )


class _OutcomeColumns(msgspec.Struct, frozen=True):
    """SQL for what the candidate did: its prediction, whether that is right, and a number of it; the baseline's number.

    "null" where there is none: what is judged by a number is not right or wrong.
    """

    prediction: str
    right: str
    number: str
    earlier: str


def _list_outcomes(table: Table, movement: Movement) -> _OutcomeColumns:
    if movement.numbers is None:
        return _OutcomeColumns("prediction", "label = prediction", "score" if table.columns.score is not None else "null", "null")
    return _OutcomeColumns("null", "null", "number", "earlier")


def _count(
    engine: Engine, outcomes: _OutcomeColumns, declared: tuple[str, ...], undeclared: tuple[str, ...], *, grouped: bool
) -> Changes | None:
    """Return the counts; None where columns turn out to have many more values than their first rows, or none is left."""
    limit = (5 if grouped else 2) * MAX_CELLS
    fields = [f"s{i}" for i in range(len(declared) + len(undeclared))]
    ranges = [f"{function}({number})" for number in (outcomes.number, outcomes.earlier) for function in ("min", "max")]
    counts = ["count(*)", "count(*) filter (where fixed)", "count(*) filter (where not fixed)"]
    rows = engine.fetch_rows(
        f"select {', '.join([*fields, outcomes.prediction, outcomes.right, *counts, 'unit', *ranges])}"
        f" from {EXPLAINED} group by all limit {limit + 1}"
    )
    if len(rows) > limit:
        return None
    columns = list(zip(*rows, strict=True))
    keys, found, units, bounds = columns[: len(fields)], columns[len(fields) :][:5], columns[len(fields) + 5], columns[len(fields) + 6 :]
    limits = [np.array(column, dtype=np.float64) for column in bounds]
    outcome = _Outcome(_encode(found[0])[1], _encode(found[1])[1], _Range(*limits[:2]), _Range(*limits[2:]))
    axes: list[Axis] = []
    for i, (column, field) in enumerate(zip((*declared, *undeclared), fields, strict=True)):
        values, codes = _encode(keys[i])
        few = 2 <= len(values) <= MAX_VALUES and max(len(value or "") for value in values) <= MAX_LENGTH
        if i < len(declared) or (few and not outcome.is_repeated_by(codes)):
            axes.append(Axis(column, field, i < len(declared), values, codes))
    n, fixed, broken = (np.array(column, dtype=np.int64) for column in found[2:])
    unit = np.array([-1 if u is None else u for u in units], dtype=np.int64) if grouped else None
    return Changes(tuple(axes), n, fixed, broken, unit) if len(axes) > len(declared) or grouped else None


def _encode(column: tuple[Any, ...]) -> tuple[tuple[Any, ...], Integers]:
    """Return the distinct values, in an order free of the rows', and the index of each row's."""
    values = sorted(set(column), key=lambda value: (value is None, str(value)))
    index = {value: i for i, value in enumerate(values)}
    return tuple(values), np.array([index[value] for value in column], dtype=np.int64)


class _Range(msgspec.Struct, frozen=True):
    """The range of a number, per row of counts; NaN where there is none."""

    low: Floats
    high: Floats

    def is_banded_by(self, codes: Integers, *, apart: bool) -> bool:
        """Return whether the ranges by code follow each other, ``apart`` without a value in common."""
        n = len(np.unique(codes))
        lows = np.array([self.low[codes == code].min() for code in range(n)])
        highs = np.array([self.high[codes == code].max() for code in range(n)])
        order = np.argsort(lows)
        before, after = highs[order][:-1], lows[order][1:]
        return bool((before < after).all() if apart else (before <= after).all())


class _Outcome(msgspec.Struct, frozen=True):
    """What the candidate did, per row of counts: its prediction, whether that is right, and its score, or the number it is judged by.

    ``earlier`` is the baseline's number, where models are judged by one.
    """

    prediction: Integers
    right: Integers
    number: _Range
    earlier: _Range

    def is_repeated_by(self, codes: Integers) -> bool:
        """Return whether a column only says again whether the candidate was right, what it predicted, or how sure it was.

        Every broken example is wrong now, so such a column explains all of them, and nothing. Nor does one that sorts the
        candidate's numbers into bands; where the baseline's fall into the same, it is the examples that differ so.
        """
        n, n_predicted = len(np.unique(codes)), len(np.unique(self.prediction))
        if len(np.unique(self.right)) > 1 and _count_pairs(codes, self.right) == n:
            return True
        if n_predicted > 1 and _count_pairs(codes, self.prediction) in {n, n_predicted}:
            return True
        judged = not np.isnan(self.earlier.low).all()
        return self.number.is_banded_by(codes, apart=judged) and not (judged and self.earlier.is_banded_by(codes, apart=True))


def _count_pairs(a: Integers, b: Integers) -> int:
    """Return how many pairs of codes occur."""
    return len(np.unique(a * (int(b.max()) + 1) + b))
