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
from memeci.engines.duckdb import quote_name
from memeci.engines.engine import Engine, Table
from memeci.engines.pairing import PAIR
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


def count_changes(engine: Engine, tallied: Tallied, candidate: Table) -> Changes | None:
    """Return the flips by every column of few values; None where no such column is undeclared, or nothing flipped.

    Leaves the relation ``explained`` behind: the candidate's id and the fields of the axes.
    None, too, where the pair is not stored: another join would cost more than the answer is worth.
    With groups the declared columns are counted as well, because the tallies do not know whose flips theirs are.
    """
    pair = tallied.pair
    if tallied.tallies.cells is None or not pair.stored or not _keep_flips(engine, grouped=pair.grouped):
        return None
    declared = candidate.columns.slices if len(tallied.tallies.leaves.n) <= MAX_CELLS else ()
    undeclared = _find_columns(engine, candidate, len(tallied.tallies.leaves.n) if declared else 1)
    if not undeclared and not (pair.grouped and declared):
        return None
    _create_explained(engine, candidate, (*declared, *undeclared), partial=pair.overlap is None or not pair.overlap.complete)
    return _count(engine, candidate, declared, undeclared, grouped=pair.grouped)


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


def _keep_flips(engine: Engine, *, grouped: bool) -> bool:
    """Keep which examples were fixed or broken, and in which unit; return whether there are any."""
    unit = "unit" if grouped else "null"
    engine.execute(
        f"create or replace temp table {_FLIPPED} as select id, c_prediction = y as fixed, {unit} as unit from {PAIR}"
        " where (b_prediction = y) <> (c_prediction = y)"
    )
    return bool(engine.fetch_rows(f"select 1 from {_FLIPPED} limit 1"))


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
    """Create the relation ``explained``: id, s0 … of ``columns``, prediction, label, score, fixed and unit (null: no flip)."""
    parts = replace(table.columns, slices=columns, weight=None, group=None, text=None, probabilities=(), numbers=())
    source = build_canonical(engine.scan(table.relation), table.schema, parts, table.kind).select()
    cut = ", ".join(f"left(s{i}, {MAX_LENGTH + 1}) as s{i}" for i, column in enumerate(columns) if column not in table.columns.slices)
    shortened = f" replace ({cut})" if cut else ""
    within = f" where e.id in (select id from {PAIR})" if partial else ""
    engine.execute(
        f"create or replace temp view {EXPLAINED} as select e.*{shortened}, f.fixed, f.unit"
        f" from ({source}) e left join {_FLIPPED} f on e.id = f.id{within}"
    )


def _count(engine: Engine, table: Table, declared: tuple[str, ...], undeclared: tuple[str, ...], *, grouped: bool) -> Changes | None:
    """Return the counts; None where columns turn out to have many more values than their first rows, or none is left."""
    limit = (5 if grouped else 2) * MAX_CELLS
    fields = [f"s{i}" for i in range(len(declared) + len(undeclared))]
    score = ("min(score)", "max(score)") if table.columns.score is not None else ("null", "null")
    rows = engine.fetch_rows(
        f"select {', '.join(fields)}, prediction, label = prediction, count(*), count(*) filter (where fixed),"
        f" count(*) filter (where not fixed), {', '.join(score)}, unit"
        f" from {EXPLAINED} group by all limit {limit + 1}"
    )
    if len(rows) > limit:
        return None
    columns = list(zip(*rows, strict=True))
    prediction, right = (_encode(column)[1] for column in columns[-8:-6])
    low, high = (np.array(column, dtype=np.float64) for column in columns[-3:-1])
    outcome = _Outcome(prediction, right, low, high)
    axes: list[Axis] = []
    for i, (column, field) in enumerate(zip((*declared, *undeclared), fields, strict=True)):
        values, codes = _encode(columns[i])
        few = 2 <= len(values) <= MAX_VALUES and max(len(value or "") for value in values) <= MAX_LENGTH
        if i < len(declared) or (few and not outcome.is_repeated_by(codes)):
            axes.append(Axis(column, field, i < len(declared), values, codes))
    n, fixed, broken = (np.array(column, dtype=np.int64) for column in columns[-6:-3])
    unit = np.array([-1 if u is None else u for u in columns[-1]], dtype=np.int64) if grouped else None
    return Changes(tuple(axes), n, fixed, broken, unit) if len(axes) > len(declared) or grouped else None


def _encode(column: tuple[Any, ...]) -> tuple[tuple[Any, ...], Integers]:
    """Return the distinct values, in an order free of the rows', and the index of each row's."""
    values = sorted(set(column), key=lambda value: (value is None, str(value)))
    index = {value: i for i, value in enumerate(values)}
    return tuple(values), np.array([index[value] for value in column], dtype=np.int64)


class _Outcome(msgspec.Struct, frozen=True):
    """What the candidate did, per row of counts: its prediction, whether that is right, and the range of its score (or NaN)."""

    prediction: Integers
    right: Integers
    low: Floats
    high: Floats

    def is_repeated_by(self, codes: Integers) -> bool:
        """Return whether a column only says again whether the candidate was right, what it predicted, or how sure it was.

        Every broken example is wrong now, so such a column explains all of them, and nothing.
        """
        n, n_predicted = len(np.unique(codes)), len(np.unique(self.prediction))
        if len(np.unique(self.right)) > 1 and _count_pairs(codes, self.right) == n:
            return True
        if n_predicted > 1 and _count_pairs(codes, self.prediction) in {n, n_predicted}:
            return True
        lows = np.array([self.low[codes == code].min() for code in range(n)])
        highs = np.array([self.high[codes == code].max() for code in range(n)])
        order = np.argsort(lows)
        return bool((highs[order][:-1] <= lows[order][1:]).all())


def _count_pairs(a: Integers, b: Integers) -> int:
    """Return how many pairs of codes occur."""
    return len(np.unique(a * (int(b.max()) + 1) + b))
