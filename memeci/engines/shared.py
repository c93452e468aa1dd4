"""Weights, groups and slices are the candidate's and hold for both sides: do the examples of the baseline say the same?"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from memeci.engines.canonical import build_canonical
from memeci.engines.engine import Engine, Table
from memeci.engines.quoting import quote_name
from memeci.relation import Columns

_VIEW = "baseline_shared"
SLICES_UP_TO = 1_000_000
"""Examples up to which slices are compared too: a look more at each side of a large file would cost an eighth of the whole run."""

# Beside the columns of any file.
_ID, _SUM = '"memeci: id"', '"memeci: sum"'


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

    Looks at each side once; joins them only where sums of hashes differ.
    """
    now = candidate.columns
    moved = [
        Moved(part, today, None)
        for part, today, before in (("weight", now.weight, had.weight), ("group", now.group, had.group))
        if (today is None) != (before is None)
    ]
    pairs = _pair_columns(now, had if candidate.n <= SLICES_UP_TO else replace(had, slices=()))
    if pairs:
        sides = [_Side(engine, candidate, now, [ours for _, _, ours, _ in pairs])]
        sides += [_Side(engine, baseline, replace(had, id=baseline.columns.id), [theirs for _, _, _, theirs in pairs])]
        if len({engine.fetch_rows(side.digest())[0] for side in sides}) > 1:
            engine.execute(f"create or replace temp view {_VIEW} as {sides[1].canonical.select(['id', *sides[1].names])}")
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


class _Side:
    """One file, and the canonical ``names`` of its columns to compare."""

    def __init__(self, engine: Engine, table: Table, columns: Columns, names: list[str]) -> None:
        self._scan = engine.scan(table.relation)
        self.names = names
        self.canonical = build_canonical(self._scan, table.schema, columns, table.kind)
        parts = {"weight": columns.weight, "grp": columns.group, **{f"s{i}": name for i, name in enumerate(columns.slices)}}
        self._raw = list(dict.fromkeys(quote_name(parts[name] or "") for name in names))

    def digest(self) -> str:
        """Return SQL for one number about which example has which values. What is distinct is made canonical, not every row."""
        listed, values = ", ".join(self._raw), ", ".join(f"{self.canonical.expressions[name]} as {name}" for name in self.names)
        rows = f"select {listed}, {self.canonical.expressions['id']} as {_ID} from {self._scan}"
        distinct = f"select {listed}, sum(hash({_ID})) as {_SUM} from ({rows}) group by all"
        canonical = f"select {values}, sum({_SUM}) as {_SUM} from ({distinct}) group by all"
        return f"select sum(hash({_SUM}, {', '.join(self.names)})) from ({canonical})"


def _count_moved(engine: Engine, candidate: Table, pairs: list[_Pair]) -> list[Moved]:
    counts = ", ".join(f"count(*) filter (where c.{ours} is distinct from b.{before})" for _, _, ours, before in pairs)
    found = engine.fetch_rows(f"select {counts} from {candidate.view} c join {_VIEW} b on c.id = b.id")[0]
    return [Moved(part, column, count) for (part, column, _, _), count in zip(pairs, found, strict=True) if count]
