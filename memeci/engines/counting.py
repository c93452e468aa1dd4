"""Counts the pair: joint cells, sums of terms, and compact arrays for rank statistics. Every table comes out sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.engines.engine import Engine, Table
from memeci.engines.pairing import PAIR, Pair, check_matched
from memeci.engines.quoting import quote_text
from memeci.engines.sums import build_sum
from memeci.engines.terms import TermSide, mentions_only
from memeci.measurements import Floats, Integers
from memeci.tallies import CellTally, Codes, Leaves, MomentTally, MultilabelTally, ScoreArrays, UnitTotals, build_leaves

CHANGED_IDS = 4
"""Ids kept of each cell whose prediction changed, where finding them later would cost another join."""


def count_leaves(
    engine: Engine, pair: Pair, candidate: Table, slices: tuple[tuple[str, ...], ...], min_size: int, cells: CellTally | None
) -> Leaves:
    """Return the leaves of the data with all slice sets; their sizes from the cells where those were counted already."""
    columns = candidate.columns.slices
    names = [f"s{i}" for i in range(len(columns))]
    values = {row[0]: tuple(row[1:]) for row in engine.fetch_rows(f"select leaf{''.join(', ' + n for n in names)} from leaves")}
    n: Integers = np.zeros(len(values), dtype=np.int64)
    if cells is not None:
        np.add.at(n, cells.leaf, cells.n)
    else:
        for leaf, count in engine.fetch_rows(f"select leaf, count(*) from {PAIR} group by leaf"):
            n[leaf] = count
    leaves = build_leaves(columns, tuple(values[leaf] for leaf in range(len(values))), n, slices, min_size)
    return leaves if not pair.grouped else _with_groups(engine, pair, leaves, candidate)


def _with_groups(engine: Engine, pair: Pair, leaves: Leaves, candidate: Table) -> Leaves:
    """Return the leaves with the number of groups of each slice."""
    common = f" where id in (select id from {PAIR})" if pair.overlap is not None and pair.overlap.only_candidate else ""
    position = {column: i for i, column in enumerate(candidate.columns.slices)}
    groups: list[int] = []
    for slice_set in leaves.sets:
        names = [f"s{position[column]}" for column in slice_set.columns]
        keys = "".join(f"{name}, " for name in names)
        rows = engine.fetch_rows(f"select {keys}count(distinct coalesce(grp, id)) from {candidate.view}{common} group by all")
        found = {tuple(row[:-1]): row[-1] for row in rows}
        groups += [found.get(tuple(value for _, value in key), 0) for key in slice_set.keys]
    return msgspec.structs.replace(leaves, n_groups=np.array(groups, dtype=np.int64))


class ChangedIds(msgspec.Struct, frozen=True):
    """A few ids, in order, of the examples of one leaf whose prediction changed in the same way."""

    leaf: int
    label: str
    before: str
    now: str
    ids: Sequence[str]


class CountedCells(msgspec.Struct, frozen=True):
    """The joint counts, and where the pair is not stored a few ids of each kind of change."""

    tally: CellTally
    changed: Sequence[ChangedIds]


def count_cells(engine: Engine, pair: Pair, labels: Sequence[str]) -> CountedCells:
    """Return the joint counts; with units where the pair is grouped or weighted. Raises NotMatched: see ``check_matched``."""
    by_unit = pair.grouped or pair.weighted
    base = "b_prediction" if pair.has_baseline else "c_prediction"
    unit = "unit" if by_unit else "0"
    matched = "bool_and(matched)" if pair.assumed else "true"
    ids = "null" if pair.stored or not pair.has_baseline else f"min(id, {CHANGED_IDS}) filter (where {base} <> c_prediction)"
    query = f"select leaf, y, {base}, c_prediction, {unit}, count(*), {pair.weigh()}, {matched}, {ids} from {PAIR} group by 1, 2, 3, 4, 5"
    rows = engine.fetch_rows(query)
    check_matched(pair, sum(row[5] for row in rows), all(row[7] for row in rows))
    code = {label: i for i, label in enumerate(labels)}
    table = np.array([(r[0], code[r[1]], code[r[2]], code[r[3]], r[4], r[5]) for r in rows], dtype=np.int64).reshape(-1, 6)
    weights = np.array([r[6] for r in rows], dtype=np.float64)
    order = np.lexsort(table[:, 4::-1].T)
    leaf, y, b, c, units, n = table[order].T
    changed = tuple(ChangedIds(row[0], row[1], row[2], row[3], row[8]) for row in rows if row[8])
    return CountedCells(CellTally(leaf, y, b, c, n, weights[order], units if by_unit else None), changed)


def count_units(engine: Engine, pair: Pair) -> UnitTotals:
    """Return the weight per leaf and unit."""
    found = _fetch_sorted(engine, f"select leaf, unit, {pair.weigh()} w from {PAIR} group by leaf, unit", 2)
    return UnitTotals(_codes(found["leaf"]), _codes(found["unit"]), _floats(found["w"]))


def sum_units(arrays: ScoreArrays, n_units: int) -> UnitTotals:
    """Return the same of unweighted examples that were fetched already, which spares another join."""
    n = np.bincount(arrays.unit if arrays.leaf.strides == (0,) else arrays.leaf * np.int64(n_units) + arrays.unit)
    found = np.flatnonzero(n)
    return UnitTotals(found // n_units, found % n_units, n[found].astype(np.float64))


def count_moments(engine: Engine, pair: Pair, terms: Sequence[str], candidate: Table, baseline: Table | None) -> MomentTally:
    """Return sums of the terms per leaf and unit, for both sides. A term that a side lacks numbers for gives NaN."""
    filled = {}
    for prefix, table in (("b", baseline or candidate), ("c", candidate)):
        side = TermSide(prefix, candidate.columns.numbers, candidate.label_centre, table.prediction_centre)
        for i, term in enumerate(terms):
            sql = side.fill(term)
            filled[f"{prefix}_{i}"] = f"coalesce({sql}, 'nan'::double)" if mentions_only(sql, pair.columns) else "'nan'::double"
    if pair.weighted:
        filled = {name: f"w * ({sql})" for name, sql in filled.items()}
    largest = engine.fetch_rows(f"select {', '.join(f'max(abs({sql}))' for sql in filled.values())} from {PAIR}")[0]
    sums = [f"{build_sum(sql, size)} as {name}" for (name, sql), size in zip(filled.items(), largest, strict=True)]
    query = f"select leaf, unit, {pair.weigh()} as w, {', '.join(sums)} from {PAIR} group by leaf, unit"
    found = _fetch_sorted(engine, query, 2)
    base, cand = (np.stack([_floats(found[f"{p}_{i}"]) for i in range(len(terms))], axis=1) for p in ("b", "c"))
    leaf, unit, weight = _codes(found["leaf"]), _codes(found["unit"]), _floats(found["w"])
    return MomentTally(tuple(terms), leaf, unit, weight, base if pair.has_baseline else cand, cand)


def fetch_scores(engine: Engine, pair: Pair, column: str, label: str, base_label: str | None = None) -> ScoreArrays | None:
    """Return the examples with ``label`` (SQL) and a score column of each side; None if the candidate lacks it.

    A baseline without the column is all NaN. ``base_label`` is given where the label depends on the model. Columns are as
    narrow as they can be: this is all that is held of every example, whatever their number.
    """
    if f"c_{column}" not in pair.columns:
        return None
    before = f"b_{column}" if f"b_{column}" in pair.columns else "'nan'::double"
    # Units are at most N_UNITS; and where there is one leaf only, every example is in it.
    one_leaf = engine.fetch_rows("select count(*) from leaves")[0][0] == 1
    listed = ["cast(unit as usmallint) as unit", f"{label} as y", f"c_{column} as c"]
    listed += [] if one_leaf else ["leaf"]
    listed += [f"{before} as b"] if pair.has_baseline else []
    listed += [f"{base_label} as by"] if base_label is not None and pair.has_baseline else []
    listed += ["w"] if pair.weighted else []
    found = engine.fetch_columns(f"select {', '.join(listed)} from {PAIR}")
    cand = _floats(found["c"])
    return ScoreArrays(
        leaf=np.broadcast_to(np.int32(0), cand.shape) if one_leaf else _fill(found["leaf"], 0),
        unit=_fill(found["unit"], 0),
        label=_fill(found["y"], 0),
        base=_floats(found["b"]) if "b" in found else cand,
        cand=cand,
        weight=_floats(found["w"]) if "w" in found else None,
        base_label=_fill(found["by"], 0) if "by" in found else None,
    )


def fetch_confidences(engine: Engine, pair: Pair) -> ScoreArrays | None:
    """Return the top label's probability and whether it was right, for both sides."""
    column = "confidence" if "c_confidence" in pair.columns else "score"
    right, right_before = (f"cast({side}_prediction = y as utinyint)" for side in ("c", "b"))
    return fetch_scores(engine, pair, column, right, right_before)


def count_label_sets(engine: Engine, pair: Pair, labels: Sequence[str]) -> MultilabelTally:
    """Return per leaf, unit and label the weights of support, predictions and true positives of both sides."""
    b = "b_prediction" if pair.has_baseline else "c_prediction"
    has = {"y": "list_contains(y, k)", "b": f"list_contains({b}, k)", "c": "list_contains(c_prediction, k)"}
    sums = {"s": has["y"], "bt": f"{has['y']} and {has['b']}", "bq": has["b"], "ct": f"{has['y']} and {has['c']}", "cq": has["c"]}
    listed = ", ".join(f"{pair.weigh(condition)} as {name}" for name, condition in sums.items())
    exploded = f"select *, unnest(list_distinct(list_concat(list_concat(y, {b}), c_prediction))) as k from {PAIR}"
    found = _fetch_sorted(engine, f"select leaf, unit, k, {listed} from ({exploded}) group by leaf, unit, k", 3)
    code = {label: i for i, label in enumerate(labels)}
    label = np.array([code[k] for k in found["k"]], dtype=np.int64)
    sides = [_floats(found[name]) for name in sums]
    return MultilabelTally(_codes(found["leaf"]), _codes(found["unit"]), label, *sides)


def positive_sql(positive: str) -> str:
    """Return SQL for 1 where the label is the positive one, else 0."""
    return f"cast(y = {quote_text(positive)} as utinyint)"


def _fetch_sorted(engine: Engine, query: str, n_keys: int) -> dict[str, NDArray[Any]]:
    """Return the rows in the order of their keys: sums over them must not depend on how threads finished."""
    return engine.fetch_columns(f"{query} order by {', '.join(str(i + 1) for i in range(n_keys))}")


def _codes(column: NDArray[Any]) -> Codes:
    return _fill(column, 0).astype(np.int64)


def _floats(column: NDArray[Any]) -> Floats:
    return _fill(column.astype(np.float64, copy=False), np.nan)


def _fill(column: NDArray[Any], value: float) -> NDArray[Any]:
    """Return a column without its mask. `np.ma.filled` does the same, and imports all of `numpy.ma` where nothing is masked."""
    filled: NDArray[Any] = column.filled(value) if hasattr(column, "filled") else column
    return filled
