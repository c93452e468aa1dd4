"""Weights, groups and slices are the candidate's and hold for both sides: do the examples of the baseline say the same?"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from memeci.engines.canonical import build_canonical
from memeci.engines.engine import Engine, Table
from memeci.relation import Columns

_VIEW = "baseline_shared"


class Moved(msgspec.Struct, frozen=True):
    """A column that the baseline has otherwise. ``part`` is "weight", "group" or "slice".

    ``column`` is its name today, None where today there is none; ``count`` the common examples with another value, None
    where the baseline has no such column.
    """

    part: str
    column: str | None
    count: int | None


def find_moved(engine: Engine, candidate: Table, baseline: Table, had: Columns) -> tuple[Moved, ...]:
    """Return what differs; ``had`` names the weight, group and slices that the baseline's own file has (slices as far as it has them).

    Looks at both sides once; joins them only where sums of hashes differ.
    """
    now = candidate.columns
    moved = [
        Moved(part, today, None)
        for part, today, before in (("weight", now.weight, had.weight), ("group", now.group, had.group))
        if (today is None) != (before is None)
    ]
    pairs = _pair_columns(now, had)
    if pairs:
        canonical = build_canonical(engine.scan(baseline.relation), baseline.schema, replace(had, id=baseline.columns.id), baseline.kind)
        engine.execute(f"create or replace temp view {_VIEW} as {canonical.select(['id', *(theirs for _, _, _, theirs in pairs)])}")
        moved += _count_moved(engine, candidate, pairs)
    return tuple(moved)


_Pair = tuple[str, str, str, str]
"""Part, column, and the canonical names of it in the candidate and in the baseline."""


def _pair_columns(now: Columns, had: Columns) -> list[_Pair]:
    pairs = [
        (part, column, name, name)
        for part, column, before, name in (("weight", now.weight, had.weight, "weight"), ("group", now.group, had.group, "grp"))
        if column is not None and before is not None
    ]
    pairs += [("slice", name, f"s{i}", f"s{had.slices.index(name)}") for i, name in enumerate(now.slices) if name in had.slices]
    return pairs


def _count_moved(engine: Engine, candidate: Table, pairs: list[_Pair]) -> list[Moved]:
    mine, theirs = (f"sum(hash(id, {', '.join(pair[side] for pair in pairs)}))" for side in (2, 3))
    (same,) = engine.fetch_rows(f"select (select {mine} from {candidate.view}) = (select {theirs} from {_VIEW})")[0]
    if same:
        return []
    counts = ", ".join(f"count(*) filter (where c.{ours} is distinct from b.{before})" for _, _, ours, before in pairs)
    found = engine.fetch_rows(f"select {counts} from {candidate.view} c join {_VIEW} b on c.id = b.id")[0]
    return [Moved(part, column, count) for (part, column, _, _), count in zip(pairs, found, strict=True) if count]
