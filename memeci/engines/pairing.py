"""Joins candidate and baseline example by example: one relation ``pair`` that every tally reads."""

from __future__ import annotations

import msgspec

from memeci.engines.digest import MD5_64
from memeci.engines.duckdb import quote_text
from memeci.engines.engine import Engine, Overlap, Table
from memeci.engines.fit import check_sides, explain_no_overlap
from memeci.engines.loading import check_duplicates
from memeci.engines.sums import build_sum
from memeci.errors import DataError

N_UNITS = 1024
"""Examples or groups are numbered when they are at most this many, else hashed into this many units."""

MATERIALIZE_UP_TO = 2_000_000
"""Rows kept as a table. Above, tallies read the join anew: a table would cost memory for nothing when one scan suffices."""

MAX_CODES = 10_000
"""Distinct predictions up to which the join holds codes instead of texts."""

PAIR = "pair"
CANDIDATE = "candidate"
BASELINE = "baseline"


class Pair(msgspec.Struct, frozen=True):
    """The joined relation: ``n`` examples, ``columns`` its column names, units numbered 0 … n_units − 1.

    ``stored``: kept as a table; otherwise every query joins anew.
    """

    n: int
    columns: frozenset[str]
    n_units: int
    has_baseline: bool
    grouped: bool
    weighted: bool
    stored: bool
    overlap: Overlap | None = None
    largest_weight: float | None = None

    def weigh(self, condition: str = "") -> str:
        """Return SQL for the weight of the rows where ``condition`` holds: their number, where there are no weights."""
        chosen = f"case when {condition} then {{}} else 0 end" if condition else "{}"
        if not self.weighted:
            return f"cast(sum({chosen.format('1')}) as double)" if condition else "cast(count(*) as double)"
        return build_sum(chosen.format("w"), self.largest_weight)


class PairSpec(msgspec.Struct, frozen=True):
    """``positive`` is the label whose probability ``score`` gives; None where there is no such thing.

    ``units``: are they needed? ``by_id``: join on the ids themselves, though their hashes would do.
    """

    positive: str | None = None
    units: bool = False
    by_id: bool = False


def build_pair(engine: Engine, candidate: Table, baseline: Table | None, spec: PairSpec) -> Pair:
    """Create the relation ``pair`` and return what it holds.

    Raises DataError for sides that do not fit together, and for a duplicate id on either side.
    """
    if baseline is not None:
        check_sides(candidate, baseline)
    overlap = find_overlap(engine, candidate, baseline) if baseline is not None else None
    if baseline is None:
        check_duplicates(engine, candidate)
    n = candidate.n if overlap is None else overlap.common
    grouped, weighted = candidate.columns.group is not None, candidate.columns.weight is not None
    units = _number_units(engine, candidate) if spec.units or grouped or weighted else None
    _number_leaves(engine, candidate)
    columns = _pair_columns(candidate, baseline, spec, units)
    by_hash = _same_ids(candidate, baseline) and not spec.by_id
    stored = n <= MATERIALIZE_UP_TO
    _create_pair(engine, candidate, baseline, _Join(columns, units, by_hash, stored))
    return Pair(
        n=n,
        columns=frozenset(columns),
        n_units=units.n if units else 0,
        has_baseline=baseline is not None,
        grouped=grouped,
        weighted=weighted,
        stored=stored,
        overlap=overlap,
        largest_weight=candidate.largest_weight,
    )


def explain_join(engine: Engine, candidate: Table, baseline: Table | None) -> None:
    """Raise DataError for the duplicate ids that made a join give more rows than examples.

    Returns where there are none: then two ids share a hash, and the sides must be joined by id.
    """
    for table in (candidate, baseline):
        if table is not None:
            check_duplicates(engine, table)


class _Units(msgspec.Struct, frozen=True):
    """``key`` names the unit of an example; numbered by the table ``units``, or hashed into ``n``."""

    key: str
    n: int
    numbered: bool


class _Join(msgspec.Struct, frozen=True):
    columns: dict[str, str]
    units: _Units | None
    by_hash: bool
    stored: bool


def _create_pair(engine: Engine, candidate: Table, baseline: Table | None, join: _Join) -> None:
    """Create ``pair``: joined on ids, or on their hashes where both sides are known to have the same ids.

    The hash table of a join on hashes holds eight bytes an id, whatever the length of the ids, and a byte or two a prediction.
    """
    listed = ", ".join(f"{sql} as {name}" for name, sql in join.columns.items())
    left, right = f"{candidate.view} c", ""
    if baseline is not None and join.by_hash:
        left = f"(select *, hash(id) as h from {candidate.view}) c"
        right = f" join (select * {_compact(engine, baseline)}, hash(id) as h from {baseline.view}) b on c.h = b.h"
    elif baseline is not None:
        right = f" join {baseline.view} b on c.id = b.id"
    slices = [f"c.s{i} is not distinct from l.s{i}" for i in range(len(candidate.columns.slices))]
    right += f" left join leaves l on {' and '.join(slices)}" if slices else " cross join leaves l"
    if join.units is not None and join.units.numbered:
        right += f" left join units u on u.name = {join.units.key}"
    kind = "table" if join.stored else "view"
    engine.execute(f"create or replace temp {kind} {PAIR} as select {listed} from {left}{right}")


def _compact(engine: Engine, baseline: Table) -> str:
    """Return a REPLACE clause that turns the baseline's predictions into codes, where they are few."""
    if baseline.kind.kind != "text" or not 0 < len(baseline.predictions) <= MAX_CODES:
        return ""
    engine.execute("drop type if exists prediction_code")
    engine.execute(f"create type prediction_code as enum ({', '.join(quote_text(label) for label in baseline.predictions)})")
    return "replace (cast(prediction as prediction_code) as prediction)"


def _same_ids(candidate: Table, baseline: Table | None) -> bool:
    """Equal sums of 64-bit hashes over equally many ids: the same ids on both sides, or a chance of 2⁻⁶⁴."""
    return baseline is not None and candidate.n == baseline.n and candidate.row_hash == baseline.row_hash


def find_overlap(engine: Engine, candidate: Table, baseline: Table) -> Overlap:
    """Return how the two sides' examples overlap. Looks at single rows only where ids or labels differ."""
    has_labels = "label" in _available(candidate) and "label" in _available(baseline)
    if _same_ids(candidate, baseline) and (candidate.label_hash == baseline.label_hash or not has_labels):
        return Overlap(candidate.n, 0, 0, 0)
    for table in (candidate, baseline):
        check_duplicates(engine, table)
    changed = "c.label is distinct from b.label" if has_labels else "false"
    common, relabelled = engine.fetch_rows(
        f"select count(*), count(*) filter (where {changed}) from {candidate.view} c join {baseline.view} b on c.id = b.id"
    )[0]
    if common == 0:
        raise explain_no_overlap(engine, candidate, baseline)
    if relabelled and candidate.columns.id is None:
        raise DataError(
            f"{candidate.name} and {baseline.name} cannot be matched: {relabelled} of {common} rows have another label.",
            "there is no id column, so row is compared with row; these are not the same examples, or not in the same order.",
            "name the id column, `columns: {id: …}` in memeci.yml, or write one into both files.",
        )
    return Overlap(common, baseline.n - common, candidate.n - common, relabelled)


def _available(table: Table) -> set[str]:
    columns = table.columns
    parts = {"label": columns.label, "prediction": columns.prediction, "score": columns.score}
    return {name for name, column in parts.items() if column is not None}


def _pair_columns(candidate: Table, baseline: Table | None, spec: PairSpec, units: _Units | None) -> dict[str, str]:
    """Return canonical pair columns → SQL over c (candidate), b (baseline), l (leaf) and u (unit)."""
    columns = {"id": "c.id", "leaf": "cast(l.leaf as integer)"}
    if units is not None:
        hashed = f"cast({MD5_64.format(units.key)} & {N_UNITS - 1}::ubigint as integer)"
        columns["unit"] = "u.unit" if units.numbered else hashed
    if candidate.columns.weight is not None:
        columns["w"] = "c.weight"
    if candidate.columns.label is not None:
        columns["y"] = "c.label"
    for side, table in (("b", baseline), ("c", candidate)):
        if table is not None:
            columns |= _side_columns(side, table, candidate, spec)
    return columns


def _side_columns(side: str, table: Table, candidate: Table, spec: PairSpec) -> dict[str, str]:
    found = table.columns
    columns: dict[str, str] = {}
    if found.prediction is not None:
        columns[f"{side}_prediction"] = f"{side}.prediction"
    probabilities = {label: f"{side}.p{i}" for i, (label, _) in enumerate(found.probabilities)}
    score = f"{side}.score" if found.score is not None else probabilities.get(spec.positive) if spec.positive is not None else None
    if score is not None:
        columns[f"{side}_score"] = score
    if spec.positive is not None and score is not None:
        columns[f"{side}_label_probability"] = f"case when c.label = {quote_text(spec.positive)} then {score} else 1 - {score} end"
    elif probabilities:
        cases = " ".join(f"when {quote_text(label)} then {column}" for label, column in probabilities.items())
        columns[f"{side}_label_probability"] = f"case c.label {cases} end"
        columns[f"{side}_square_sum"] = " + ".join(f"{column} * {column}" for column in probabilities.values())
        columns[f"{side}_confidence"] = f"greatest({', '.join(probabilities.values())})"
    for label, column in probabilities.items():
        columns[f"{side}_p{_position(candidate, label)}"] = column
    for i, name in enumerate(found.numbers):
        columns[f"{side}_n{candidate.columns.numbers.index(name)}"] = f"{side}.n{i}"
    return columns


def _position(candidate: Table, label: str) -> int:
    labels = [name for name, _ in candidate.columns.probabilities]
    return labels.index(label) if label in labels else len(labels)


def _number_leaves(engine: Engine, candidate: Table) -> None:
    names = [f"s{i}" for i in range(len(candidate.columns.slices))]
    if not names:
        engine.execute("create or replace temp table leaves as select 0 as leaf")
        return
    listed = ", ".join(names)
    engine.execute(
        f"create or replace temp table leaves as select {listed}, cast(row_number() over (order by {listed}) - 1 as integer) as leaf"
        f" from (select distinct {listed} from {candidate.view})"
    )


def _number_units(engine: Engine, candidate: Table) -> _Units:
    """Number the units where they are few, in the order of their names; else they will be hashed."""
    key = "id" if candidate.columns.group is None else "coalesce(grp, id)"
    on_c = "c.id" if candidate.columns.group is None else "coalesce(c.grp, c.id)"
    n = candidate.n if key == "id" else int(engine.fetch_rows(f"select count(distinct {key}) from {candidate.view}")[0][0])
    if n > N_UNITS:
        return _Units(on_c, N_UNITS, numbered=False)
    engine.execute(
        f"create or replace temp table units as select name, cast(row_number() over (order by name) - 1 as integer) as unit"
        f" from (select distinct {key} as name from {candidate.view})"
    )
    return _Units(on_c, n, numbered=True)
