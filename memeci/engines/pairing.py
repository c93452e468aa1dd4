"""Joins candidate and baseline example by example: one relation ``pair`` that every tally reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from memeci.engines.digest import MD5_64
from memeci.engines.engine import Engine, Overlap, Table
from memeci.engines.fit import check_sides, explain_no_overlap
from memeci.engines.loading import check_ids
from memeci.engines.quoting import quote_text
from memeci.engines.sums import build_sum
from memeci.errors import DataError

N_UNITS = 1024
"""Examples or groups are numbered when they are at most this many, else hashed into this many units."""

MATERIALIZE_UP_TO = 2_000_000
"""Rows kept as a table. Above, tallies read the join anew: a table would cost memory for nothing when one scan suffices."""

MAX_CODES = 10_000
"""Distinct labels up to which the join holds codes instead of texts."""

PAIR = "pair"
CANDIDATE = "candidate"
BASELINE = "baseline"


class Pair(msgspec.Struct, frozen=True):
    """The joined relation: ``n`` examples, ``columns`` its column names, units numbered 0 … n_units − 1.

    ``stored``: kept as a table; otherwise every query joins anew. ``assumed``: both sides were taken for the same examples
    with the same labels; where that is not so, some rows are not ``matched``, or there are not ``n`` of them.
    """

    n: int
    columns: frozenset[str]
    n_units: int
    has_baseline: bool
    grouped: bool
    weighted: bool
    stored: bool
    assumed: bool = False
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

    ``units``: are they needed? ``by_id``: look at every id and label, and assume nothing.
    """

    positive: str | None = None
    units: bool = False
    by_id: bool = False


def build_pair(engine: Engine, candidate: Table, baseline: Table | None, spec: PairSpec) -> Pair:
    """Create the relation ``pair`` and return what it holds.

    Two sides of equal length are assumed to hold the same ids and labels, as they do in nearly every comparison: the join
    itself shows whether that is true, and spares a look at every id before it. Whoever reads ``pair`` first calls
    ``check_matched``, and builds it again by id where it raises.
    Raises DataError for sides that do not fit together, and for a missing or duplicate id on either side.
    """
    overlap, assumed = None, False
    if baseline is None:
        check_ids(engine, candidate)
    else:
        check_sides(candidate, baseline)
        assumed = not spec.by_id and candidate.n == baseline.n
        overlap = Overlap(candidate.n, 0, 0, 0) if assumed else find_overlap(engine, candidate, baseline)
    n = candidate.n if overlap is None else overlap.common
    grouped, weighted = candidate.columns.group is not None, candidate.columns.weight is not None
    units = _number_units(engine, candidate) if spec.units or grouped or weighted else None
    _number_leaves(engine, candidate)
    columns = _pair_columns(candidate, baseline, spec, units)
    if assumed and baseline is not None:
        same_label = " and c.label is not distinct from b.label" if _have_labels(candidate, baseline) else ""
        columns["matched"] = f"c.id is not null and b.h is not null{same_label}"
    stored = n <= MATERIALIZE_UP_TO
    _create_pair(engine, candidate, baseline, _Join(columns, units, assumed, stored))
    return Pair(
        n=n,
        columns=frozenset(columns),
        n_units=units.n if units else 0,
        has_baseline=baseline is not None,
        grouped=grouped,
        weighted=weighted,
        stored=stored,
        assumed=assumed,
        overlap=overlap,
        largest_weight=candidate.largest_weight,
    )


def check_matched(pair: Pair, n: int, matched: bool | None) -> None:
    """Raise NotMatched unless the ``n`` rows of an assumed pair are one example of each side, and each example is there once."""
    if pair.assumed and not (n == pair.n and matched):
        raise NotMatched


class NotMatched(Exception):
    """Both sides were assumed to hold the same ids and labels, and do not: join them by id."""


class _Units(msgspec.Struct, frozen=True):
    """``key`` names the unit of an example; numbered by the table ``units``, or hashed into ``n``."""

    key: str
    n: int
    numbered: bool


class _Join(msgspec.Struct, frozen=True):
    """How the sides are joined: ``columns`` maps the names of the pair to SQL; the rest is as in Pair."""

    columns: dict[str, str]
    units: _Units | None
    assumed: bool
    stored: bool


def _create_pair(engine: Engine, candidate: Table, baseline: Table | None, join: _Join) -> None:
    """Create ``pair``: joined by id, or by its hash where both sides are assumed to hold the same examples.

    A join that keeps what has no partner then shows any difference: another id or label, a duplicate. Its hash table holds
    eight bytes an example, whatever the length of the ids, and a byte or two each for label and prediction. That two of ten
    million ids share a hash has a chance of 3e-6 and costs a second join; that one other id stays hidden, a chance of 2⁻⁶⁴.
    """
    listed = ", ".join(f"{sql} as {name}" for name, sql in join.columns.items())
    left, right = f"{candidate.view} c", ""
    if baseline is not None and join.assumed:
        left = f"(select *, hash(id) as h from {candidate.view}) c"
        right = f" full join (select * {_compact(engine, baseline)}, hash(id) as h from {baseline.view}) b on c.h = b.h"
    elif baseline is not None:
        right = f" join {baseline.view} b on c.id = b.id"
    slices = [f"c.s{i} is not distinct from l.s{i}" for i in range(len(candidate.columns.slices))]
    right += f" left join leaves l on {' and '.join(slices)}" if slices else " cross join leaves l"
    if join.units is not None and join.units.numbered:
        right += f" left join units u on u.name = {join.units.key}"
    kind = "table" if join.stored else "view"
    engine.execute(f"create or replace temp {kind} {PAIR} as select {listed} from {left}{right}")


def _compact(engine: Engine, baseline: Table) -> str:
    """Return a REPLACE clause that turns the baseline's labels and predictions into codes, where they are few."""
    names = sorted({*baseline.labels, *baseline.predictions})
    if baseline.kind.kind != "text" or not 0 < len(names) <= MAX_CODES:
        return ""
    engine.execute("drop type if exists label_code")
    engine.execute(f"create type label_code as enum ({', '.join(quote_text(name) for name in names)})")
    parts = ["prediction"] + (["label"] if baseline.columns.label is not None else [])
    return f"replace ({', '.join(f'cast({part} as label_code) as {part}' for part in parts)})"


def find_overlap(engine: Engine, candidate: Table, baseline: Table) -> Overlap:
    """Return how the two sides' examples overlap, looked up id by id."""
    for table in (candidate, baseline):
        check_ids(engine, table)
    changed = "c.label is distinct from b.label" if _have_labels(candidate, baseline) else "false"
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


def _have_labels(candidate: Table, baseline: Table) -> bool:
    return candidate.columns.label is not None and baseline.columns.label is not None


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
    """Create the table ``leaves``: the combinations of slice values, numbered in their order."""
    names = [f"s{i}" for i in range(len(candidate.columns.slices))]
    if not names:
        engine.execute("create or replace temp table leaves as select 0 as leaf")
        return
    listed = ", ".join(names)
    engine.execute(
        f"create or replace temp table leaves as select {listed}, cast(row_number() over (order by {listed}) - 1 as integer) as leaf"
        f" from ({_select_leaves(candidate, names)})"
    )


def _select_leaves(candidate: Table, names: Sequence[str]) -> str:
    """Return a SELECT of the combinations of slice values: those that loading met, else of a scan for them."""
    listed = ", ".join(names)
    if not candidate.leaves:
        return f"select distinct {listed} from {candidate.view}"
    rows = ", ".join("(" + ", ".join("null" if value is None else quote_text(value) for value in leaf) + ")" for leaf in candidate.leaves)
    return f"select {', '.join(f'cast({name} as varchar) as {name}' for name in names)} from (values {rows}) t({listed})"


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
